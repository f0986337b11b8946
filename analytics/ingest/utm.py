"""Where a link said that it came from."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from analytics.models import UtmTriple
from analytics.models.bulk import rows_of

MAX_UTM_LENGTH = 200
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff]")
"""Characters without width, that come with what is copied."""


class Utm(NamedTuple):
    """A triple as it is compared: source and medium in lower case; empty where not said."""

    source: str
    medium: str
    campaign: str


def utm_of_call(context: Mapping[str, Any], properties: Mapping[str, Any]) -> Utm | None:
    """From `context.campaign`, else `utm_…` properties, else the page's address: the first with a source."""
    return next(filter(None, map(utm, _places(context, properties))), None)


def utm(names: Mapping[str, Any]) -> Utm | None:
    """The triple of {source, medium, campaign}; None without a source."""
    source = _plain(names.get("source"), is_lower=True)
    return Utm(source, _plain(names.get("medium"), is_lower=True), _plain(names.get("campaign"))) if source else None


def _places(context: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    campaign = context.get("campaign")
    if isinstance(campaign, dict):
        yield {**campaign, "campaign": campaign.get("name") or campaign.get("campaign")}
    yield _without_prefix(properties)
    page = context.get("page")
    of_page = (page.get("url"), page.get("search")) if isinstance(page, dict) else ()
    for address in (*of_page, properties.get("url"), properties.get("$current_url")):
        if isinstance(address, str) and "utm" in address.lower():
            yield from map(_query, _queries(address))


def _without_prefix(names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: names.get(f"utm_{name}") for name in ("source", "medium", "campaign")}


def _queries(address: str) -> Iterator[str]:
    """What stands behind the question mark, then what stands behind the # like a query, perhaps behind a path there."""
    before, _, fragment = address.replace("&amp;", "&").partition("#")
    yield before.partition("?")[2]
    yield fragment.rpartition("?")[2]


def _query(query: str) -> dict[str, Any]:
    """Names in any case; of several of a name the first."""
    values: dict[str, str] = {}
    for name, value in parse_qsl(query):
        values.setdefault(name.lower(), value)
    return _without_prefix(values)


def _plain(value: object, *, is_lower: bool = False) -> str:
    """A text as it is compared; empty where it is none."""
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


def triple_ids(workspace_id: int, wanted: Iterable[Utm]) -> dict[Utm, int]:
    """The ids of the triples, made where they are new. One query where all are known."""
    missing = set(wanted)
    ids: dict[Utm, int] = {}
    if not missing:
        return ids
    ids = _ids_by_triple(workspace_id, missing)
    if missing := missing - ids.keys():
        rows = [
            UtmTriple(workspace_id=workspace_id, source=triple.source, medium=triple.medium, campaign=triple.campaign)
            for triple in sorted(missing, key=lambda triple: (triple.source, triple.medium, triple.campaign))
        ]
        UtmTriple.objects.bulk_create(rows, ignore_conflicts=True)
        ids |= _ids_by_triple(workspace_id, missing)
    return ids


def _ids_by_triple(workspace_id: int, wanted: set[Utm]) -> dict[Utm, int]:
    columns = dict(zip(Utm._fields, map(list, zip(*wanted, strict=True)), strict=True))
    rows = rows_of(UtmTriple, columns, workspace_id=workspace_id)
    return {Utm(*triple): pk for pk, *triple in rows}
