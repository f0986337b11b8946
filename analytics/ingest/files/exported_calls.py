"""Rows of archives of events, as the calls of the Segment kind that they were, or would have been."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from analytics.ingest.files.mappings import scalar_of_cell
from analytics.ingest.formats.posthog import call_of

_OF_RECEIPT = ("sentAt", "originalTimestamp", "receivedAt", "writeKey", "projectId")
_DEVICE = "$device:"
_OF_PROPERTIES = "properties."
_OF_MIXPANEL = {"$mp_web_page_view": "page", "$pageview": "page"}
_OF_AMPLITUDE = {"$identify": "identify", "$groupidentify": "group", "[Amplitude] Page Viewed": "page"}
_PAGE_OF_AMPLITUDE, _REVENUE_OF_AMPLITUDE = "[Amplitude] Page Location", "$revenue"
LOCAL = frozenset({"mixpanel"})
"""Whose times may be those of a zone; the others' are UTC."""
_SAME_IN_EVERY_EXPORT = (
    "event_timestamp", "event_name", "event_params", "user_pseudo_id", "stream_id", "event_bundle_sequence_id",
    "batch_event_index", "batch_page_id", "batch_ordering_id", "ecommerce", "items",
)  # fmt: skip
"""What GA4 does not write again: a day's table is changed for three days, by sources and the user among others."""


def call_of_row(tool: str, header: Sequence[str] | None, row: Any, zone: ZoneInfo) -> Any:
    """What a row of CSV or an object of JSON means; of a tool whose times are local, they are the zone's."""
    item = row if header is None else _object_of_cells(header, row)
    if not isinstance(item, dict):
        return item
    call = _CALLS[tool](item)
    return {**call, "timestamp": _in_zone(call["timestamp"], zone)} if tool in LOCAL else call


def _object_of_cells(header: Sequence[str], row: Sequence[str]) -> dict[str, Any]:
    """Objects stand as JSON in cells, or have a column for each of their fields (`properties.plan`). PostHog writes all
    that it knows of an event as fields of an object called `*`."""
    item: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for column, cell in zip(header, row, strict=False):
        name = column.removeprefix("*.")
        if name.startswith(_OF_PROPERTIES):
            properties[name.removeprefix(_OF_PROPERTIES)] = scalar_of_cell(cell, has_decimal_commas=False)
        elif item.get(name) is None:
            item[name] = _cell_value(cell)
    stated = {name: value for name, value in properties.items() if value != ""}
    return {**item, "properties": stated} if stated else item


def _cell_value(cell: str) -> Any:
    """Nothing is an empty one."""
    if cell[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):
            return json.loads(cell)
    return cell or None


def _of_segment(item: Mapping[str, Any]) -> dict[str, Any]:
    """By the time that was corrected when it was received; by the sender's clock, where there is none."""
    stated = item.get("timestamp") or item.get("originalTimestamp")
    return {**{name: value for name, value in item.items() if name not in _OF_RECEIPT}, "timestamp": stated}


def _of_posthog(item: Mapping[str, Any]) -> Any:
    """Its tables keep objects as texts."""
    said = item.get("properties")
    return call_of(
        {
            **item,
            "uuid": item.get("uuid") or item.get("id"),
            "timestamp": _iso(item.get("timestamp")),
            "properties": _cell_value(said) if isinstance(said, str) else said,
        }
    )


def _of_mixpanel(item: Mapping[str, Any]) -> dict[str, Any]:
    """In CSV the properties have columns beside that of the event."""
    name, said = item.get("event"), item.get("properties")
    properties: dict[str, Any] = dict(said) if isinstance(said, dict) else _plain_properties(item)
    call = {
        "messageId": properties.pop("$insert_id", None),
        "timestamp": _since_1970(properties.pop("time", None)),
    }
    if name == "$merge" and isinstance(ids := properties.get("$distinct_ids"), list) and len(ids) == 2:
        return {**call, "type": "alias", "previousId": ids[0], "userId": ids[1]}
    if name == "$create_alias":
        return {**call, "type": "alias", "previousId": properties.get("distinct_id"), "userId": properties.get("alias")}
    if name == "$identify":
        identified = properties.get("$identified_id") or properties.get("distinct_id")
        return {**call, "type": "identify", "userId": identified, "anonymousId": properties.get("$anon_id")}
    ids = _ids_of_mixpanel(properties)
    kind = _OF_MIXPANEL.get(str(name), "track")
    return {**call, "type": kind, "event": name, **ids, "properties": {**properties, **_utm_of(properties)}}


def _ids_of_mixpanel(properties: dict[str, Any]) -> dict[str, Any]:
    """Taken out of the properties. Who is not known is told by the id of the device, with `$device:` before it in newer
    projects."""
    distinct_id = str(properties.pop("distinct_id", "") or "")
    device, user = properties.pop("$device_id", None), properties.pop("$user_id", None)
    if distinct_id.startswith(_DEVICE) or distinct_id == device:
        return {"userId": user, "anonymousId": device or distinct_id.removeprefix(_DEVICE)}
    return {"userId": user or distinct_id or None, "anonymousId": device}


def _plain_properties(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: scalar_of_cell(value, has_decimal_commas=False) if isinstance(value, str) else value
        for name, value in item.items()
        if name != "event" and value is not None
    }


def _of_amplitude(item: Mapping[str, Any]) -> dict[str, Any]:
    name, traits, said = item.get("event_type"), item.get("user_properties"), item.get("event_properties")
    properties: dict[str, Any] = dict(said) if isinstance(said, dict) else {}
    if _REVENUE_OF_AMPLITUDE in properties:
        properties.setdefault("revenue", properties[_REVENUE_OF_AMPLITUDE])
    return {
        "type": _OF_AMPLITUDE.get(str(name), "track"),
        "event": name,
        "messageId": item.get("uuid") or item.get("$insert_id"),
        "timestamp": _iso(item.get("event_time")),
        "userId": item.get("user_id"),
        "anonymousId": item.get("device_id") or item.get("amplitude_id"),
        "properties": properties,
        "$set": traits if item.get("user_id") and isinstance(traits, dict) else None,
        "context": _context(properties.get(_PAGE_OF_AMPLITUDE)),
    }


def _of_ga4(item: Mapping[str, Any]) -> dict[str, Any]:
    """An event has no id there: what stays the same of it is one."""
    properties = _values_by_key(item.get("event_params"))
    bought = item.get("ecommerce")
    if isinstance(bought, dict):
        revenue, order = bought.get("purchase_revenue"), bought.get("transaction_id")
        properties |= {"revenue": revenue} if revenue is not None else {}
        properties |= {"order_id": order} if order not in (None, "", "(not set)") else {}
    known = {name: item[name] for name in _SAME_IN_EVERY_EXPORT if name in item}
    digest = hashlib.sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest()
    name = item.get("event_name")
    return {
        "type": "page" if name == "page_view" else "track",
        "event": name,
        "messageId": f"auto-{digest}",
        "timestamp": _since_1970(item.get("event_timestamp")),
        "userId": item.get("user_id"),
        "anonymousId": item.get("user_pseudo_id"),
        "properties": properties,
        "$set": _values_by_key(item.get("user_properties")) if item.get("user_id") else None,
        "context": _context(properties.get("page_location"), _campaign_of(item)),
    }


def _campaign_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """What brought the visit, where the event says so; the traffic source is the first of the user, of long ago."""
    said = item.get("collected_traffic_source")
    names = {
        "source": "manual_source",
        "medium": "manual_medium",
        "name": "manual_campaign_name",
        "term": "manual_term",
        "content": "manual_content",
    }
    return {} if not isinstance(said, dict) else {name: said[key] for name, key in names.items() if said.get(key)}


def _context(address: object, campaign: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What is not there is left out."""
    said = {"page": {"url": address} if address else None, "campaign": campaign}
    return {name: value for name, value in said.items() if value}


def _values_by_key(pairs: object) -> dict[str, Any]:
    return {
        each["key"]: _value_of(each.get("value"))
        for each in (pairs if isinstance(pairs, list) else [])
        if isinstance(each, dict) and isinstance(each.get("key"), str)
    }


def _value_of(value: object) -> Any:
    found = value if isinstance(value, dict) else {}
    if found.get("int_value") is not None:
        with suppress(ValueError, TypeError):
            return int(found["int_value"])
    return next(
        (found[key] for key in ("string_value", "double_value", "float_value") if found.get(key) is not None), None
    )


def _utm_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: properties[f"{name} [last touch]"]
        for name in ("utm_source", "utm_medium", "utm_campaign")
        if properties.get(f"{name} [last touch]")
    }


def _since_1970(value: object) -> str | None:
    """Of seconds, or thousandths or millionths of them; a text with anything else as it is, for it to be told."""
    try:
        number = float(str(value))
    except ValueError:
        return None if value is None else str(value)
    parts = 1e6 if number >= 1e14 else 1e3 if number >= 1e11 else 1.0
    try:
        return datetime.fromtimestamp(number / parts, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return str(value)


def _in_zone(stated: str | None, zone: ZoneInfo) -> str | None:
    """What stands there as if it were UTC, and is the zone's; a text that is no time as it is."""
    with suppress(ValueError):
        return datetime.fromisoformat(stated or "").replace(tzinfo=zone).isoformat()
    return stated


def _iso(value: object) -> Any:
    """`2026-03-01 08:00:00.123000 UTC` as programs know it; without an offset it is UTC."""
    if not isinstance(value, str):
        return value
    text = value.strip().removesuffix(" UTC")
    return text if text.endswith("Z") or text[-6:-5] in ("+", "-") else f"{text}Z"


_CALLS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "segment": _of_segment,
    "posthog": _of_posthog,
    "mixpanel": _of_mixpanel,
    "amplitude": _of_amplitude,
    "ga4": _of_ga4,
}
"""By the shape of what a tool's archive holds."""
