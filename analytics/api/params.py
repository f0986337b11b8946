"""Query strings to report params. What is wrong raises ParameterError: the parameter, what was given, what is allowed.

Parameters not named here are ignored; of a repeated one the last counts.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from analytics.periods import MAX_DAYS, Window
from analytics.questions.questions import ACTIVITIES, EVENT_METRIC_PREFIX, Question
from analytics.questions.steps import MAX_STEPS, MAX_TYPE_LENGTH, Step, is_event_type, read_steps
from campaignos.errors import ParameterError

DEFAULT_DAYS = 30

_NUMBER = re.compile(r"[0-9]{1,9}")


def read_question(query: Mapping[str, str], *, zone: ZoneInfo, now: datetime) -> Question:
    return Question(window=Window.last_days(_days(query), zone=zone, now=now), now=now)


def _days(query: Mapping[str, str]) -> int:
    """`days=30` and `period=30d` say the same, and each report takes both."""
    days, period = query.get("days"), query.get("period")
    number = None if days is None else _day_number(days)
    if days is not None and number is None:
        raise ParameterError("days", given=days, allowed=f"a whole number from 1 to {MAX_DAYS}")
    if period is None:
        return number or DEFAULT_DAYS
    same = _day_number(period[:-1]) if period.endswith("d") else None
    if same is None:
        raise ParameterError("period", given=period, allowed=f"a number of days from 1d to {MAX_DAYS}d, such as 30d")
    if number not in (None, same):
        raise ParameterError("period", given=period, allowed=f"{number}d, as days says, or one of the two alone")
    return same


def _day_number(given: str) -> int | None:
    if not _NUMBER.fullmatch(given) or not 1 <= int(given) <= MAX_DAYS:
        return None
    return int(given)


def steps(query: Mapping[str, str]) -> tuple[Step, ...]:
    given = query.get("steps")
    try:
        return read_steps(given or "")
    except ValueError as error:
        allowed = (
            f"1 to {MAX_STEPS} event types of at most {MAX_TYPE_LENGTH} characters, separated by commas; one with a "
            "comma in it is quoted, as in CSV"
        )
        raise ParameterError("steps", given=given, allowed=allowed) from error


def activity(query: Mapping[str, str]) -> str:
    given = query.get("metric", ACTIVITIES[0]).strip()
    if given in ACTIVITIES:
        return given
    event_type = given.removeprefix(EVENT_METRIC_PREFIX).strip()
    if not given.startswith(EVENT_METRIC_PREFIX) or not is_event_type(event_type):
        raise ParameterError(
            "metric", given=given, allowed=f"{', '.join(ACTIVITIES)} or {EVENT_METRIC_PREFIX}<event type>"
        )
    return EVENT_METRIC_PREFIX + event_type
