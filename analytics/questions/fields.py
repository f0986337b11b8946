"""What conditions look at: a field of events, of messages, or of people."""

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import normalize

from analytics.questions.values import Scalar, text_of
from campaignos.json_paths import is_path


class Subject(StrEnum):
    """What has a field, and what a condition therefore means."""

    EVENTS = "events"
    MESSAGES = "messages"
    PEOPLE = "people"


class FieldKind(StrEnum):
    """How a field's values are typed.

    A SCALAR is whatever JSON holds. Values of a CAMPAIGN and a VARIANT are keys, of a DAY instants or local days.
    """

    TEXT = "text"
    SCALAR = "scalar"
    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    VARIANT = "variant"
    DAY = "day"
    FLAG = "flag"


PROPERTY_PREFIX = "property."
CONTACT_PREFIX = "contact."


@dataclass(frozen=True)
class Field:
    """`key` is what addresses say."""

    key: str
    subject: Subject
    kind: FieldKind

    @property
    def path(self) -> str | None:
        """The path to the field in an event's properties or a contact's attributes; None for other fields."""
        return self.key.partition(".")[2] if self.kind is FieldKind.SCALAR else None

    def text(self, value: Scalar) -> str:
        """A value of it, as conditions name it."""
        return f"{'cmp_' if self.kind is FieldKind.CAMPAIGN else ''}{text_of(value)}"


_FIELDS = {
    **{
        f"utm.{name}": Field(f"utm.{name}", Subject.EVENTS, FieldKind.TEXT)
        for name in ("source", "medium", "campaign", "term", "content")
    },
    "event": Field("event", Subject.EVENTS, FieldKind.TEXT),
    "channel": Field("channel", Subject.MESSAGES, FieldKind.CHANNEL),
    "campaign": Field("campaign", Subject.MESSAGES, FieldKind.CAMPAIGN),
    "variant": Field("variant", Subject.MESSAGES, FieldKind.VARIANT),
    "domain": Field("domain", Subject.MESSAGES, FieldKind.TEXT),
    "contact.signedUpAt": Field("contact.signedUpAt", Subject.PEOPLE, FieldKind.DAY),
    "contact.known": Field("contact.known", Subject.PEOPLE, FieldKind.FLAG),
}
FIELD_KEYS = (*_FIELDS, f"{PROPERTY_PREFIX}<name>", f"{CONTACT_PREFIX}<attribute>")


def field_of(key: str) -> Field | None:
    """The field that addresses call so; None where there is no such field."""
    if found := _FIELDS.get(key):
        return found
    key = normalize("NFC", key)
    for prefix, subject in ((PROPERTY_PREFIX, Subject.EVENTS), (CONTACT_PREFIX, Subject.PEOPLE)):
        if key.startswith(prefix) and is_path(key.removeprefix(prefix)):
            return Field(key, subject, FieldKind.SCALAR)
    return None
