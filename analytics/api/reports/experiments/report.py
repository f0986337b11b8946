"""A/B tests over the API: all of them, and one over its own life."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.experiments.serializers import ExperimentSerializer, ExperimentsSerializer
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import MetaSerializer
from analytics.api.reports.view import OF_DAYS, Body, ReportShape, ReportView, report_schema
from analytics.lists import OrderList, PeopleList
from analytics.lists.experiment_members import CUT_ALLOWED, GOALS_ALLOWED, MembersOfTest
from analytics.lists.orders_of_test import OrdersOfTest
from analytics.models import ABTest
from analytics.models.ab_tests import LONGEST_TEST_WINDOW
from analytics.periods import Window, instant_of
from analytics.questions.experiments import DEFAULT_SHARE_KEPT, ExperimentQuestion, read_cap
from analytics.questions.fields import Subject
from analytics.questions.parts import parts_of
from analytics.questions.slices import Slice
from analytics.reports.answers import Answer
from analytics.reports.experiments.catalogue import CampaignExperiment, ExperimentsReport, experiments
from analytics.reports.experiments.comparisons import AgainstControl, DifferenceAtLook
from analytics.reports.experiments.goals import Measure, goal_of, read_goal
from analytics.reports.experiments.report import (
    ExperimentOutcome,
    ExperimentReport,
    MemberState,
    VariantResult,
    experiment,
)
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from campaignos.ids import number_of
from campaignos.parameters import register
from workspaces.models import Workspace

EXPERIMENT_PARAMETERS = ("metric", "window", "cap")
register(EXPERIMENT_PARAMETERS)

_METRIC = OpenApiParameter("metric", str, description=f"What the variants are compared by: {GOALS_ALLOWED}.")
_WINDOW = OpenApiParameter(
    "window", str, description=f"How long after their assignment what people do counts: 1d to {LONGEST_TEST_WINDOW}d."
)
_CAP = OpenApiParameter(
    "cap",
    {"type": "string", "default": str(DEFAULT_SHARE_KEPT)},
    description="Money of a person above this quantile of all people counts as that: 0.9 to 1, which cuts nothing.",
)


class ExperimentView(ReportView):
    parameters = (*EXPERIMENT_PARAMETERS, *CONDITIONS, "rows")
    conditioned = (Subject.PEOPLE,)
    rows = "variants"

    @report_schema(
        "ab-test-report", ExperimentSerializer, _METRIC, _WINDOW, _CAP, *SCHEMA_OF_CONDITIONS, has_days=False
    )
    def get(self, request: Request, workspace_id: str, test_id: str) -> Response | Download:
        """How the variants of a test do against the control, and whether that may be chance: over the test's own life.

        People count with the first variant that they were given, once its window is over for them. With a planned size
        a test is looked at five times (group sequential); without one each look has an interval that holds at any look;
        where all people came at once there is one look, once all of their windows are over.
        """
        workspace = self.workspace(request, workspace_id)
        question = experiment_question(request.query_params, workspace, test_id, self.now)
        part = Slice(where=parts_of(self.conditions)).ending_with(question.today)
        question = replace(question, part=part)
        try:
            report = experiment(self.source, question)
        except ABTest.DoesNotExist as error:
            raise Http404 from error
        shape: ReportShape[ExperimentReport] = ReportShape(plain=experiment_body, rows=partial(_add_rows, question))
        return self.respond(self.body(Answer(report), question, shape))


class ExperimentsView(ReportView):
    parameters = (*OF_DAYS, *CONDITIONS)
    conditioned = (Subject.PEOPLE,)
    rows = "abTests"

    @report_schema("ab-test-reports", ExperimentsSerializer, *SCHEMA_OF_CONDITIONS)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """The newest tests that people were in on the days, each over its own life and by its own goal: how it stands,
        and what came of it."""
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace).with_params(ExperimentQuestion, test_id=0)
        shape: ReportShape[ExperimentsReport] = ReportShape(plain=_list_body, rows=_add_rows_of_list)
        return self.respond(self.body(Answer(experiments(self.source, question)), question, shape))


def campaign_tests_body(tests: Sequence[CampaignExperiment]) -> list[Body]:
    return [
        {
            "id": of_test.test.api_id,
            "name": of_test.test.name,
            "isHoldout": of_test.test.is_holdout,
            "outcomes": [
                {
                    "metric": each.goal.text,
                    "status": each.status.value,
                    "method": each.method.value,
                    "window": f"{each.window_days}d",
                    **_outcome(each.outcome),
                }
                for each in of_test.reports
            ],
        }
        for of_test in tests
    ]


def add_rows_of_campaign_tests(beside: ReportRows, body: Body, tests: Sequence[CampaignExperiment]) -> None:
    for of_test, test in zip(body["abTests"], tests, strict=True):
        for row, report in zip(of_test["outcomes"], test.reports, strict=True):
            _add_rows_of_outcome(beside, row, report, report.outcome, None)


def experiment_question(
    query: Mapping[str, str], workspace: Workspace, test_id: str, now: datetime
) -> ExperimentQuestion:
    """Raises ParameterError for the first parameter that is not understood, Http404 for what is no test's id."""
    number = number_of("ab", test_id)
    if number is None:
        raise Http404
    return ExperimentQuestion(
        window=Window.last_days(1, zone=workspace.zone, now=now),
        now=now,
        test_id=number,
        **experiment_terms(query),
    )


def experiment_terms(query: Mapping[str, str]) -> dict[str, Any]:
    """What ExperimentQuestion has of its own. Raises ParameterError."""
    goal, window, cap = (query.get(name) for name in EXPERIMENT_PARAMETERS)
    if goal is not None and read_goal(goal) is None:
        raise ParameterError("metric", given=goal, allowed=GOALS_ALLOWED)
    return {"goal": goal, "window_days": _days(window), "cap": _cap(cap)}


def _days(given: str | None) -> int | None:
    if given is None:
        return None
    days = given.removesuffix("d")
    if not (given.endswith("d") and days.isascii() and days.isdigit() and len(days) < 4):
        days = "0"
    if not 1 <= int(days) <= LONGEST_TEST_WINDOW:
        raise ParameterError("window", given=given, allowed=f"1d to {LONGEST_TEST_WINDOW}d")
    return int(days)


def _cap(given: str | None) -> float:
    cap = DEFAULT_SHARE_KEPT if given is None else read_cap(given)
    if cap is None or given == "":
        raise ParameterError("cap", given=given, allowed=CUT_ALLOWED)
    return cap


def experiment_body(report: ExperimentReport) -> Body:
    outcome, plan = report.outcome, report.plan
    return {
        **_names(report),
        "plan": plan
        and {"size": plan.people, "looks": list(plan.sizes), "taken": plan.looks, "nextLook": plan.next_look},
        "srm": {
            "p": _round(report.ratio.p, 6),
            "mismatch": report.ratio.is_mismatch,
            "running": report.ratio.is_running,
        },
        **_outcome(outcome),
        "guardrails": [{"metric": each.goal.text, **_outcome(each)} for each in report.guardrails],
        "excluded": {"twoVariants": report.of_two_variants},
        "peopleMissing": outcome.people_missing,
        "varianceSaved": _round(outcome.saved, 3),
        "cap": {"people": outcome.cut, "at": round(outcome.most)} if outcome.goal.measure is Measure.MONEY else None,
        "unconverted": outcome.unconverted,
        "currency": report.currency if outcome.goal.measure is Measure.MONEY else None,
        "meta": dict(MetaSerializer(report.meta).data),
    }


def _names(report: ExperimentReport) -> Body:
    test = report.test
    return {
        "id": test.api_id,
        "name": test.name,
        "campaignId": None if test.campaign_id is None else f"cmp_{test.campaign_id}",
        "isHoldout": test.is_holdout,
        "startedAt": test.started_at and test.started_at.isoformat(),
        "endedAt": test.ended_at and test.ended_at.isoformat(),
        "status": report.status.value,
        "method": report.method.value,
        "metric": report.goal.text,
        "window": f"{report.window_days}d",
    }


def _outcome(outcome: ExperimentOutcome) -> Body:
    names = dict(enumerate(outcome.variants))
    return {
        "variants": [_variant(each, outcome.goal.measure) for each in outcome.variants],
        "comparisons": [_comparison(each, names[each.variant], outcome.goal.measure) for each in outcome.comparisons],
    }


def _variant(variant: VariantResult, measure: Measure) -> Body:
    digits = 2 if measure is Measure.MONEY else 4
    return {
        "number": variant.number,
        "name": variant.name,
        "isControl": variant.is_control,
        "weight": variant.weight,
        "assigned": variant.assigned,
        "mature": variant.mature,
        "young": variant.assigned - variant.mature,
        "withheld": variant.withheld,
        "delivered": variant.delivered,
        "reached": variant.reached,
        "value": round(variant.value),
        "rate": _round(variant.mean, 4) if measure is Measure.SHARE else None,
        "mean": _round(variant.mean, digits),
        "interval": variant.interval and [_round(end, digits) for end in variant.interval],
    }


def _comparison(comparison: AgainstControl, variant: VariantResult, measure: Measure) -> Body:
    digits, result = 2 if measure is Measure.MONEY else 4, comparison.result
    told = _look(result, digits) if result else {"difference": None, "interval": None}
    relative = result and result.relative
    return {
        "variant": variant.name,
        "number": variant.number,
        "method": comparison.method.value,
        "judgement": comparison.judgement.value,
        "difference": told["difference"],
        "interval": told["interval"],
        "relative": relative
        and {
            "difference": _round(relative[0], 4),
            "interval": [_round(end, 4) for end in relative[1:]],
        },
        "p": _round(comparison.p, 4),
        "holm": _round(comparison.holm, 4),
        "decidedBy": comparison.deciding_look and _look(comparison.deciding_look, digits),
        "looks": [_look(look, digits) for look in comparison.looks],
    }


def _look(look: DifferenceAtLook, digits: int) -> Body:
    return {
        "people": look.look.people,
        "at": instant_of(look.look.at).isoformat(),
        "difference": _round(look.amount, digits),
        "interval": [_round(look.low, digits), _round(look.high, digits)],
        "p": _round(look.p, 4),
    }


def _round(number: float, digits: int) -> float:
    return round(float(number), digits) + 0.0


def _add_rows(question: ExperimentQuestion, beside: ReportRows, body: Body, report: ExperimentReport) -> None:
    """Behind each number of people, these."""

    days = question.window_days
    _add_rows_of_outcome(beside, body, report, report.outcome, days)
    for row, outcome in zip(body["guardrails"], report.guardrails, strict=True):
        _add_rows_of_outcome(beside, row, report, outcome, days)
    several = MembersOfTest(question.test_id, MemberState.SEVERAL, None, None, days)
    beside.add(body["excluded"], twoVariants=PeopleList(test=several))
    unconverted = OrderList(unconverted=True, test=OrdersOfTest(question.test_id, days))
    beside.add(body, unconverted=unconverted if report.goal.measure is Measure.MONEY else None)
    if body["cap"]:
        cut = MembersOfTest(question.test_id, MemberState.CUT, None, question.goal, days, cap=question.cap)
        beside.add(body["cap"], people=PeopleList(test=cut))


def _add_rows_of_outcome(
    beside: ReportRows, body: Body, report: ExperimentReport, outcome: ExperimentOutcome, days: int | None
) -> None:
    """`days` are those of the window, where they are not the test's own."""
    test_id, own = report.test.pk, outcome.goal.text == goal_of(report.test).text

    def people(state: MemberState, variant: int | None = None, goal: str | None = None) -> PeopleList:
        return PeopleList(test=MembersOfTest(test_id, state, variant, goal, days))

    for row, variant in zip(body["variants"], outcome.variants, strict=True):
        number = variant.number
        beside.add(
            row,
            assigned=people(MemberState.ASSIGNED, number),
            mature=people(MemberState.MATURE, number),
            young=people(MemberState.YOUNG, number),
            withheld=people(MemberState.WITHHELD, number),
            delivered=people(MemberState.REACHED, number, "delivered"),
            reached=people(MemberState.REACHED, number, None if own else outcome.goal.text),
        )

    for comparison in body["comparisons"]:
        for look in filter(None, (comparison["decidedBy"], *comparison["looks"])):
            beside.add(look, people=PeopleList(test=MembersOfTest(test_id, days=days, first=look["people"])))


def _add_rows_of_list(beside: ReportRows, body: Body, report: ExperimentsReport) -> None:
    for row, each in zip(body["abTests"], report.reports, strict=True):
        mature = PeopleList(test=MembersOfTest(each.test.pk, MemberState.MATURE))
        beside.add(row, people=PeopleList(test=MembersOfTest(each.test.pk)), mature=mature)


def _list_body(report: ExperimentsReport) -> Body:
    return {
        "abTests": [
            {
                **_names(each),
                "people": sum(variant.assigned for variant in each.variants),
                "mature": sum(variant.mature for variant in each.variants),
                "mismatch": each.ratio.is_mismatch,
                "best": best.name if (best := each.best) else None,
            }
            for each in report.reports
        ],
        "meta": dict(MetaSerializer(report.meta).data),
    }
