"""Why a message came back, as one of few classes: by the code of RFC 3463 in the reason, else by the words there."""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache


class BounceClass(StrEnum):
    """`unknown` is what no code and no words tell of, and a bounce that came without a reason."""

    ADDRESS = "address"
    FULL = "full"
    POLICY = "policy"
    AUTH = "auth"
    CONTENT = "content"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"


_CODE = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\w|\.\d)")
"""An enhanced status code: class, subject and detail; no part of an IP address or a version."""
_OF_AUTHENTICATION = frozenset({*range(20, 31), 515})
"""Details of the subject 7 that tell of SPF, DKIM, DMARC and the like."""
_WORDS = (
    (
        BounceClass.FULL,
        r"mailbox (is )?full|over ?quota|quota (is )?exceeded|exceeded.{0,20}quota|insufficient (system )?storage",
    ),
    (BounceClass.AUTH, r"\b(spf|dkim|dmarc|arc)\b|unauthenticated|not authenticated|authentication"),
    (
        BounceClass.ADDRESS,
        r"(user|recipient|mailbox|address|account)[^.;]{0,40}(unknown|does not exist|doesn't exist|not exist|not found"
        r"|invalid|disabled|inactive|unavailable)|unknown (user|recipient|mailbox|address)|no such (user|recipient"
        r"|mailbox|address|person)|(invalid|bad|nonexistent) [^.;]{0,20}(recipient|mailbox|address|email)"
        r"|^invalid\b|no mailbox",
    ),
    (
        BounceClass.CONTENT,
        r"virus|malware|attachment|(message|mail)[^.;]{0,20}too (big|large)|message size|message content"
        r"|rejected.{0,20}content",
    ),
    (
        BounceClass.POLICY,
        r"black ?list|block ?list|deny ?list|spamhaus|barracuda|blocked|reputation|policy|\bspam\b|access denied"
        r"|prohibited",
    ),
    (
        BounceClass.DEFERRED,
        r"try again|temporar|time[d_ -]*out|grey ?list|gray ?list|deferred|throttl|rate limit|too many",
    ),
)
_PATTERNS = tuple((each, re.compile(words, re.IGNORECASE)) for each, words in _WORDS)
_REPLY = re.compile(r"(?<![\w.])4[2-5]\d(?=[ -])")
"""A reply code of SMTP that says: not now."""


@lru_cache(maxsize=10_000)
def bounce_class(reason: str) -> BounceClass:
    """The class of a bounce by the reason that came with it: of its codes the first that tells one, else of its words.

    What a code says for now (4.x.x) is deferred, unless the mailbox is full.
    """
    return next(_classes(reason), BounceClass.UNKNOWN)


def _classes(reason: str) -> Iterator[BounceClass]:
    for code in _CODE.finditer(reason):
        if found := _class_of_code(*map(int, code.groups())):
            yield found
    yield from (each for each, pattern in _PATTERNS if pattern.search(reason))
    if _REPLY.search(reason):
        yield BounceClass.DEFERRED


def _class_of_code(kind: int, subject: int, detail: int) -> BounceClass | None:
    if kind == 2:
        return None
    if (subject, detail) == (2, 2):
        return BounceClass.FULL
    if kind == 4:
        return BounceClass.DEFERRED
    match subject, detail:
        case (1, _) | (2, 1):
            return BounceClass.ADDRESS
        case (6, _):
            return BounceClass.CONTENT
        case (7, _):
            return BounceClass.AUTH if detail in _OF_AUTHENTICATION else BounceClass.POLICY
    return None
