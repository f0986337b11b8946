"""The columns that hold personal data: one list, by which they are masked, filtered, erased, exported and documented.

A test looks through all models: a column of texts is here, or says there why it names nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class PersonalKind(StrEnum):
    """What a column holds, and so how much of it is shown to whom.

    Whoever only reads sees email addresses and numbers masked in all of them. Whoever may not even read, a key that
    only writes, is answered with ids alone.
    """

    ADDRESS = "email address"
    PHONE = "telephone number"
    WORDS = "words"
    ID = "id or name of the sender's"


@dataclass(frozen=True)
class PersonalColumn:
    kind: PersonalKind
    of: str
    """What it is, for people who read docs/privacy.md."""


_ID, _WORDS = PersonalKind.ID, PersonalKind.WORDS

PERSONAL: Mapping[str, Mapping[str, PersonalColumn]] = {
    "analytics.Contact": {
        "external_id": PersonalColumn(_ID, "your id of the contact"),
        "email": PersonalColumn(PersonalKind.ADDRESS, "the email address"),
        "phone": PersonalColumn(PersonalKind.PHONE, "the telephone number"),
        "name": PersonalColumn(_WORDS, "the name"),
        "attributes": PersonalColumn(_WORDS, "what else was said"),
        "former_addresses": PersonalColumn(_WORDS, "addresses and numbers it had before"),
        "provenance": PersonalColumn(_WORDS, "when what was said, and what counted before a page said otherwise"),
    },
    "analytics.Identity": {"value": PersonalColumn(_ID, "ids of devices and former ids")},
    "analytics.Event": {
        "message_id": PersonalColumn(_ID, "your id of the event"),
        "type": PersonalColumn(_ID, "the event's name"),
        "properties": PersonalColumn(_WORDS, "what you sent with it"),
        "context": PersonalColumn(_WORDS, "client, page, campaign"),
    },
    "analytics.UtmTriple": {
        "source": PersonalColumn(_ID, "where links came from"),
        "medium": PersonalColumn(_ID, "the same"),
        "campaign": PersonalColumn(_ID, "the same"),
    },
    "analytics.Message": {
        "external_id": PersonalColumn(_ID, "your id of the message"),
        "provider_message_id": PersonalColumn(_ID, "the provider's"),
    },
    "analytics.MessageEvent": {
        "message_ref": PersonalColumn(_ID, "either of these ids, as reported"),
        "url": PersonalColumn(_WORDS, "the link that was clicked"),
        "user_agent": PersonalColumn(_WORDS, "the browser"),
        "reason": PersonalColumn(_WORDS, "why it bounced"),
    },
    "analytics.IngestRemark": {
        "message": PersonalColumn(_WORDS, "what was wrong with an item"),
        "message_id": PersonalColumn(_ID, "its id"),
        "sample": PersonalColumn(_WORDS, "its beginning"),
    },
    "analytics.Upload": {
        "file_name": PersonalColumn(_WORDS, "the file's name"),
        "content": PersonalColumn(_WORDS, "the file"),
        "changes": PersonalColumn(_WORDS, "what it would change"),
        "rejected": PersonalColumn(_WORDS, "why rows are rejected"),
        "warnings": PersonalColumn(_WORDS, "what would be altered about rows"),
    },
    "analytics.DayPack": {
        "event_type": PersonalColumn(_ID, "events' names"),
        "columns": PersonalColumn(_WORDS, "events' properties and contacts' attributes, as reports read them"),
    },
    "analytics.DayColumn": {
        "name": PersonalColumn(_ID, "names of events' properties"),
        "data": PersonalColumn(_WORDS, "a property of many events, as reports read it"),
    },
    "analytics.EventProperty": {
        "event_type": PersonalColumn(_ID, "an event's name"),
        "name": PersonalColumn(_ID, "the name of one of its properties"),
    },
    "workspaces.KeptAnswer": {"body": PersonalColumn(_WORDS, "what a request was answered")},
}
"""By model and column."""


def kind_of(model: str, column: str) -> PersonalKind | None:
    """None for a column without personal data."""
    personal = PERSONAL.get(model, {}).get(column)
    return personal.kind if personal else None


NAMING_ATTRIBUTES = frozenset({"email", "phone", "name", "firstName", "lastName", "username"})
"""Of contacts' attributes, those that name somebody: nearly all have another value, so the ledger keeps none."""
