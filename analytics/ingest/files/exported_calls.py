"""Rows of archives of events, as the calls of the Segment kind that they were, or would have been."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from analytics.ingest.files.mappings import scalar_of_cell
from analytics.ingest.formats.posthog import call_of

_OF_RECEIPT = ("sentAt", "originalTimestamp", "receivedAt", "writeKey", "projectId")
_DEVICE = "$device:"
_OF_PROPERTIES = "properties."
_OF_MIXPANEL = {"$mp_web_page_view": "page", "$pageview": "page"}
_SAME_IN_EVERY_EXPORT = (
    "event_timestamp", "event_name", "event_params", "user_pseudo_id", "stream_id", "event_bundle_sequence_id",
    "batch_event_index", "batch_page_id", "batch_ordering_id", "ecommerce", "items",
)  # fmt: skip
"""What GA4 does not write again: a day's table is changed for three days, by sources and the user among others."""


def call_of_row(tool: str, header: Sequence[str] | None, row: Any) -> Any:
    """What a row of CSV or an object of JSON means."""
    item = row if header is None else _object_of_cells(header, row)
    return _CALLS[tool](item) if isinstance(item, dict) else item


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
    event = {**item, "uuid": item.get("uuid") or item.get("id"), "timestamp": _iso(item.get("timestamp"))}
    return call_of(event)


def _of_mixpanel(item: Mapping[str, Any]) -> dict[str, Any]:
    said = item.get("properties")
    properties: dict[str, Any] = dict(said) if isinstance(said, dict) else {}
    name = item.get("event")
    call = {
        "messageId": properties.pop("$insert_id", None),
        "timestamp": _since_1970(properties.pop("time", None)),
    }
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


def _of_amplitude(item: Mapping[str, Any]) -> dict[str, Any]:
    traits = item.get("user_properties")
    return {
        "type": "track",
        "event": item.get("event_type"),
        "messageId": item.get("uuid") or item.get("$insert_id"),
        "timestamp": _iso(item.get("event_time")),
        "userId": item.get("user_id"),
        "anonymousId": item.get("device_id") or item.get("amplitude_id"),
        "properties": item.get("event_properties") or {},
        "$set": traits if item.get("user_id") and isinstance(traits, dict) else None,
    }


def _of_ga4(item: Mapping[str, Any]) -> dict[str, Any]:
    """An event has no id there: what stays the same of it is one."""
    params = item.get("event_params")
    properties = {
        each["key"]: _value_of(each.get("value"))
        for each in (params if isinstance(params, list) else [])
        if isinstance(each, dict) and isinstance(each.get("key"), str)
    }
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
        "context": {"campaign": _campaign_of(item)} if _campaign_of(item) else {},
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
