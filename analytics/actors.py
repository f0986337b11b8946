"""Who opened or clicked: a person, a person behind a proxy, or a machine. Every rule once; pure.

Opens and clicks are labelled, never dropped: what is counted as human is the business of `metrics`. A label depends
on all that is known of the message, so that any order of the same reports ends in the same labels.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import crawleruseragents
from django.db.models import TextChoices

HASTE = timedelta(seconds=2)
"""Nobody opens a message so soon after it was delivered."""
BURSTS = ((2, timedelta(seconds=2)), (3, timedelta(seconds=10)))
"""How many different links of one message, clicked within how short a time, show a machine."""
LOOK_ROUND = timedelta(seconds=10)
"""How far from its burst of clicks a scanner loads the images."""

_IMAGE_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy|seznam-email-proxy|DuckDuckGo-?EmailProxy", re.IGNORECASE)
_BARE_BROWSER = re.compile(r"Mozilla/\d\.\d")
_GMAIL_PREFETCH = re.compile(r"Edge/12\.246 Mozilla/5\.0")
_SERVER_SYSTEM = re.compile(r"X11; (?:Linux|CrOS|Ubuntu)")
_SECURITY_GATEWAY = re.compile(
    r"\b(?:barracuda|bitdefender|cloudmark|cyren|fireeye|forcepoint|fortinet|fortimail|ironport|kaspersky"
    r"|mimecast|proofpoint|sophos|symantec|trellix|trend ?micro|vade ?secure|zscaler)",
    re.IGNORECASE,
)


class Actor(TextChoices):
    HUMAN = "human", "Human"
    PROXIED_HUMAN = "proxied_human", "Human behind a proxy"
    PREFETCH = "prefetch", "Prefetched by a mail service"
    SCANNER = "scanner", "Scanner or crawler"


HUMANS = frozenset({Actor.HUMAN, Actor.PROXIED_HUMAN})


class ProviderHint(TextChoices):
    """What the provider itself said of who opened or clicked."""

    PROXY = "proxy", "A mail service's proxy"
    PREFETCH = "prefetch", "Loaded before anybody looked"
    BOT = "bot", "A bot"


class Engagement(NamedTuple):
    """An open or a click as it was reported. `url` is the link's; `user_agent` and `hint` are empty where nobody told
    them."""

    id: Hashable
    is_click: bool
    at: datetime
    url: str = ""
    user_agent: str = ""
    hint: str = ""


@dataclass(frozen=True)
class _Surroundings:
    """What else is known of the message: when it was delivered, and the clicks that came in bursts."""

    delivered_at: datetime | None
    bursts: Collection[Engagement]


@dataclass(frozen=True)
class Rule:
    id: str
    actor: Actor
    definition: str
    applies: Callable[[Engagement, _Surroundings], bool]


def _is_hasty_prefetch(engagement: Engagement, around: _Surroundings) -> bool:
    return (
        not engagement.is_click
        and around.delivered_at is not None
        and engagement.at - around.delivered_at < HASTE
        and bool(_IMAGE_PROXY.search(engagement.user_agent) or _SERVER_SYSTEM.search(engagement.user_agent))
    )


def _is_beside_a_burst(engagement: Engagement, around: _Surroundings) -> bool:
    return not engagement.is_click and any(
        click.user_agent == engagement.user_agent and abs(click.at - engagement.at) <= LOOK_ROUND
        for click in around.bursts
    )


@lru_cache(maxsize=20_000)
def _is_security_gateway(user_agent: str) -> bool:
    return _SECURITY_GATEWAY.search(user_agent) is not None


@lru_cache(maxsize=20_000)
def _is_crawler(user_agent: str) -> bool:
    return not _IMAGE_PROXY.search(user_agent) and crawleruseragents.is_crawler(user_agent)


RULES = (
    Rule(
        "provider-bot",
        Actor.SCANNER,
        "The provider says that a bot did it.",
        lambda engagement, _: engagement.hint == ProviderHint.BOT,
    ),
    Rule(
        "provider-prefetch",
        Actor.PREFETCH,
        "The provider says that a mail service loaded the message before anybody looked at it.",
        lambda engagement, _: engagement.hint == ProviderHint.PREFETCH,
    ),
    Rule(
        "gmail-prefetch",
        Actor.PREFETCH,
        "An open with the user agent by which Gmail loads images while the inbox is open.",
        lambda engagement, _: not engagement.is_click and bool(_GMAIL_PREFETCH.search(engagement.user_agent)),
    ),
    Rule(
        "apple-privacy",
        Actor.PREFETCH,
        "An open whose user agent is a bare Mozilla/5.0, as Apple's Mail Privacy Protection sends it.",
        lambda engagement, _: not engagement.is_click and bool(_BARE_BROWSER.fullmatch(engagement.user_agent)),
    ),
    Rule(
        "hasty-open",
        Actor.PREFETCH,
        "An open less than 2 seconds after the delivery by an image proxy or a server's browser.",
        _is_hasty_prefetch,
    ),
    Rule(
        "security-gateway",
        Actor.SCANNER,
        "The user agent is that of a mail security product.",
        lambda engagement, _: _is_security_gateway(engagement.user_agent),
    ),
    Rule(
        "crawler",
        Actor.SCANNER,
        "The user agent is on the list of known crawlers, and no mail service's image proxy.",
        lambda engagement, _: bool(engagement.user_agent) and _is_crawler(engagement.user_agent),
    ),
    Rule(
        "click-burst",
        Actor.SCANNER,
        "Clicks on 2 different links of a message within 2 seconds, or on 3 within 10.",
        lambda engagement, around: engagement in around.bursts,
    ),
    Rule(
        "open-beside-burst",
        Actor.SCANNER,
        "An open within 10 seconds of such a burst of clicks by the same user agent.",
        _is_beside_a_burst,
    ),
    Rule(
        "provider-proxy",
        Actor.PROXIED_HUMAN,
        "The provider says that a mail service's proxy fetched what a person looked at.",
        lambda engagement, _: engagement.hint == ProviderHint.PROXY,
    ),
    Rule(
        "image-proxy",
        Actor.PROXIED_HUMAN,
        "An open by an image proxy such as GoogleImageProxy or YahooMailProxy: a real one, from a hidden place.",
        lambda engagement, _: not engagement.is_click and bool(_IMAGE_PROXY.search(engagement.user_agent)),
    ),
    Rule("no-sign", Actor.HUMAN, "No sign of a machine.", lambda engagement, _: True),
)
"""The first that applies decides."""


def deciding_rules(engagements: Sequence[Engagement], delivered_at: datetime | None) -> list[Rule]:
    """For each open and click of a message, the rule that decides who made it. Needs all opens and clicks of the
    message."""
    around = _Surroundings(
        delivered_at, frozenset(_bursts(engagement for engagement in engagements if engagement.is_click))
    )
    return [next(rule for rule in RULES if rule.applies(engagement, around)) for engagement in engagements]


def _bursts(clicks: Iterable[Engagement]) -> Iterator[Engagement]:
    """The clicks that belong to a burst: to any stretch as short as `BURSTS` says with so many different links."""
    clicks = sorted(clicks, key=lambda click: click.at)
    instants = [click.at for click in clicks]
    for place, first in enumerate(clicks):
        for links, length in BURSTS:
            stretch = clicks[place : bisect_right(instants, first.at + length)]
            if len({click.url for click in stretch if click.url}) >= links:
                yield from stretch
