"""A funnel's step as an address and as JSON say it, read and written.

The text is what is done, then its conditions as `where` has them: `purchase where property.amount>=100`,
`message:clicked@cmp_2/7 where channel:email`. A type of events that would be read otherwise is quoted as in CSV. What
the text cannot say stands there as JSON, which saved funnels have: `{"did": "purchase", "where": […]}`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.filter_json import FilterError, FilterReader, parsed_filter
from analytics.questions.filter_reader import MAX_FILTER_BYTES, MOST_ATOMS
from analytics.questions.filter_texts import canonical, filter_data
from analytics.questions.filters import NO_CONDITION, Filter, all_of, atoms
from analytics.questions.parts import MixtureError, subject_of
from analytics.questions.steps import (
    MAX_ALTERNATIVES,
    MAX_TYPE_LENGTH,
    STEP_STATUSES,
    EitherStep,
    EventStep,
    MessageStep,
    SignupStep,
    Step,
    either_of,
    is_event_type,
    with_where,
)
from analytics.questions.where import read_where, where_text
from campaignos.ids import number_of

STEPS_ALLOWED = (
    f"a type of events, or message: with one of {', '.join(STEP_STATUSES)} and, where it is of one campaign, @cmp_2 or "
    "@cmp_2/7 for its variant, or contact:signup; alternatives joined by bars, such as signup|purchase; then "
    "conditions such as where property.amount>=100, or all of it as JSON"
)
_WHERE = " where "
_PART = re.compile(r'((?>"(?:[^"]|"")*"|.)*?)( where |\Z)', re.DOTALL)
"""Up to the next condition. What is quoted is passed over whole."""
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_MESSAGE = re.compile(r"message:([a-z_]+)(?:@(cmp_[0-9]+)(?:/([0-9]{1,18}))?)?")
_READ_OTHERWISE = re.compile(r'message:|contact:signup\Z|\{|.*(?:"| where |\|)', re.DOTALL)
_BAR_PART = re.compile(r'((?>"(?:[^"]|"")*"|[^|])*)\|')
_SIGNUP = "contact:signup"
_SIGNUP_DATA = {"contact": "signup"}
"""A contact's signing up, as text and as JSON: `signup` alone is a type of events, as anything."""


@dataclass(frozen=True)
class StepReader:
    """Both raise ConditionError, which says what is allowed, for what is no step."""

    values: ConditionValues

    def text(self, text: str) -> Step:
        if len(text.encode("utf-8", "surrogatepass")) > MAX_FILTER_BYTES:
            raise ConditionError(f"at most {MAX_FILTER_BYTES:,} bytes")
        if text.lstrip().startswith("{"):
            return self._data(_json_of(text))
        act, *conditions = _parts(text)
        step = _either([*map(_act, _in_bars(act))])
        return _under(step, all_of(*(read_where(condition, self.values) for condition in conditions)))

    def data(self, data: Any) -> Step:
        """A type of events, or an object with `did` or `message` and, if there are conditions, `where`."""
        if isinstance(data, str):
            return EventStep(_event_type(data))
        return self._data(data)

    def _data(self, data: Any) -> Step:
        if isinstance(data, Mapping) and "any" in data:
            return self._any(data)
        if data == _SIGNUP_DATA:
            return SignupStep()
        if not isinstance(data, Mapping) or ("did" in data) is ("message" in data):
            raise ConditionError('an event type, or an object with "did" or "message"')
        if others := data.keys() - {"did", "message", "where"}:
            raise ConditionError(f"did or message, and where, without {sorted(others)[0]!r}")
        step = EventStep(_event_type(data["did"])) if "did" in data else _message_step(data["message"])
        where = data.get("where", [])
        conditions = where if isinstance(where, list) else [where]
        return _under(step, all_of(*(self._condition(inner, place) for place, inner in enumerate(conditions))))

    def _any(self, data: Mapping[str, Any]) -> Step:
        steps = data["any"]
        if data.keys() != {"any"} or not isinstance(steps, list):
            raise ConditionError("any with a list of steps, without others beside it")
        if any(isinstance(one, Mapping) and "any" in one for one in steps):
            raise ConditionError("any without another any in it")
        return _either([*map(self.data, steps)])

    def _condition(self, data: Any, place: int) -> Filter:
        try:
            return FilterReader(self.values).read(data)
        except FilterError as error:
            at = error.place.replace("filter", f"where[{place}]", 1)
            raise ConditionError(f"at {at}: {error.allowed}") from None


def _json_of(text: str) -> Any:
    try:
        return parsed_filter(text)
    except FilterError as error:
        raise ConditionError(error.allowed) from None


def _parts(text: str) -> list[str]:
    """What is done, and each of its conditions."""
    parts, place, is_last = [], 0, False
    while not is_last:
        found = _PART.match(text, place)
        assert found is not None  # it matches anything
        parts.append(found[1].strip())
        place, is_last = found.end(), not found[2]
    return parts


def _in_bars(text: str) -> list[str]:
    """What stands between bars. What is quoted is passed over whole."""
    return [match[1].strip() for match in _BAR_PART.finditer(f"{text}|")]


def _either(steps: Sequence[Step]) -> Step:
    try:
        return either_of(steps)
    except ValueError:
        raise ConditionError(f"up to {MAX_ALTERNATIVES} alternatives, all events or all acts of messages") from None


def _act(text: str) -> Step:
    if text == _SIGNUP:
        return SignupStep()
    if quoted := _QUOTED.fullmatch(text):
        return EventStep(_event_type(quoted[1].replace('""', '"')))
    if not text.startswith("message:"):
        return EventStep(_event_type(text))
    found = _MESSAGE.fullmatch(text)
    if found is None:
        raise ConditionError(STEPS_ALLOWED)
    status, campaign, variant = found.groups()
    return _of_message(status, campaign, variant)


def _event_type(name: Any) -> str:
    stripped = name.strip() if isinstance(name, str) else ""
    if not is_event_type(stripped):
        raise ConditionError(f"{STEPS_ALLOWED}; a type has 1 to {MAX_TYPE_LENGTH} characters")
    return stripped


def _message_step(data: Any) -> MessageStep:
    if not isinstance(data, Mapping) or data.keys() - {"status", "campaign", "variant"}:
        raise ConditionError("a message's status, campaign and variant")
    texts = [data.get(name) for name in ("status", "campaign", "variant")]
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ConditionError("a message's status, campaign and variant as texts")
    return _of_message(*texts)


def _of_message(status: str | None, campaign: str | None, variant: str | None) -> MessageStep:
    if status not in STEP_STATUSES:
        raise ConditionError(f"a message's status, one of {', '.join(STEP_STATUSES)}")
    campaign_id = None if campaign is None else number_of("cmp", campaign)
    if (campaign is not None and campaign_id is None) or (campaign is None and variant is not None):
        raise ConditionError("an identifier of a campaign such as cmp_12")
    if variant is not None and not re.fullmatch("[0-9]{1,18}", variant):
        raise ConditionError("the number of a variant")
    return MessageStep(status, campaign_id, None if variant is None else int(variant))


def _under(step: Step, condition: Filter) -> Step:
    """The step under conditions on what it is of."""
    where = canonical(condition)
    try:
        is_meant = not where.conditions or subject_of(where) is step.subject
    except MixtureError:
        is_meant = False
    if not is_meant or (isinstance(step, SignupStep) and where.conditions):
        raise ConditionError(f"conditions on {step.subject} after where")
    if sum(1 for _ in atoms(where)) > MOST_ATOMS:
        raise ConditionError(f"at most {MOST_ATOMS} conditions")
    return with_where(step, where)


def step_text(step: Step) -> str:
    """What `StepReader.text` reads."""
    if isinstance(step, EitherStep) and len({each.where for each in step.steps}) > 1:
        return _json_text(step)
    texts = [where_text(condition) for condition in step.where.conditions]
    parts = [_act_text(step), *(text for text in texts if text is not None)]
    text = _WHERE.join(parts)
    if None in texts or _parts(text) != parts:
        return _json_text(step)
    return text


def _json_text(step: Step) -> str:
    return json.dumps(_object(step), ensure_ascii=False, separators=(",", ":"))


def _act_text(step: Step) -> str:
    if isinstance(step, EitherStep):
        return "|".join(map(_act_text, step.steps))
    if isinstance(step, SignupStep):
        return _SIGNUP
    if isinstance(step, MessageStep):
        campaign = "" if step.campaign_id is None else f"@cmp_{step.campaign_id}"
        return f"message:{step.status}{campaign}{'' if step.variant_id is None else f'/{step.variant_id}'}"
    name = step.event_type
    return '"' + name.replace('"', '""') + '"' if _READ_OTHERWISE.match(name) else name


def step_data(step: Step) -> Any:
    """What `StepReader.data` reads: an event type alone is its name."""
    return step.event_type if isinstance(step, EventStep) and step.where == NO_CONDITION else _object(step)


def _object(step: Step) -> dict[str, Any]:
    if isinstance(step, EitherStep):
        return {"any": [*map(step_data, step.steps)]}
    if isinstance(step, SignupStep):
        return {**_SIGNUP_DATA}
    data: dict[str, Any] = {"did": step.event_type} if isinstance(step, EventStep) else {"message": _message(step)}
    if step.where.conditions:
        data["where"] = [filter_data(condition) for condition in step.where.conditions]
    return data


def _message(step: MessageStep) -> dict[str, str]:
    campaign = {} if step.campaign_id is None else {"campaign": f"cmp_{step.campaign_id}"}
    variant = {} if step.variant_id is None else {"variant": str(step.variant_id)}
    return {"status": step.status, **campaign, **variant}


def step_name(step: Step) -> str:
    """What reports call it: an event type alone by its name, others by their text."""
    return step.event_type if isinstance(step, EventStep) and step.where == NO_CONDITION else step_text(step)


def steps_data(steps: Sequence[Step]) -> list[Any]:
    return [step_data(step) for step in steps]
