"""What the schema says of the parameters of reports."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from analytics.channels import Channel
from analytics.periods import MAX_DAYS, MAX_DAYS_BY_HOUR, OF_WHOLE_DAYS, Interval
from analytics.questions.funnel_rules import (
    EXCLUSION_ALLOWED,
    MAX_EXCLUSIONS,
    RULE_PARAMETERS,
    WINDOW_ALLOWED,
    StepOrder,
)
from analytics.questions.groups import DEFAULT_GROUPS, MOST_GROUPS
from analytics.questions.questions import ACTIVITIES, EVENT_METRIC_PREFIX, TREND_METRICS, Opens
from analytics.questions.ranges import RANGES, Comparison, Match
from analytics.questions.reader import MAX_DAYS_OF_PAGE
from analytics.questions.step_texts import STEPS_ALLOWED
from analytics.questions.steps import MAX_STEPS

DAYS_PARAMETER = OpenApiParameter(
    "days",
    {"type": "integer", "minimum": 1, "maximum": MAX_DAYS},
    description="How many whole days of the workspace's time zone, today the last of them; 30 if "
    "neither this nor `period` is given.",
)
PERIOD = OpenApiParameter(
    "period",
    {"type": "string", "pattern": "^[0-9]{1,3}d$"},
    description=f"The same as `days`, written 7d, 30d, 90d; from 1d to {MAX_DAYS}d. One of the two is enough.",
)
DAY_OF = {"type": "string", "format": "date"}
ALL_DAYS = (
    DAYS_PARAMETER,
    PERIOD,
    OpenApiParameter(
        "range", str, description=f"A named range of days instead: {', '.join(RANGES)}, or 1d to {MAX_DAYS}d."
    ),
    OpenApiParameter("from", DAY_OF, description="Days instead: the first, of the workspace's time zone."),
    OpenApiParameter("to", DAY_OF, description=f"The last day; at most {MAX_DAYS_OF_PAGE:,} days."),
)
ROWS_PARAMETER = OpenApiParameter(
    "rows",
    bool,
    description="With `true`, beside each count the address of the list that has exactly these rows, in `rows`.",
)
FORMAT = OpenApiParameter(
    "format",
    {"type": "string", "enum": ["json"]},
    description="JSON; the rows as a file are at the address with `.csv`, and here with `format=csv` or, as a "
    "workbook, with `format=xlsx`.",
)
COMPARED_PARAMETERS = (
    OpenApiParameter(
        "compare",
        {"type": "string", "enum": [kind.value for kind in Comparison]},
        description="Beside the report, that of its days that are over and have a partner, and that of their partners.",
    ),
    OpenApiParameter("compareFrom", DAY_OF, description="With compare=custom: the first of the other days."),
    OpenApiParameter("compareTo", DAY_OF, description="The last of them."),
    OpenApiParameter(
        "match",
        {"type": "string", "enum": [kind.value for kind in Match]},
        description="Whether days are compared with the same weekday or the same date; by default what fits the range.",
    ),
)
OPENS_PARAMETER = OpenApiParameter(
    "opens", {"type": "string", "enum": [kind.value for kind in Opens]}, description="Whose opens and clicks count."
)
INTERVAL_PARAMETER = OpenApiParameter(
    "interval",
    {"type": "string", "enum": [kind.value for kind in Interval]},
    description=f"What a row is of; hours of at most {MAX_DAYS_BY_HOUR} days.",
)
COHORT_INTERVAL = OpenApiParameter(
    "interval", {"type": "string", "enum": [kind.value for kind in OF_WHOLE_DAYS]}, description="What a row is of."
)
STEP_PARAMETERS = ("steps", "step", "funnel")
STEPS = (
    OpenApiParameter(
        "steps",
        str,
        description=f"1 to {MAX_STEPS} event types, separated by commas, such as page_view,signup,purchase; "
        "one with a comma in it is quoted, as in CSV. Needed unless `step` or `funnel` says the steps.",
    ),
    OpenApiParameter(
        "step",
        str,
        many=True,
        description=f"The steps one by one instead: {STEPS_ALLOWED}. Of events and messages, conditions are those that "
        "`where` takes.",
    ),
    OpenApiParameter("funnel", str, description="The steps of a saved funnel instead, such as fun_3."),
)
RULES_OF_FUNNEL = (
    OpenApiParameter(
        "window",
        str,
        description=f"How long after the first step the others may come, also after the days: {WINDOW_ALLOWED}. Then "
        "the answer tells apart the people whose window is over. Without it: as long as the days last.",
    ),
    OpenApiParameter(
        "order",
        {"type": "string", "enum": [*StepOrder], "default": StepOrder.ORDERED.value},
        description="Whether other events may lie between the steps (`ordered`), none may (`strict`), or steps may "
        "come in any order.",
    ),
    OpenApiParameter(
        "exclude",
        str,
        many=True,
        description=f"What may not lie between steps, and voids the attempt: {EXCLUSION_ALLOWED}. At most "
        f"{MAX_EXCLUSIONS}.",
    ),
    OpenApiParameter(
        "by",
        {"type": "string", "enum": [*OF_WHOLE_DAYS]},
        description="With it, `trend` has the people by the day, week or month of their entry.",
    ),
)
FUNNEL_RULES = (*RULE_PARAMETERS, "by")
METRIC = OpenApiParameter(
    "metric",
    {"type": "string", "default": ACTIVITIES[0]},
    description=f"What makes a contact active: {', '.join(ACTIVITIES)} or {EVENT_METRIC_PREFIX} with an event type.",
)


CHANNEL_PARAMETER = OpenApiParameter(
    "channel",
    {"type": "string", "enum": [name.lower() for name in Channel.values]},
    description="Messages on it alone.",
)
CAMPAIGN_PARAMETER = OpenApiParameter(
    "campaign", str, description="Messages and enrollments of it alone, such as cmp_12."
)
TREND_METRIC = OpenApiParameter(
    "metric",
    str,
    description=f"Further numbers of each row and of all, some of {', '.join(TREND_METRICS)}, separated by commas. "
    "Amounts are in minor units of the workspace's currency: see `meta.money`.",
)
OTHER_GROUP = "other"
COMMA_LISTS = ("steps", "metric", "touchpoints")
"""What an address has as one text with commas, and a body may have as a list."""
EXAMPLE_OF_QUERY = OpenApiExample(
    "A filter as an object",
    value={"range": "30d", "filter": {"any": ["contact.known:true", {"did": "purchase", "within": "30d"}]}},
    request_only=True,
)


def query_body(parameters: Iterable[OpenApiParameter]) -> dict[str, Any]:
    """The schema of a body with the names of the parameters."""
    properties = {parameter.name: _property(parameter) for parameter in parameters}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _property(parameter: OpenApiParameter) -> dict[str, Any]:
    if parameter.name == "filter":
        return {"type": ["object", "string"], "description": "Conditions as JSON, or as a text of it."}
    types: dict[Any, str] = {str: "string", bool: "boolean", int: "integer"}
    schema = parameter.type if isinstance(parameter.type, dict) else {"type": types[parameter.type]}
    if parameter.many or parameter.name in COMMA_LISTS:
        schema = {"oneOf": [schema, {"type": "array", "items": schema}]}
    return {**schema, "description": parameter.description}


def breakdown_parameter(what: str) -> OpenApiParameter:
    return OpenApiParameter(
        "breakdown",
        str,
        description=f"What there are `groups` of: {what}; or segments side by side, as segment:seg_1,seg_2: these may "
        "overlap, so that they add up to nothing.",
    )


OF_PEOPLE_AND_FACTS = breakdown_parameter(
    "the values of a field of people, such as contact.plan, or of what is counted, such as utm.source, property.plan "
    "or channel. What a field cannot divide is null, and named in `meta.notApplicable`"
)
OF_PEOPLE_AND_EVENTS = breakdown_parameter(
    "the values of a field of people, such as contact.plan, or of the events that tell of orders and refunds, such as "
    "utm.source or property.country"
)
OF_PEOPLE_AND_MESSAGES = breakdown_parameter(
    "the values of a field of people, such as contact.plan, or of messages: channel, variant or domain. What a field "
    "cannot divide is null, and named in `meta.notApplicable`"
)
PEOPLE_BREAKDOWN = breakdown_parameter(
    "people by a field of theirs, such as contact.plan, or of the event or message they entered by, such as utm.source"
)
COHORT_BREAKDOWN = breakdown_parameter(
    "contacts by a field of theirs, such as contact.plan, or of the first that they did of what makes them active, as "
    "utm.source or channel; the rows behind these have no address"
)
ACTIVITY_BREAKDOWN = breakdown_parameter(
    "people by a field of theirs, such as contact.plan, or of the first that they ever did of what makes them active"
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST_GROUPS},
    description=f"With `breakdown` alone: how many groups there are, the largest; {DEFAULT_GROUPS} unless it is said. "
    "The rest is one, `other`.",
)
BREAKDOWN = OpenApiParameter(
    "breakdown",
    {"type": "string", "enum": ["utm.source", "utm.medium", "utm.campaign", "touch"]},
    description="How deep the tree of sources goes that is told beside; or what rows of `credit` are of.",
)
