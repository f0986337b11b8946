"""The funnel's report over the API."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import params
from analytics.api.reports.changes import (
    changes_of_funnel,
)
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.funnel.depth import add_mature, difference_body, times_body, trend_body
from analytics.api.reports.funnel.files import PART, PART_OF_FILE, TIMED_PARTS, FunnelPart, asked_part, rows_of_part
from analytics.api.reports.funnel.money import add_funnel_money
from analytics.api.reports.funnel.serializers import FunnelSerializer, StepsOfGroupSerializer
from analytics.api.reports.groups import named_group
from analytics.api.reports.parameters import (
    COMPARED_PARAMETERS,
    FUNNEL_RULES,
    LIMIT,
    OPENS_PARAMETER,
    PEOPLE_BREAKDOWN,
    RULES_OF_FUNNEL,
    STEP_PARAMETERS,
    STEPS,
)
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.view import (
    COMPARISON,
    OF_DAYS,
    Body,
    ReportShape,
    ReportView,
    report_schema,
    shown_by,
)
from analytics.lists.names import missing_types
from analytics.lists.steps import StepNames
from analytics.metrics import rate
from analytics.questions.fields import Subject
from analytics.questions.funnel_rules import PLAIN, FunnelRules
from analytics.questions.groups import SEGMENT, Group
from analytics.questions.questions import (
    FunnelQuestion,
)
from analytics.questions.steps import Step
from analytics.reports.answers import compared_answer
from analytics.reports.funnel.differences import group_differences
from analytics.reports.funnel.report import AnyFunnel, FunnelGroup, GroupSteps, funnel
from analytics.reports.funnel.splits import split_funnel
from analytics.reports.funnel.times import funnel_times
from analytics.reports.funnel.trend import funnel_trend
from analytics.reports.splits import in_group
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from campaignos.parameters import SEVERAL_TIMES
from workspaces.roles import may_see_addresses


def _add_first_step(body: Body, report: AnyFunnel) -> None:
    first = report.steps[0].count
    for row in body["steps"]:
        row |= {"conversionFromFirst": rate(row["count"], first), "goneSinceFirst": first - row["count"]}
    add_mature(body, report)


FUNNEL = ReportShape(
    plain=shown_by(FunnelSerializer),
    rows=ReportRows.funnel,
    more=_add_first_step,
    changes=changes_of_funnel,
)


class FunnelView(ReportView):
    parameters = (
        *(*OF_DAYS, *STEP_PARAMETERS, *FUNNEL_RULES, *COMPARISON, *CONDITIONS),
        *("breakdown", "limit", "opens", PART),
    )
    several = SEVERAL_TIMES | {"step"}
    rows = "steps"

    @property
    def subjects(self) -> Sequence[Subject]:
        """People, and what the first step is of."""
        return Subject.PEOPLE, self.steps[0].subject

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Raises ParameterError."""
        return params.steps(self.request.query_params, self.names)

    @cached_property
    def rules(self) -> FunnelRules:
        """Raises ParameterError."""
        return params.funnel_rules(self.request.query_params, self.names, self.steps)

    @property
    def names(self) -> StepNames:
        assert self.access is not None
        return StepNames(self.access.workspace, may_see_addresses(self.access.rights))

    @property
    def asks_more(self) -> bool:
        return super().asks_more or self.asks_times

    @property
    def asks_times(self) -> bool:
        """Whether the question says by which rules people go through the steps, or asks when they entered."""
        is_asked = bool({*FUNNEL_RULES} & {*self.request.query_params})
        return self.rules != PLAIN or is_asked or self.part in TIMED_PARTS

    @property
    def part(self) -> FunnelPart | None:
        """Which table a file has, where that is said. Raises ParameterError."""
        return asked_part(self.request.query_params.get(PART), is_file=self.is_file)

    def file_rows(self, body: Body) -> Sequence[Mapping[str, Any]]:
        part = self.part
        return super().file_rows(body) if part is None else rows_of_part(body, part)

    @report_schema(
        *("funnel-report", FunnelSerializer),
        *(
            *STEPS,
            *RULES_OF_FUNNEL,
            *COMPARED_PARAMETERS,
            *SCHEMA_OF_CONDITIONS,
            PEOPLE_BREAKDOWN,
            LIMIT,
            OPENS_PARAMETER,
            PART_OF_FILE,
        ),
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """How many people did the steps in this order, each step its own event or message.

        With a breakdown, `groups` has the funnel of the people with each value of a field: of theirs, or of the event
        or the message they entered by. Where the last step says what it is worth, `revenue` is what those who completed
        the funnel brought in by it.

        With a `window` people who enter within the days may complete after them: so long after they entered. The
        furthest of all their entries counts, of several the earliest; `mature` tells of those whose window is over.
        """
        workspace = self.workspace(request, workspace_id)
        trend, asked = params.trend_interval(request.query_params), self.question(request, workspace)
        asked_part(request.query_params.get(PART), is_file=self.is_file)
        question = asked.with_params(FunnelQuestion, steps=self.steps, rules=self.rules, trend=trend)
        answer = compared_answer(funnel, self.source, question)
        unreached = [step.step for step in answer.report.steps if not step.count]
        for name in missing_types(workspace, unreached):
            way = next(way for way in STEP_PARAMETERS if request.query_params.getlist(way))
            raise ParameterError(way, given=name, allowed="types of events that have come in")
        body = self.body(answer, question, FUNNEL)
        groups = split_funnel(self.source, question) if question.split else ()
        if question.split:
            body["groups"] = [self.group(group, question) for group in groups]
            for row, difference in zip(body["groups"], group_differences(answer.report, groups), strict=True):
                row["difference"] = difference_body(difference)
        if self.asks_times:
            self.add_times(body, question)
        if self.asks_more:
            addresses = self.addresses if self.tells_rows else None
            add_funnel_money(body, self.source, question, [group.group for group in groups], addresses)
        return self.respond(body)

    def add_times(self, body: Body, question: FunnelQuestion) -> None:
        times, trend = funnel_times(self.source, question), funnel_trend(self.source, question)
        if times is not None:
            body["time"] = times_body(times)
        if question.trend:
            body["trend"] = trend_body(trend)
        if self.tells_rows:
            rows = ReportRows(self.addresses, question)
            rows.funnel_trend(body.get("trend", []), trend)
            if times is not None:
                rows.funnel_times(body["time"], times)

    def group(self, group: FunnelGroup, question: FunnelQuestion) -> Body:
        named = named_group(group.group, group.name, group.values)
        body = {**named, **self.group_steps(group.answer.report, group.group, question)}
        if question.compared_days:
            body["comparison"] = self.compared_group(group, question)
        return body

    def group_steps(self, steps: GroupSteps, group: Group, question: FunnelQuestion) -> Body:
        body = shown_by(StepsOfGroupSerializer)(steps)
        _add_first_step(body, steps)
        if not self.tells_rows:
            return body
        if group.by == SEGMENT:
            ReportRows(self.addresses, in_group(question, group)).funnel(body, steps)
        else:
            ReportRows(self.addresses, question).funnel(body, steps, group)
        return body

    def compared_group(self, group: FunnelGroup, question: FunnelQuestion) -> Body | None:
        """None where no day has a partner."""
        answer, questions = group.answer, question.compared_questions
        if answer.complete is None or answer.compared is None or questions is None:
            return None
        complete, compared = questions
        return {
            "complete": self.group_steps(answer.complete, group.group, complete),
            "compared": self.group_steps(answer.compared, group.group, compared),
            "changes": changes_of_funnel(answer),
        }
