"""A condition as a sentence, as chips and segments say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from analytics.channels import Channel
from analytics.presentation.formats import count_of, day, short_name
from analytics.questions.fields import Field, FieldKind
from analytics.questions.filters import (
    AllOf,
    AnyOf,
    Atom,
    Compares,
    Contains,
    Did,
    EventAct,
    FieldCondition,
    Filter,
    InSegment,
    Is,
    IsSet,
    MessageAct,
    Not,
    Operator,
)
from analytics.questions.groups import Group
from analytics.questions.values import Day, text_of
from campaignos.ids import number_of

MOST_VALUES = 5
"""A sentence names at most so many values: of more it names two fewer, and says how many others there are."""

_LABELS = {
    "event": "Event",
    "channel": "Channel",
    "campaign": "Campaign",
    "variant": "Variant",
    "domain": "Mailbox provider",
    "contact.signedUpAt": "Signed up",
    "contact.known": "Known contact",
}
_OF_NUMBERS = {
    Operator.GREATER: "more than",
    Operator.AT_LEAST: "at least",
    Operator.LESS: "less than",
    Operator.AT_MOST: "at most",
}
_OF_DAYS = {
    Operator.GREATER: "after",
    Operator.AT_LEAST: "on or after",
    Operator.LESS: "before",
    Operator.AT_MOST: "on or before",
}
_ACTS = {
    None: ("had", "did not have"),
    "sent": ("was sent", "was not sent"),
    "delivered": ("got", "did not get"),
    "opened": ("opened", "did not open"),
    "clicked": ("clicked in", "did not click in"),
    "bounced": ("bounced on", "did not bounce on"),
    "failed": ("could not be sent", "had no failure of"),
    "human_opened": ("personally opened", "did not personally open"),
    "human_clicked": ("personally clicked in", "did not personally click in"),
    "hard_bounced": ("hard bounced on", "did not hard bounce on"),
    "soft_bounced": ("soft bounced on", "did not soft bounce on"),
    "complained": ("complained of", "did not complain of"),
    "unsubscribed": ("unsubscribed from", "did not unsubscribe from"),
}


@dataclass(frozen=True)
class ConditionNames:
    """What campaigns, variants and segments are called, by key; one without a name is called by its identifier."""

    campaigns: Mapping[int, str] = field(default_factory=dict)
    variants: Mapping[int, str] = field(default_factory=dict)
    segments: Mapping[int, str] = field(default_factory=dict)

    def campaign(self, key: int) -> str:
        return short_name(self.campaigns.get(key, f"cmp_{key}"))

    def variant(self, key: int) -> str:
        return short_name(self.variants.get(key, str(key)))

    def segment(self, key: int) -> str:
        return short_name(self.segments.get(key, f"seg_{key}"))

    def value(self, field: Field, value: str | Day) -> str:
        if isinstance(value, Day):
            return day(value.on)
        if field.kind is FieldKind.CAMPAIGN and (key := number_of("cmp", value)) is not None:
            return self.campaign(key)
        if field.kind is FieldKind.VARIANT and value.isdecimal():
            return self.variant(int(value))
        if field.kind is FieldKind.CHANNEL:
            return str(Channel(value.upper()).label)
        return short_name(value) if value.strip() else "empty" if not value else "blank"


NO_NAMES = ConditionNames()


def condition_text(condition: Filter, names: ConditionNames = NO_NAMES) -> str:
    """`Source is newsletter or direct`, `Did purchase at least 2 times within 30 days`; empty for no condition."""
    text = _text(condition, names)
    return text[:1].upper() + text[1:]


def condition_phrase(condition: Filter, names: ConditionNames = NO_NAMES) -> str:
    """The same within a sentence."""
    return _text(condition, names)


def group_name(group: Group, names: ConditionNames = NO_NAMES) -> str:
    """What those are called who are taken together: by their value."""
    if group.others_than is not None:
        return "Other"
    if group.by.kind is FieldKind.FLAG:
        return {"true": "Known", "false": "Anonymous"}.get(group.value or "", "")
    return "(not set)" if group.value is None else names.value(group.by, group.value)


def field_label(field: Field) -> str:
    """A field's label, as it stands within a sentence."""
    if field.key.startswith("utm."):
        return field.key.partition(".")[2].capitalize() if field.key != "utm.campaign" else "UTM campaign"
    return _LABELS.get(field.key) or short_name(field.path or field.key)


def _text(condition: Filter, names: ConditionNames) -> str:
    match condition:
        case AllOf((alone,)) | AnyOf((alone,)):
            return _text(alone, names)
        case AllOf(conditions):
            return " and ".join(_inner(inner, names) for inner in conditions)
        case AnyOf(conditions):
            return " or ".join(_inner(inner, names) for inner in conditions)
        case Not(FieldCondition() | Did() | InSegment() as inner):
            return _atom(inner, names, is_true=False)
        case Not(inner):
            return f"not ({_text(inner, names)})"
        case _:
            return _atom(condition, names, is_true=True)


def _inner(condition: Filter, names: ConditionNames) -> str:
    """In brackets, where it is several itself."""
    text = _text(condition, names)
    is_several = isinstance(condition, AllOf | AnyOf) and len(condition.conditions) > 1
    return f"({text})" if is_several else text


def _atom(condition: Atom, names: ConditionNames, *, is_true: bool) -> str:
    match condition:
        case InSegment(segment_id):
            return f"{'in' if is_true else 'not in'} segment {names.segment(segment_id)}"
        case Did(act=EventAct()):
            return _did_event(condition, names, is_true=is_true)
        case Did():
            return _did_message(condition, names, is_true=is_true)
        case Is(field=Field(kind=FieldKind.FLAG), values=values):
            return "is a known contact" if ("true" in values) is is_true else "is no known contact"
    label, negation = field_label(condition.field), "" if is_true else "not "
    verb = "" if condition.field.kind is FieldKind.DAY else "is "
    match condition:
        case IsSet():
            return f"{label} is {negation}set"
        case Contains(field=field, texts=texts):
            return f"{label} {'contains' if is_true else 'does not contain'} {_either(field, texts, names)}"
        case Is(field=field, values=values):
            on = "on " if field.kind is FieldKind.DAY else ""
            return f"{label} {verb}{negation}{on}{_either(field, values, names)}"
        case Compares(operator=operator, bound=Day(on)):
            return f"{label} {verb}{negation}{_OF_DAYS[operator]} {day(on)}"
        case Compares(operator=operator, bound=Decimal() as bound):
            return f"{label} is {negation}{_OF_NUMBERS[operator]} {_number(bound)}"
    raise AssertionError(condition)


def _either(field: Field, values: Sequence[str | Day], names: ConditionNames) -> str:
    """`a`, `a or b`, `a, b or 4 others`"""
    texts = [names.value(field, value) for value in values]
    if len(texts) > MOST_VALUES:
        shown = MOST_VALUES - 2
        texts = [*texts[:shown], count_of(len(texts) - shown, "other", "others")]
    *before, last = texts
    return f"{', '.join(before)} or {last}" if before else last


def _number(number: Decimal) -> str:
    """12,400.5"""
    whole, dot, decimals = text_of(number).partition(".")
    return f"{int(whole):,}{dot}{decimals}" if whole.lstrip("-").isdigit() else text_of(number)


def _did_event(did: Did, names: ConditionNames, *, is_true: bool) -> str:
    assert isinstance(did.act, EventAct)
    never = (did.at_least, did.at_most) == (0, 0)
    verb = ("never did" if never else "did") if is_true else ("did at some time" if never else "did not do")
    return f"{verb} {short_name(did.act.type)}{_such(did, names)}{'' if never else _how_often(did)}{_within(did)}"


def _did_message(did: Did, names: ConditionNames, *, is_true: bool) -> str:
    assert isinstance(did.act, MessageAct)
    never = (did.at_least, did.at_most) == (0, 0)
    verb = _ACTS[did.act.status][is_true is never]
    campaign = "" if did.act.campaign_id is None else f" of {names.campaign(did.act.campaign_id)}"
    return f"{verb} a message{campaign}{_such(did, names)}{'' if never else _how_often(did)}{_within(did)}"


def _such(did: Did, names: ConditionNames) -> str:
    return f" ({_text(did.where, names)})" if did.where.conditions else ""


def _how_often(did: Did) -> str:
    at_least, at_most = did.at_least, did.at_most
    if (at_least, at_most) == (1, None):
        return ""
    if at_most is None:
        return f" at least {_times(at_least)}"
    if at_least == at_most:
        return f" exactly {_times(at_least)}"
    return f" {at_least:,} to {_times(at_most)}" if at_least else f" at most {_times(at_most)}"


def _times(number: int) -> str:
    return count_of(number, "time", "times")


def _within(did: Did) -> str:
    return "" if did.within is None else f" within {count_of(did.within, 'day', 'days')}"
