"""What changed, over the API: a metric of two periods, and the pieces that its change is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import params
from analytics.api.net_money import exponents
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.credit.parameters import RULE, credit_rule
from analytics.api.reports.groups import named_group
from analytics.api.reports.parameters import (
    CAMPAIGN_PARAMETER,
    CHANNEL_PARAMETER,
    COMPARED_PARAMETERS,
    LIMIT,
    OTHER_GROUP,
    breakdown_parameter,
)
from analytics.api.reports.revenue.serializers import RevenueMetaSerializer
from analytics.api.reports.rows import AnswerPart, ReportRows
from analytics.api.reports.view import COMPARISON, OF_DAYS, Body, ReportShape, ReportView, report_schema, shown_by
from analytics.api.reports.what_changed.serializers import WhatChangedSerializer
from analytics.lists import list_for
from analytics.lists.changes import rows_of_change
from analytics.metrics import METRICS, OF_SHARED_OUT, Metric, Numbers
from analytics.presentation.credit.texts import WITHOUT_TOUCH
from analytics.presentation.lists.messages import DAYS_OF_WEEK
from analytics.questions.credit import PARAMETERS, CreditRule
from analytics.questions.fields import Subject
from analytics.questions.groups import SEGMENT
from analytics.questions.questions import Question
from analytics.questions.ranges import Comparison
from analytics.questions.reader import OF_API
from analytics.questions.what_changed import (
    DEFAULT_METRIC,
    EQUAL_AGE,
    METRICS_OF_CHANGES,
    WhatChangedQuestion,
    divides_metric,
    tells_change,
    weighs_touches,
)
from analytics.reports.answers import Answer
from analytics.reports.changes.factors import Factor
from analytics.reports.changes.pieces import DividedChange, Piece
from analytics.reports.changes.report import WhatChangedReport, what_changed
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from workspaces.models import Workspace

_METRIC = OpenApiParameter(
    "metric",
    {"type": "string", "enum": [*METRICS_OF_CHANGES], "default": DEFAULT_METRIC},
    description="Whose change is divided. Amounts are in minor units of the workspace's currency, credit is in "
    "conversions with six decimals.",
)
_BREAKDOWN = breakdown_parameter(
    "by this alone: the values of a field of people, such as contact.plan, or of what is counted, such as utm.source, "
    "property.plan or channel; instead of by each of those that are tried otherwise"
)


_PATH = OpenApiParameter(
    "path", str, description="Of credit: of the conversions on this path alone, by its `key` among the paths."
)


class WhatChangedView(ReportView):
    parameters = (
        *OF_DAYS,
        *COMPARISON,
        *CONDITIONS,
        "channel",
        "campaign",
        "metric",
        "breakdown",
        "limit",
        "path",
        *PARAMETERS,
    )
    conditioned = tuple(Subject)

    @report_schema(
        *("what-changed", WhatChangedSerializer),
        *(
            *COMPARED_PARAMETERS,
            *SCHEMA_OF_CONDITIONS,
            CHANNEL_PARAMETER,
            CAMPAIGN_PARAMETER,
            _METRIC,
            _BREAKDOWN,
            LIMIT,
            _PATH,
            *RULE,
        ),
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """Why a metric changed from the days that it is compared with, the previous ones unless others are asked for.

        The change is divided by everything that divides it: channel, campaign, source, mailbox provider, days, weekdays
        where both periods have at least 14 days, and whether people are in one of the newest segments. The parts of
        each dimension add up to the change. Of a ratio (a share, or the average order), a value's part is mix (it is
        more or less of the whole) and rate (its own ratio changed). Credit and credited revenue are divided by the
        touches that conversions are credited to, by a model that weighs each, as `model` and the parameters beside it
        say; conversions without a touch are a part of their own, which is `unattributed`. Conditions on sources,
        `campaign` and `channel` then choose touches. `buyer_rate` is of different people: by what is said of them
        alone, not by days. What is beyond chance comes first: of all that is called so, at most a tenth is by
        chance (Benjamini and Hochberg), and nothing is where nothing changed, in 95 of 100 cases.

        Both periods are as old: of messages, what they reached within three days of their creation counts, and days on
        which messages are younger are left out; `uncut` has all days and all that was reached.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        report = what_changed(self.source, question)
        shape = ReportShape(plain=partial(_plain, question), rows=_add_rows, is_compared=False)
        body = self.body(Answer(report), question, shape)
        currency = workspace.currency
        return self.respond(
            {**body, "meta": {**body["meta"], "currency": currency, "exponents": exponents({currency})}}
        )

    def question(self, request: Request, workspace: Workspace) -> WhatChangedQuestion:
        query, defaults = request.query_params, replace(OF_API, comparison=Comparison.PREVIOUS)
        asked = params.question(query, workspace, now=self.now, defaults=defaults, conditions=self.conditions)
        if asked.compared_days is None:
            allowed = ", ".join(kind for kind in Comparison if kind is not Comparison.OFF)
            raise ParameterError("compare", given=query.get("compare"), allowed=allowed)
        asked = replace(asked, split=self.split)
        metric = metric_of_change(query.get("metric"), asked)
        return asked.with_params(WhatChangedQuestion, metric=metric, **shared_out_by(query, metric, workspace))

    @property
    def asks_more(self) -> bool:
        return True

    def file_rows(self, body: Body) -> Sequence[Mapping[str, Any]]:
        """One for each part of each dimension."""
        return [
            {"dimension": of_dimension["dimension"], **part}
            for of_dimension in body["dimensions"]
            for part in of_dimension["parts"]
        ]


def metric_of_change(given: str | None, asked: Question) -> str:
    """Raises ParameterError for one that there is not, or that cannot be told of the part or be divided so."""
    possible, split = [key for key in METRICS_OF_CHANGES if tells_change(asked.part, key)], asked.split
    if split and not split.segments:
        possible = [key for key in possible if divides_metric(split.field, key)]
    if not possible:
        raise ParameterError("breakdown", given=split.text if split else None, allowed="what divides any metric")
    metric = given or (DEFAULT_METRIC if DEFAULT_METRIC in possible else possible[0])
    if metric not in possible:
        raise ParameterError("metric", given=given, allowed=f"one of {', '.join(possible)}")
    return metric


def shared_out_by(query: Mapping[str, str], metric: str, workspace: Workspace) -> dict[str, Any]:
    """The rule and the path by which a metric of credit is shared out, as far as they are said. Raises ParameterError
    for what is not understood, or says nothing of the metric."""
    said = [name for name in (*PARAMETERS, "path") if name in query]
    if said and metric not in OF_SHARED_OUT:
        allowed = f"nothing but with metric {' or '.join(OF_SHARED_OUT)}"
        raise ParameterError(said[0], given=query[said[0]][:200], allowed=allowed)
    path = query.get("path") or None
    if not {*said} & {*PARAMETERS}:
        return {"path": path}
    rule = credit_rule(query, CreditRule.with_lookback_days(workspace.lookback_days))
    if not weighs_touches(rule):
        raise ParameterError("model", given=query.get("model"), allowed="a model that weighs each touch: not markov")
    return {"path": path, "rule": rule}


def _plain(question: WhatChangedQuestion, report: WhatChangedReport) -> Body:
    both, uncut = report.periods, report.uncut
    return {
        "metric": report.metric.key,
        "unit": report.metric.unit.value,
        "age": EQUAL_AGE // timedelta(days=1) if question.is_of_statuses else None,
        "complete": both and report.whole and _period(report, both.now.window, report.whole.numbers),
        "compared": both and report.whole and _period(report, both.before.window, report.whole.before),
        "change": None if report.amount is None else report.amount / report.metric.scale,
        "p": report.p,
        "beyondChance": report.is_beyond_chance,
        "uncut": uncut
        and {
            "complete": _period(report, uncut.periods.now.window, uncut.numbers),
            "compared": _period(report, uncut.periods.before.window, uncut.before),
        },
        "dimensions": [_dimension(change, report) for change in report.changes],
        "factors": [_factor(factor) for factor in report.factors],
        "meta": shown_by(RevenueMetaSerializer)(report.meta),
    }


def _period(report: WhatChangedReport, window: Any, numbers: Numbers) -> Body:
    days = {"from": window.first_day.isoformat(), "to": window.last_day.isoformat()}
    return {**days, **_numbers(report, numbers)}


def _numbers(report: WhatChangedReport, numbers: Numbers) -> Body:
    value = numbers.known_value(report.metric.key)
    return {
        "value": value if value is None else _in_wholes(value, report.metric),
        "counts": {key: _in_wholes(numbers[key], METRICS[key]) for key in report.metric.parts},
    }


def _in_wholes(value: float, metric: Metric) -> float:
    """What is shared out in conversions, with six decimals."""
    return value if metric.scale == 1 else value / metric.scale


def _dimension(change: DividedChange, report: WhatChangedReport) -> Body:
    is_ratio = report.metric.is_ratio
    return {
        "dimension": change.name,
        "mix": change.mix if is_ratio else None,
        "rate": change.rate if is_ratio else None,
        "reversed": change.is_reversed,
        "parts": [_part(piece, report) for piece in change.pieces],
    }


def _part(piece: Piece, report: WhatChangedReport) -> Body:
    split = piece.mix_and_rate
    return {
        **_name(piece),
        "new": piece.is_new(report.metric),
        "gone": piece.is_gone(report.metric),
        "complete": _numbers(report, piece.both.numbers),
        "compared": _numbers(report, piece.both.before),
        "change": piece.amount / report.metric.scale,
        "mix": split and split.mix,
        "rate": split and split.rate,
        "p": min(piece.p_values),
        "beyondChance": piece.is_beyond_chance,
        "unattributed": piece.is_unattributed,
    }


def _name(piece: Piece) -> Body:
    if piece.windows is not None:
        days, _ = piece.windows
        value = f"{days.first_day}/{days.last_day}"
        return {"value": value, "name": value}
    if piece.weekday is not None:
        return {"value": str(piece.weekday), "name": DAYS_OF_WEEK[piece.weekday - 1]}
    if piece.group is None:
        return {"value": None, "name": WITHOUT_TOUCH}
    if piece.group.by == SEGMENT and piece.group.is_rest:
        return {"value": OTHER_GROUP, "name": f"Not in {piece.name}"}
    return named_group(piece.group, piece.name, piece.values)


def _factor(factor: Factor) -> Body:
    return {
        "numerator": factor.numerator,
        "denominator": factor.denominator,
        "complete": factor.value,
        "compared": factor.before,
        "change": factor.amount,
    }


def _add_rows(rows: ReportRows, body: AnswerPart, report: WhatChangedReport) -> None:
    _add_rows_of_uncut(rows, body, report)
    _add_rows_of_both(rows, body, report)
    for of_dimension, change in zip(body["dimensions"], report.changes, strict=True):
        for part, piece in zip(of_dimension["parts"], change.pieces, strict=True):
            _add_rows_of_both(rows, part, report, piece)


def _add_rows_of_uncut(rows: ReportRows, body: AnswerPart, report: WhatChangedReport) -> None:
    if report.uncut is None:
        return
    for name, asked in zip(("complete", "compared"), report.uncut.periods.both, strict=True):
        lists = {f"counts.{key}": list_for(key, asked.window, asked.part) for key in report.metric.parts}
        replace(rows, question=asked).add(body["uncut"][name], **lists)


def _add_rows_of_both(
    rows: ReportRows, body: AnswerPart, report: WhatChangedReport, piece: Piece | None = None
) -> None:
    if report.periods is None:
        return
    for side, name in enumerate(("complete", "compared")):
        beside = replace(rows, question=report.periods.both[side])
        lists = {f"counts.{key}": rows_of_change(key, report.periods, side, piece) for key in report.metric.parts}
        beside.add(body[name], **lists)
