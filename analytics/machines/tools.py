"""The tools: what each is for, what it is called with, and what it answers. Pure of any protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics.addresses import CONCEALED, hidden_value
from analytics.api.filters.catalogue import CampaignFilter
from analytics.api.metrics import MetricRecord
from analytics.api.reports.conditions import CONDITIONS
from analytics.api.reports.view import COMPARISON, OF_DAYS, Body
from analytics.api.resources.segments import described_segments
from analytics.machines.definitions import definitions, last_name, metric_key, number_at, place_of
from analytics.machines.report_questions import QUESTIONS, Arguments, Asker, QuestionRefused, ReportQuestion
from analytics.metrics import METRICS
from analytics.models import Campaign, CampaignStatus, Channel, SavedSegment
from campaignos.errors import ParameterError
from campaignos.texts import CodePoints

ROWS_TOLD = 200
"""Of each list in an answer: more than anybody reads, and than those who read for others take in."""
MOST_LISTED = 200


@dataclass(frozen=True)
class Tool:
    """`schema` is that of what it is called with, in JSON Schema."""

    name: str
    title: str
    description: str
    schema: Mapping[str, Any]
    run: Callable[[Asker, Arguments], Body]


def call_tool(tool: Tool, asker: Asker, arguments: Arguments) -> Body:
    """What the tool answers, without an email address or telephone number. Raises QuestionRefused."""
    known = tool.schema["properties"]
    for name in arguments:
        if name not in known:
            raise QuestionRefused(f"{name[:100]} is not understood here; understood are: {', '.join(known) or 'none'}.")
    for name in tool.schema.get("required", ()):
        if name not in arguments:
            raise QuestionRefused(f"{name} is required: {known[name]['description']}")
    answer: Body = hidden_value(tool.run(asker, arguments))
    return answer


def _ask(asker: Asker, arguments: Arguments) -> Body:
    question = _question(arguments)
    body = question.answer(asker, _parameters(arguments))
    return _with_definitions(asker, body, definitions(body, question.description.body))


def _with_definitions(asker: Asker, body: Body, words: Mapping[str, str]) -> Body:
    """An answer, of which instant it is, whether its days are over, and what its numbers mean."""
    shortened, left_out = _first_rows(body)
    more = {"rowsLeftOut": left_out} if left_out else {}
    return {
        "answer": shortened,
        "asOf": _as_of(asker, body),
        "complete": _is_complete(body),
        **more,
        "definitions": words,
    }


def _as_of(asker: Asker, body: Body) -> str:
    """The instant of the answer."""
    return str(body.get("meta", {}).get("generatedAt") or asker.now.isoformat())


def _is_complete(body: Body) -> bool | None:
    """Whether the days are over; None for what has no days."""
    meta = body.get("meta", {})
    ends, made = meta.get("to"), meta.get("generatedAt")
    return None if ends is None or made is None else datetime.fromisoformat(ends) <= datetime.fromisoformat(made)


def _first_rows(body: Body) -> tuple[Body, dict[str, int]]:
    """With the first rows of each list, and how many are left out of which."""
    left_out: dict[str, int] = {}
    shown = {}
    for name, value in body.items():
        if isinstance(value, list) and len(value) > ROWS_TOLD:
            left_out[name] = len(value) - ROWS_TOLD
            value = value[:ROWS_TOLD]
        shown[name] = value
    return shown, left_out


def _explain_number(asker: Asker, arguments: Arguments) -> Body:
    question, path = _question(arguments), str(arguments["number"])
    body = question.answer(asker, {**_parameters(arguments), "rows": True})
    value, inside = number_at(body, path)
    place, name = place_of(path), last_name(path)
    key = metric_key(place, question.description.body)
    words = definitions(body, question.description.body)
    path_of_rows = (inside.get("rows") or {}).get(name)
    return {
        "number": path,
        "value": value,
        "definition": words.get(place),
        "metric": MetricRecord(METRICS[key]).data if key else None,
        "rows": path_of_rows and f"{asker.root}{path_of_rows}",
        "asOf": _as_of(asker, body),
        "complete": _is_complete(body),
        "meta": body.get("meta"),
    }


def _what_changed(asker: Asker, arguments: Arguments) -> Body:
    return _ask(asker, {"report": "what-changed", "parameters": arguments})


def _list_metrics(asker: Asker, arguments: Arguments) -> Body:
    return {
        "metrics": [
            {"key": metric.key, "name": metric.label, "unit": metric.unit.value, "definition": metric.definition}
            for metric in METRICS.values()
        ]
    }


def _describe_metric(asker: Asker, arguments: Arguments) -> Body:
    key = str(arguments["metric"])
    if key not in METRICS:
        raise QuestionRefused(f"There is no metric {key[:100]!r}; list_metrics has all of them.")
    metric = METRICS[key]
    return {
        **MetricRecord(metric).data,
        "lessIsBetter": metric.less_is_better,
        "splitBy": sorted(dimension.value for dimension in metric.dimensions),
        "ofPeopleAlone": metric.of_people or None,
    }


def _list_campaigns(asker: Asker, arguments: Arguments) -> Body:
    rows = Campaign.objects.filter(workspace=asker.workspace)
    given = {name: str(arguments[name]) for name in ("q", "status", "channel") if name in arguments}
    try:
        found = CampaignFilter(given, rows, workspace=asker.workspace, sees_addresses=False).checked_rows()
    except ParameterError as error:
        raise QuestionRefused(str(error.detail)) from None
    if "q" in given:
        found = found.exclude(name__regex=CONCEALED).exclude(external_id__regex=CONCEALED)
    newest = found.order_by("-pk")[: _limit(arguments)]
    return {"total": found.count(), "campaigns": [_campaign(campaign) for campaign in newest]}


def _campaign(campaign: Campaign) -> Body:
    return {
        "id": campaign.api_id,
        "name": campaign.name,
        "externalId": campaign.external_id,
        "channel": campaign.channel,
        "status": campaign.status,
        "startedAt": campaign.started_at and campaign.started_at.isoformat(),
    }


def _list_segments(asker: Asker, arguments: Arguments) -> Body:
    rows = SavedSegment.objects.filter(workspace=asker.workspace).order_by(CodePoints("name"))
    shown = described_segments(asker.workspace, rows[: _limit(arguments)], with_sizes=True)
    return {
        "total": rows.count(),
        "segments": [
            {"id": each.api_id, "name": each.name, "conditions": each.sentence, "people": each.size} for each in shown
        ],
    }


def _limit(arguments: Arguments) -> int:
    given = arguments.get("limit", MOST_LISTED)
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_LISTED:
        raise QuestionRefused(f"limit cannot be {str(given)[:100]!r}; allowed: a whole number from 1 to {MOST_LISTED}.")
    return given


def _question(arguments: Arguments) -> ReportQuestion:
    name = str(arguments["report"])
    if name not in QUESTIONS:
        raise QuestionRefused(f"There is no report {name[:100]!r}; there are {', '.join(QUESTIONS)}.")
    return QUESTIONS[name]


def _parameters(arguments: Arguments) -> Arguments:
    given = arguments.get("parameters", {})
    if not isinstance(given, Mapping):
        raise QuestionRefused('parameters are an object such as {"range": "30d"}.')
    return given


def _object(required: Sequence[str] = (), **properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _all_parameters() -> dict[str, Any]:
    """Of all reports by name; of one that means other things in several, what it means in each."""
    schemas: dict[str, dict[str, list[str]]] = {}
    first: dict[str, Any] = {}
    for question in QUESTIONS.values():
        for name, schema in question.parameters.items():
            first.setdefault(name, schema)
            schemas.setdefault(name, {}).setdefault(str(schema["description"]), []).append(question.name)
    return {name: first[name] if len(words) == 1 else _of_several(words) for name, words in schemas.items()}


def _of_several(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {"description": " ".join(f"In {', '.join(reports)}: {text}" for text, reports in words.items())}


_OF_NEARLY_ALL = (*OF_DAYS, *COMPARISON, *CONDITIONS)


def _report_line(question: ReportQuestion) -> str:
    about = " ".join(question.about.partition("\n\n")[0].split())
    own = [name for name in question.parameters if name not in _OF_NEARLY_ALL]
    takes = f" Takes {', '.join(own)}." if own else ""
    return f"- {question.name}: {about}{takes}"


_ASKED = {
    "report": _text("Which report, by its name.", enum=[*QUESTIONS]),
    "parameters": {
        "type": "object",
        "description": "How it is asked, by the names that the report takes. Days are of the workspace's time zone.",
        "properties": _all_parameters(),
    },
}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "description": "At most so many, the newest."}

TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "list_metrics",
            "Metrics",
            "All metrics of the reports: key, name, unit and definition of each. Shares are from 0 to 1, money is in "
            "minor units of the workspace's currency.",
            _object(),
            _list_metrics,
        ),
        Tool(
            "describe_metric",
            "What a metric means",
            "One metric: its definition, what is divided by what, whether less is better, what it can be split by.",
            _object(["metric"], metric=_text("The key, such as open_rate.")),
            _describe_metric,
        ),
        Tool(
            "ask",
            "Ask a report",
            "Any question that the reports answer: numbers of days, campaigns, sources, funnels, cohorts, tests, "
            f"deliverability and money. Lists have their first {ROWS_TOLD} rows; `definitions` says by place what "
            "each number means. What is not understood is refused with what is allowed. Nearly all take days (range, "
            "from, to), conditions (where, segment, filter) and what to compare with (compare, match). The reports and "
            "what they take besides:\n" + "\n".join(map(_report_line, QUESTIONS.values())),
            _object(["report"], **_ASKED),
            _ask,
        ),
        Tool(
            "explain_number",
            "Explain a number",
            "One number of a report: its value, what it means, of which days it is, under which conditions, whether "
            "these are over, and the address of the list of exactly the rows that it counts.",
            _object(
                ["report", "number"],
                **_ASKED,
                number=_text(
                    "Where it stands in the report's answer, such as messages.sent or campaigns[0].messages.sent."
                ),
            ),
            _explain_number,
        ),
        Tool(
            "what_changed",
            "What changed, and why",
            "By how much a metric differs from the days before, divided into parts that add up to the change. "
            + QUESTIONS["what-changed"].about,
            _object(**QUESTIONS["what-changed"].parameters),
            _what_changed,
        ),
        Tool(
            "list_campaigns",
            "Campaigns",
            "The campaigns, newest first: id, name, channel and status. Reports on one take its id.",
            _object(
                q=_text("A part of the name."),
                status=_text(f"One or several of {', '.join(CampaignStatus.values)}, separated by commas."),
                channel=_text(f"One or several of {', '.join(Channel.values)}, separated by commas."),
                limit=_LIMIT,
            ),
            _list_campaigns,
        ),
        Tool(
            "list_segments",
            "Segments",
            "The saved segments of people: id, name, conditions in words, and how many people are in each now. Reports "
            "take them as `segment`.",
            _object(limit={**_LIMIT, "description": "At most so many, by name."}),
            _list_segments,
        ),
    )
}
"""By name. None answers with contacts: who people are is nowhere in them."""
