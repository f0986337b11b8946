"""The UTM parameters of links: where a link says that its visitors came from."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

MAX_UTM_LENGTH = 200
UTM_TEXTS = ("term", "content")
_TRIPLE = ("source", "medium", "campaign")
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff]")
"""Characters without width, that come with what is copied."""


class Utm(NamedTuple):
    """Source, medium and campaign as they are compared: the first two in lower case, an empty text where the link says
    nothing."""

    source: str
    medium: str
    campaign: str


def utm_of_call(context: Mapping[str, Any], properties: Mapping[str, Any]) -> Utm | None:
    """The triple of the first of these that has a source: `context.campaign`, the `utm_…` properties, the page's
    address."""
    return next(filter(None, map(utm, _places(context, properties, _TRIPLE))), None)


def utm_text(name: str, context: Mapping[str, Any], properties: Mapping[str, Any]) -> str | None:
    """The `term` or the `content` that stands beside the triple of a call, as compared; None without such."""
    place = next(filter(utm, _places(context, properties, (*_TRIPLE, name))), None)
    return (_plain(place.get(name)) or None) if place else None


def utm_texts(
    contexts: Sequence[str], properties: Sequence[str], utm_ids: Sequence[int]
) -> dict[str, list[str | None]]:
    """By `utm.term` and `utm.content`, a value for each event; without a name that none of the events has.

    Contexts and properties are JSON; the id of an event's triple is 0 where it has none.
    """
    texts = {}
    for name in UTM_TEXTS:
        may_have = [
            pk > 0 and (name in context or name in stated)
            for context, stated, pk in zip(contexts, properties, utm_ids, strict=True)
        ]
        if any(may_have):
            texts[f"utm.{name}"] = [
                utm_text(name, json.loads(context), json.loads(stated)) if may else None
                for may, context, stated in zip(may_have, contexts, properties, strict=True)
            ]
    return texts


def utm(fields: Mapping[str, Any]) -> Utm | None:
    """The triple of {source, medium, campaign}; None without a source."""
    source = _plain(fields.get("source"), is_lower=True)
    return Utm(source, _plain(fields.get("medium"), is_lower=True), _plain(fields.get("campaign"))) if source else None


def _places(
    context: Mapping[str, Any], properties: Mapping[str, Any], names: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    campaign = context.get("campaign")
    if isinstance(campaign, dict):
        yield {**campaign, "campaign": campaign.get("name") or campaign.get("campaign")}
    yield _without_prefix(properties, names)
    page = context.get("page")
    of_page = (page.get("url"), page.get("search")) if isinstance(page, dict) else ()
    for address in (*of_page, properties.get("url"), properties.get("$current_url")):
        if isinstance(address, str) and "utm" in address.lower():
            for query in _queries(address):
                yield _query(query, names)


def _without_prefix(fields: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: fields.get(f"utm_{name}") for name in names}


def _queries(address: str) -> Iterator[str]:
    """What stands behind the question mark, then what stands behind the # like a query, perhaps behind a path there."""
    before, _, fragment = address.replace("&amp;", "&").partition("#")
    yield before.partition("?")[2]
    yield fragment.rpartition("?")[2]


def _query(query: str, names: Sequence[str]) -> dict[str, Any]:
    """Names in any case; of several of a name the first."""
    values: dict[str, str] = {}
    for name, value in parse_qsl(query):
        values.setdefault(name.lower(), value)
    return _without_prefix(values, names)


def _plain(value: object, *, is_lower: bool = False) -> str:
    """A text as it is compared; empty for any other value."""
    if isinstance(value, str):
        is_short = len(value) <= MAX_UTM_LENGTH  # long ones are not worth being remembered
        return _comparable(value, is_lower) if is_short else _comparable.__wrapped__(value, is_lower)
    return "" if isinstance(value, bool) or not isinstance(value, int | float) else _plain(str(value))


@lru_cache(maxsize=10_000)
def _comparable(text: str, is_lower: bool) -> str:
    """Trimmed and bounded, in NFC and without characters that nobody sees. Remembered, as few of them are many."""
    text = text.lower() if is_lower else text
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return text.replace("\0", "").strip()[:MAX_UTM_LENGTH].rstrip()
