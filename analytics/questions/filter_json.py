"""A filter read from JSON: whatever the text form of a condition cannot say."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NoReturn

from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.fields import Subject
from analytics.questions.filters import (
    ACT_STATUSES,
    NO_CONDITION,
    AllOf,
    AnyOf,
    Did,
    EventAct,
    Filter,
    InSegment,
    MessageAct,
    Not,
    Operator,
    all_of,
)
from analytics.questions.parts import MixtureError, subject_of
from analytics.questions.steps import MAX_TYPE_LENGTH, is_event_type
from analytics.questions.values import text_of
from analytics.questions.where import known_field, read_where
from campaignos.ids import number_of

DEEPEST = 4
MOST_NESTED = 32
MOST_TIMES = 1_000_000
MOST_WITHIN = 3653
COMPARISONS = {"gt": Operator.GREATER, "gte": Operator.AT_LEAST, "lt": Operator.LESS, "lte": Operator.AT_MOST}

_OF_FIELDS = ("is", "contains", *COMPARISONS, "isSet")
_KINDS = ("all", "any", "not", "field", "did", "message", "segment")
_WITHIN = re.compile(r"([0-9]{1,4})d")


class FilterError(ValueError):
    """What is wrong with a filter: the place in it, what stands there, and what is allowed."""

    def __init__(self, place: str, given: Any, allowed: str) -> None:
        super().__init__(f"{place}: {allowed}")
        self.place, self.given, self.allowed = place, _snippet(given), allowed


@dataclass(frozen=True)
class _Depth:
    """How deep all, any and not stand in each other, as `depth_of` counts it: an all of one condition, or within an
    all, is none of its own. `nesting` counts each, for there is an end to that as well."""

    counted: int = 0
    nesting: int = 0
    is_in_all: bool = False

    def inside(self, kind: str, data: Mapping[str, Any]) -> "_Depth":
        is_of_one = kind == "all" and isinstance(data["all"], list) and len(data["all"]) == 1
        counts = kind != "all" or not (self.is_in_all or is_of_one)
        is_in_all = self.is_in_all if is_of_one else kind == "all"
        return _Depth(self.counted + counts, self.nesting + 1, is_in_all)

    @property
    def is_too_deep(self) -> bool:
        return self.counted > DEEPEST or self.nesting > MOST_NESTED


@dataclass(frozen=True)
class FilterReader:
    """Raises FilterError for what cannot be so."""

    values: ConditionValues

    def read(self, data: Any) -> AllOf:
        """The filter that JSON was parsed to."""
        return all_of(self._condition(data, "filter", _Depth()))

    def _condition(self, data: Any, place: str, depth: _Depth) -> Filter:
        if isinstance(data, str):
            return self._where(data, place)
        kind = next((kind for kind in _KINDS if isinstance(data, Mapping) and kind in data), None)
        if kind in ("all", "any", "not"):
            _only(data, place, {kind})
            depth = depth.inside(kind, data)
            if depth.is_too_deep:
                raise FilterError(place, data, f"all, any and not at most {DEEPEST} deep in each other")
        match kind:
            case "all":
                return AllOf(self._conditions(data["all"], f"{place}.all", depth))
            case "any":
                return AnyOf(self._conditions(data["any"], f"{place}.any", depth))
            case "not":
                return Not(self._condition(data["not"], f"{place}.not", depth))
            case "field":
                return self._of_field(data, place)
            case "did" | "message":
                return self._did(data, place, depth)
            case "segment":
                _only(data, place, {"segment"})
                return InSegment(_key("seg", data["segment"], f"{place}.segment"))
        raise FilterError(place, data, f"an object with one of {', '.join(_KINDS)}, or a text such as channel:email")

    def _conditions(self, data: Any, place: str, depth: _Depth) -> tuple[Filter, ...]:
        if not isinstance(data, list) or not data:
            raise FilterError(place, data, "a list of conditions, not empty")
        return tuple(self._condition(inner, f"{place}[{number}]", depth) for number, inner in enumerate(data))

    def _where(self, text: str, place: str) -> Filter:
        try:
            return read_where(text, self.values)
        except ConditionError as error:
            raise FilterError(place, text, str(error)) from None

    def _of_field(self, data: Mapping[str, Any], place: str) -> Filter:
        operators = [name for name in _OF_FIELDS if name in data]
        _only(data, place, {"field", *_OF_FIELDS})
        if len(operators) != 1 or not isinstance(data["field"], str):
            raise FilterError(place, data, f"a field with one of {', '.join(_OF_FIELDS)}")
        operator = operators[0]
        try:
            field, given = known_field(data["field"]), data[operator]
            if operator == "is":
                return self.values.is_one_of(field, _texts(given))
            if operator == "contains":
                return self.values.contains(field, _texts(given))
            if operator in COMPARISONS:
                return self.values.compares(field, COMPARISONS[operator], _text(given))
            if not isinstance(given, bool):
                raise ConditionError("isSet is true or false")
            is_set = self.values.is_set(field)
            return is_set if given else Not(is_set)
        except ConditionError as error:
            raise FilterError(place, data, str(error)) from None

    def _did(self, data: Mapping[str, Any], place: str, depth: _Depth) -> Did:
        kind = "did" if "did" in data else "message"
        _only(data, place, {kind, "where", "times", "within"})
        act = _event_act(data["did"], place) if kind == "did" else _message_act(data["message"], f"{place}.message")
        where = self._facts(data["where"], f"{place}.where", depth, act) if "where" in data else NO_CONDITION
        at_least, at_most = _times(data["times"], f"{place}.times") if "times" in data else (1, None)
        return Did(act, where, at_least, at_most, _within(data.get("within"), f"{place}.within"))

    def _facts(self, data: Any, place: str, depth: _Depth, act: EventAct | MessageAct) -> AllOf:
        """Conditions on what somebody did: on events where that is one, on messages where it is one."""
        listed = data if isinstance(data, list) else [data]
        found = all_of(*self._conditions(listed, place, replace(depth, is_in_all=True))) if listed else NO_CONDITION
        wanted = Subject.EVENTS if isinstance(act, EventAct) else Subject.MESSAGES
        try:
            is_meant = not found.conditions or subject_of(found) is wanted
        except MixtureError:
            is_meant = False
        if not is_meant:
            raise FilterError(place, data, f"conditions on {wanted} alone")
        return found


def parsed_filter(text: str) -> Any:
    """Raises FilterError for what is no JSON; numbers keep their digits."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refused_constant)
    except (ValueError, RecursionError) as error:
        raise FilterError("filter", text, f"JSON ({error})") from None


def _refused_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _event_act(data: Any, place: str) -> EventAct:
    if not isinstance(data, str) or not is_event_type(data):
        raise FilterError(f"{place}.did", data, f"an event type of at most {MAX_TYPE_LENGTH} characters")
    return EventAct(data)


def _message_act(data: Any, place: str) -> MessageAct:
    if not isinstance(data, Mapping):
        raise FilterError(place, data, "an object with status and campaign, or an empty one")
    _only(data, place, {"status", "campaign"})
    status, campaign = data.get("status"), data.get("campaign")
    if status is not None and status not in ACT_STATUSES:
        raise FilterError(f"{place}.status", status, ", ".join(ACT_STATUSES))
    return MessageAct(status, None if campaign is None else _key("cmp", campaign, f"{place}.campaign"))


def _times(data: Any, place: str) -> tuple[int, int | None]:
    """At least and at most how many times; with `lte` alone from 0 on."""
    allowed = f"gte and lte, whole numbers up to {MOST_TIMES:,}: gte no more than lte, and alone at least 1"
    if not isinstance(data, Mapping) or not data:
        raise FilterError(place, data, allowed)
    _only(data, place, {"gte", "lte"})
    at_least, at_most = data.get("gte", 0), data.get("lte")
    if not _is_number(at_least) or not (at_most is None or _is_number(at_most)):
        raise FilterError(place, data, allowed)
    if at_least == 0 if at_most is None else at_least > at_most:
        raise FilterError(place, data, allowed)
    return at_least, at_most


def _is_number(data: Any) -> bool:
    return isinstance(data, int) and not isinstance(data, bool) and 0 <= data <= MOST_TIMES


def _within(data: Any, place: str) -> int | None:
    if data is None:
        return None
    found = _WITHIN.fullmatch(data) if isinstance(data, str) else None
    days = int(found[1]) if found else 0
    if not 1 <= days <= MOST_WITHIN:
        raise FilterError(place, data, f"a number of days from 1d to {MOST_WITHIN}d")
    return days


def _key(prefix: str, data: Any, place: str) -> int:
    key = number_of(prefix, data) if isinstance(data, str) else None
    if key is None:
        raise FilterError(place, data, f"an identifier such as {prefix}_12")
    return key


def _texts(data: Any) -> list[str]:
    return [_text(value) for value in data] if isinstance(data, list) else [_text(data)]


def _text(data: Any) -> str:
    """Numbers, true and false as texts, which are compared in the same way."""
    if not isinstance(data, str | bool | int | float | Decimal):
        raise ConditionError("texts, numbers, true or false")
    return data if isinstance(data, str) else text_of(data)


def _only(data: Mapping[str, Any], place: str, names: Collection[str]) -> None:
    if others := [name for name in data if name not in names]:
        raise FilterError(place, data, f"{', '.join(sorted(names))} together, without {others[0]!r}")


def _snippet(data: Any) -> str:
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, default=str)
