"""Items of the bulk API in few words. Instants are local ones of Berlin in 2026, `03-30 09:00`."""

from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
META = {
    "timeZone": "Europe/Berlin",
    "from": "2026-03-02T00:00:00+01:00",
    "to": "2026-04-01T00:00:00+02:00",
    "generatedAt": "2026-03-31T14:00:00+02:00",
    "dataThrough": "2026-03-31T14:00:00+02:00",
    "dataFrom": None,
}
"""Of the last 30 days, if anything was counted."""
EMPTY_META = {**META, "dataThrough": None}

_numbers = count()


def at(local: str) -> str:
    return datetime.fromisoformat(f"2026-{local}").replace(tzinfo=BERLIN).isoformat()


def contact(external_id: str, signed_up: str) -> dict[str, Any]:
    return {"externalId": external_id, "signedUpAt": at(signed_up)}


def event(type_: str, who: str, when: str, **more: Any) -> dict[str, Any]:
    """`who` is a contact, or with a question mark before it somebody unknown."""
    person = {"anonymousId": who} if who.startswith("?") else {"contact": who}
    return {"messageId": f"e{next(_numbers)}", "type": type_, "occurredAt": at(when), **person, **more}


def message(external_id: str, created: str, **more: str) -> dict[str, Any]:
    """To the contact ada of the campaign welcome, unless said otherwise; `opened="03-30 09:00"` and so on."""
    reached = {f"{name}At": at(more.pop(name)) for name in _STATUSES if name in more}
    item = {"externalId": external_id, "campaign": "welcome", "contact": "ada", "channel": "EMAIL"}
    return {**item, "createdAt": at(created), **reached, **more}


_STATUSES = ("sent", "delivered", "opened", "clicked", "bounced", "failed")


def report(message_id: str, type_: str, when: str) -> dict[str, Any]:
    """What was reported of a message."""
    return {"message": message_id, "type": type_, "at": at(when)}


def some_of_all(bulk: Any, start: int, number: int) -> None:
    """So many contacts, enrollments, messages and events, with people who become known."""
    numbers = range(start, start + number)
    reached = dict.fromkeys(("sent", "delivered", "opened", "clicked"), "03-30 10:00")
    variants = [{"name": "A"}, {"name": "B"}]
    test = {"externalId": "subject", "name": "Subject", "variants": variants}
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": [test]}])
    bulk("contacts", [contact(f"u{n}", f"03-{n % 20 + 5:02} 08:00") for n in numbers])
    bulk("enrollments", [{"campaign": "welcome", "contact": f"u{n}", "enrolledAt": at("03-20 09:00")} for n in numbers])
    bulk(
        "messages",
        [message(f"m{n}", "03-30 09:00", contact=f"u{n}", abTest="subject", variant="A", **reached) for n in numbers],
    )
    for type_ in ("visit", "purchase"):
        bulk("events", [event(type_, f"?{n}", "03-29 12:00", utm={"source": f"s{n}"}) for n in numbers])
    bulk("events", [event("visit", f"u{n}", "03-30 12:00", anonymousId=f"?{n}") for n in numbers])
