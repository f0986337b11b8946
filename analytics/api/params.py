"""Query strings to report params. What is wrong raises ParameterError: the parameter, what was given, what is allowed.

Parameters not named here are ignored; of a repeated one the last counts.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from django.http import QueryDict

from analytics.ledger import Ledger
from analytics.lists.filter_names import known_filter
from analytics.lists.names import campaign_exists
from analytics.lists.steps import StepNames, saved_funnel
from analytics.periods import OF_WHOLE_DAYS, Interval, local_day
from analytics.questions.condition_values import ConditionValues
from analytics.questions.errors import QuestionError
from analytics.questions.fields import Subject
from analytics.questions.filter_reader import FilterParameters, read_filter
from analytics.questions.filters import NO_CONDITION, AllOf
from analytics.questions.funnel_rules import PLAIN, RULE_PARAMETERS, FunnelRules
from analytics.questions.groups import DEFAULT_GROUPS, MOST_GROUPS, Breakdown, read_breakdown
from analytics.questions.questions import (
    ACTIVITIES,
    EVENT_METRIC_PREFIX,
    Question,
)
from analytics.questions.reader import OF_API, Defaults, read_question
from analytics.questions.steps import MAX_STEPS, MAX_TYPE_LENGTH, Step, is_event_type, read_steps
from analytics.reports.splits import possible_metrics
from campaignos.commas import comma_values
from campaignos.errors import ParameterError
from workspaces.models import Workspace


def conditions(
    given: FilterParameters, workspace: Workspace, *, subjects: Collection[Subject], sees_addresses: bool
) -> AllOf:
    """On these subjects. Raises ParameterError for the first that is not understood, or names what there is not."""
    try:
        values = ConditionValues(workspace.zone, sees_addresses)
        condition, _ = read_filter(given, values, strict=True, subjects=subjects)
        known_filter(workspace, condition, strict=True)
    except QuestionError as error:
        raise ParameterError(error.parameter, given=error.given, allowed=error.allowed) from None
    return condition


def question(
    query: Mapping[str, str],
    workspace: Workspace,
    *,
    now: datetime,
    defaults: Defaults = OF_API,
    conditions: AllOf = NO_CONDITION,
) -> Question:
    """Under the conditions. Raises ParameterError for the first parameter that is not understood."""

    def earliest() -> date:
        return Ledger(workspace).first_day() or local_day(now, workspace.zone)

    try:
        found, _ = read_question(
            query,
            now=now,
            zone=workspace.zone,
            earliest=earliest,
            defaults=defaults,
            conditions=conditions,
            strict=True,
        )
    except QuestionError as error:
        raise ParameterError(error.parameter, given=error.given, allowed=error.allowed) from error
    if found.part.campaign_id is not None and not campaign_exists(workspace, query["campaign"]):
        raise ParameterError("campaign", given=query["campaign"], allowed="a campaign of this workspace")
    return found


def steps(query: QueryDict, names: StepNames, parameter: str = "step") -> tuple[Step, ...]:
    """The steps that an address says by `steps`, by `funnel`, or one by one by the parameter.

    Raises ParameterError for what is no step, or names something that does not exist, other than an event type.
    """
    ways = [way for way in ("steps", parameter, "funnel") if query.getlist(way)]
    if len(ways) > 1:
        raise ParameterError(
            ways[1], given=query.getlist(ways[1])[-1], allowed=f"nothing beside {ways[0]}, which says the steps"
        )
    try:
        if ways == [parameter]:
            return names.read(query.getlist(parameter), parameter)
        if ways == ["funnel"]:
            return _steps_of_saved(names, query.getlist("funnel")[-1])
    except QuestionError as error:
        raise ParameterError(error.parameter, given=error.given, allowed=error.allowed) from None
    return event_types(query.get("steps"))


def funnel_rules(query: QueryDict, names: StepNames, steps: Sequence[Step]) -> FunnelRules:
    """Those that an address says or, where it names a saved funnel, that funnel's. Raises ParameterError."""
    saved = saved_funnel(names.workspace, query.get("funnel") or "")
    otherwise = saved.rules_in(names.workspace.zone) if saved else PLAIN
    rules, problems = names.rules({name: query.getlist(name) for name in RULE_PARAMETERS}, steps, otherwise)
    for problem in problems:
        raise ParameterError(problem.parameter, given=problem.given, allowed=problem.allowed)
    return rules


def trend_interval(query: Mapping[str, str]) -> Interval | None:
    """By what entries are taken together, if asked for. Raises ParameterError."""
    given = query.get("by")
    if given is None or given in OF_WHOLE_DAYS:
        return None if given is None else Interval(given)
    raise ParameterError("by", given=given, allowed=", ".join(OF_WHOLE_DAYS))


def _steps_of_saved(names: StepNames, api_id: str) -> tuple[Step, ...]:
    """Raises QuestionError."""
    saved = saved_funnel(names.workspace, api_id)
    if saved is None:
        raise QuestionError("funnel", api_id, "a saved funnel of this workspace, such as fun_3")
    found = saved.steps_in(names.workspace.zone)
    for error in names.problems(found, "funnel"):
        raise error
    return found


def event_types(given: str | None) -> tuple[Step, ...]:
    """Raises ParameterError."""
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


def trend_metrics(query: Mapping[str, str], question: Question) -> tuple[str, ...]:
    """The metrics that are asked for beside the standard ones. Each must exist for the part, and for what the report is
    split by."""
    given = query.get("metric")
    if given is None:
        return ()
    possible = possible_metrics(question)
    names = tuple(dict.fromkeys(comma_values(given)))
    if not names or not set(names) <= set(possible):
        raise ParameterError("metric", given=given, allowed=f"some of {', '.join(possible)}, separated by commas")
    return names


def split(query: Mapping[str, str], workspace: Workspace, subjects: Collection[Subject]) -> Breakdown | None:
    """What a report is broken down by that is on the subjects. Raises ParameterError for what is no such thing, or
    names what there is not."""
    given, limit = query.get("breakdown"), query.get("limit")
    if given is None:
        return None
    try:
        found = read_breakdown(given, subjects, _limit(limit))
        known_filter(workspace, found.names, strict=True)
    except QuestionError as error:
        raise ParameterError("breakdown", given=given[:200], allowed=error.allowed) from None
    if limit is not None and not found.has_limit:
        raise ParameterError("limit", given=limit, allowed="nothing beside segments: there are as many as are named")
    return found


def _limit(given: str | None) -> int:
    """The number of groups of a breakdown."""
    if given is None:
        return DEFAULT_GROUPS
    if not (given.isascii() and given.isdigit() and len(given) <= 4 and 1 <= int(given) <= MOST_GROUPS):
        raise ParameterError("limit", given=given, allowed=f"a whole number from 1 to {MOST_GROUPS:,}")
    return int(given)
