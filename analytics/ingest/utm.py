"""Where a link said that it came from."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from analytics.models import UtmTriple
from analytics.models.bulk import rows_of

MAX_UTM_LENGTH = 200


class Utm(NamedTuple):
    """A triple as it is compared: source and medium in lower case; empty where not said."""

    source: str
    medium: str
    campaign: str


def utm_of_call(context: Mapping[str, Any], properties: Mapping[str, Any]) -> Utm | None:
    """From `context.campaign`, else `utm_…` properties, else the page's address: the first with a source."""
    return next(filter(None, map(utm, _places(context, properties))), None)


def utm(said: Mapping[str, Any]) -> Utm | None:
    """The triple of {source, medium, campaign}; None without a source."""
    source, medium = (_plain(said.get(name)).lower()[:MAX_UTM_LENGTH] for name in ("source", "medium"))
    return Utm(source, medium, _plain(said.get("campaign"))[:MAX_UTM_LENGTH]) if source else None


def _places(context: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    campaign = context.get("campaign")
    if isinstance(campaign, dict):
        yield {**campaign, "campaign": campaign.get("name") or campaign.get("campaign")}
    yield _without_prefix(properties)
    page = context.get("page")
    for url in (
        page.get("url") if isinstance(page, dict) else None,
        properties.get("url"),
        properties.get("$current_url"),
    ):
        if isinstance(url, str) and "utm_source" in url:
            yield _query(url)


def _without_prefix(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said.get(f"utm_{name}") for name in ("source", "medium", "campaign")}


def _query(url: str) -> dict[str, Any]:
    try:
        query = urlsplit(url).query
    except ValueError:  # such as an unclosed bracket in the host
        return {}
    return _without_prefix({name: values[0] for name, values in parse_qs(query, max_num_fields=None).items()})


def _plain(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\0", "").strip()


def triple_ids(workspace_id: int, wanted: Iterable[Utm]) -> dict[Utm, int]:
    """The ids of the triples, made where they are new. One query where all are known."""
    missing = set(wanted)
    found: dict[Utm, int] = {}
    if not missing:
        return found
    found = _known(workspace_id, missing)
    if missing := missing - found.keys():
        rows = [
            UtmTriple(workspace_id=workspace_id, source=one.source, medium=one.medium, campaign=one.campaign)
            for one in sorted(missing, key=lambda one: (one.source, one.medium, one.campaign))
        ]
        UtmTriple.objects.bulk_create(rows, ignore_conflicts=True)
        found |= _known(workspace_id, missing)
    return found


def _known(workspace_id: int, wanted: set[Utm]) -> dict[Utm, int]:
    columns = dict(zip(Utm._fields, map(list, zip(*wanted, strict=True)), strict=True))
    found = rows_of(UtmTriple, columns, workspace_id=workspace_id)
    return {Utm(*triple): pk for pk, *triple in found}
