"""The values that conditions name, read as their field types them."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from analytics.addresses import is_concealing
from analytics.channels import Channel
from analytics.questions.fields import Field, FieldKind
from analytics.questions.filters import Compares, Contains, Is, IsSet, Operator
from analytics.questions.values import MAX_VALUE_LENGTH, Day, number_in, text_of
from campaignos.days import FIRST_DAY, LAST_DAY
from campaignos.ids import number_of
from campaignos.texts import is_storable

MAX_VALUES = 1000
MAX_DIGITS = 60

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEY = re.compile(r"[0-9]{1,18}")
_CAN_HOLD_ADDRESSES = re.compile(
    r"mail|phone|mobile|whatsapp|msisdn|address|contact|login|user|tel|fax|sms", re.IGNORECASE
)
_COMPARABLE = (FieldKind.SCALAR, FieldKind.DAY)
_SEARCHABLE = (FieldKind.SCALAR, FieldKind.TEXT)


class ConditionError(ValueError):
    """What is allowed where something else was given."""


@dataclass(frozen=True)
class ConditionValues:
    """Days are those of the `zone`. Who does not see addresses may look for none: an answer would confirm it.

    All raise ConditionError for what cannot be so.
    """

    zone: ZoneInfo
    sees_addresses: bool = True

    def is_one_of(self, field: Field, texts: list[str]) -> Is:
        if not 1 <= len(texts) <= MAX_VALUES:
            raise ConditionError(f"1 to {MAX_VALUES:,} values")
        return Is(field, tuple(dict.fromkeys(self._value(field, text) for text in texts)))

    def contains(self, field: Field, texts: list[str]) -> Contains:
        if field.kind not in _SEARCHABLE:
            raise ConditionError(f"{_operators(field)} after {field.key}")
        if not 1 <= len(texts) <= MAX_VALUES or not all(texts):
            raise ConditionError(f"1 to {MAX_VALUES:,} texts, none of them empty")
        if not self.sees_addresses and field.path and _CAN_HOLD_ADDRESSES.search(field.path):
            raise ConditionError("whole values, for it may hold addresses: these are hidden for your role")
        return Contains(field, tuple(dict.fromkeys(self._text(text) for text in texts)))

    def compares(self, field: Field, operator: Operator, text: str) -> Compares:
        if field.kind not in _COMPARABLE:
            raise ConditionError(f"{_operators(field)} after {field.key}")
        if _DAY.fullmatch(text):
            return Compares(field, operator, self._day(text))
        number = number_in(text)
        if field.kind is FieldKind.DAY or number is None:
            raise ConditionError(f"{'' if field.kind is FieldKind.DAY else 'a number, or '}a day such as 2026-05-12")
        if len(text_of(number)) > MAX_DIGITS:
            raise ConditionError(f"a number of at most {MAX_DIGITS} digits")
        return Compares(field, operator, Decimal(text_of(number)))

    def is_set(self, field: Field) -> IsSet:
        if field.kind is FieldKind.FLAG:
            raise ConditionError(f"true or false after {field.key}")
        return IsSet(field)

    def _value(self, field: Field, text: str) -> str | Day:
        match field.kind:
            case FieldKind.CHANNEL:
                return _choice(text.lower(), [name.lower() for name in Channel.values])
            case FieldKind.FLAG:
                return _choice(text.lower(), ["true", "false"])
            case FieldKind.DAY:
                return self._day(text)
            case FieldKind.CAMPAIGN:
                if (key := number_of("cmp", text)) is None:
                    raise ConditionError("identifiers of campaigns, such as cmp_12")
                return f"cmp_{key}"
            case FieldKind.VARIANT:
                if not _KEY.fullmatch(text):
                    raise ConditionError("keys of variants, whole numbers")
                return str(int(text))
            case FieldKind.TEXT if not text:
                raise ConditionError(f"a value; !:* are those without {field.key}")
        return self._text(text)

    def _text(self, text: str) -> str:
        if len(text) > MAX_VALUE_LENGTH or not is_storable(text):
            raise ConditionError(f"texts of at most {MAX_VALUE_LENGTH} characters")
        if not self.sees_addresses and is_concealing(text):
            raise ConditionError("texts without an email address or phone number: these are hidden for your role")
        return text

    def _day(self, text: str) -> Day:
        try:
            day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None or not FIRST_DAY <= day <= LAST_DAY:
            raise ConditionError(f"days from {FIRST_DAY} to {LAST_DAY}, such as 2026-05-12")
        return Day(day, self.zone)


def _choice(text: str, allowed: list[str]) -> str:
    if text not in allowed:
        raise ConditionError(", ".join(allowed))
    return text


def _operators(field: Field) -> str:
    found = [":", "!:"]
    found += ["~", "!~"] if field.kind in _SEARCHABLE else []
    found += [operator.value for operator in Operator] if field.kind in _COMPARABLE else []
    return ", ".join(found)
