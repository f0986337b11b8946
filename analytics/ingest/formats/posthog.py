"""PostHog's events as calls of the Segment kind, so that there is one way in.

A `distinct_id` is a user's, unless the client says that it knows nobody (`$process_person_profile` or `$is_identified`
false): then it is a device's. An alias goes from `distinct_id`, the previous one, to `alias`, as the SDKs document it.
Properties stay as they are, with those whose names begin with `$`.
"""

from typing import Any

_KINDS = {
    "$pageview": "page",
    "$screen": "screen",
    "$identify": "identify",
    "$set": "identify",
    "$create_alias": "alias",
    "$groupidentify": "group",
}


def call_of(event: object) -> object:
    """The call that an event of PostHog's shape means; what is no JSON object, as it is."""
    if not isinstance(event, dict):
        return event
    name = event.get("event")
    kind = _KINDS.get(name, "track") if isinstance(name, str) else "track"
    stated = event.get("properties")
    properties: dict[str, Any] = stated if isinstance(stated, dict) else {}
    return {
        "type": kind,
        "event": name,
        "messageId": event.get("uuid"),
        "timestamp": event.get("timestamp"),
        "properties": stated,
        "$set": event.get("$set"),
        "$set_once": event.get("$set_once"),
        **_ids(kind, event.get("distinct_id") or properties.get("distinct_id"), properties),
    }


def _ids(kind: str, distinct_id: object, properties: dict[str, Any]) -> dict[str, object]:
    if kind == "alias":
        return {"previousId": distinct_id, "userId": properties.get("alias")}
    if kind == "group":
        return {"anonymousId": distinct_id}  # made up by the SDKs: random, or the group's name
    if properties.get("$process_person_profile") is False or properties.get("$is_identified") is False:
        return {"anonymousId": distinct_id}
    return {"userId": distinct_id, "anonymousId": properties.get("$anon_distinct_id")}
