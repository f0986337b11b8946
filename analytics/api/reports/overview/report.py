"""The overview over the API: the days in figures and, for who asks more than for the last so many, what came of it."""

from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.net_money import exponents
from analytics.api.reports.changes import amount, changes_by
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS, leave_out
from analytics.api.reports.overview.serializers import (
    CampaignTotalsSerializer,
    ContactTotalsSerializer,
    ConversionCountSerializer,
    EventTotalsSerializer,
    MessageTotalsSerializer,
    OverviewSerializer,
)
from analytics.api.reports.parameters import COMPARED_PARAMETERS, LIMIT, OF_PEOPLE_AND_FACTS, OPENS_PARAMETER
from analytics.api.reports.revenue.report import CHANGES
from analytics.api.reports.revenue.rows import add_rows_of_totals
from analytics.api.reports.revenue.serializers import MoneyTotalsSerializer, RevenueMetaSerializer
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import NumbersSerializer
from analytics.api.reports.view import COMPARISON, OF_DAYS, Body, ReportShape, ReportView, report_schema, shown_by
from analytics.questions.fields import Subject
from analytics.questions.questions import Question
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.outcomes import Outcomes, outcomes
from analytics.reports.overview import overview
from campaignos.csv_export import Download

OF_OVERVIEW = {
    "contacts": ContactTotalsSerializer,
    "campaigns": CampaignTotalsSerializer,
    "messages": MessageTotalsSerializer,
    "events": EventTotalsSerializer,
}
OF_GROUPS = {**OF_OVERVIEW, "conversions": ConversionCountSerializer}
OF_CONVERSIONS = {"total": "conversion_events", "people": "converting_people"}


class ConversionTotalsSerializer(NumbersSerializer):
    """Of whatever source."""

    metrics = OF_CONVERSIONS
    may_be_of_a_part = True


@extend_schema_serializer(component_name="Overview")
class OverviewWithOutcomesSerializer(OverviewSerializer):
    conversions = ConversionTotalsSerializer(
        required=False, help_text="Where more than the last so many days is asked for: what counts as a conversion."
    )
    revenue = MoneyTotalsSerializer(
        required=False,
        allow_null=True,
        help_text="Where more than the last so many days is asked for: as in the report on revenue. Absent where the "
        "workspace has no rule of money; null where conditions cannot apply to it.",
    )
    meta = RevenueMetaSerializer()


OVERVIEW = ReportShape(
    plain=shown_by(OverviewSerializer),
    rows=ReportRows.overview,
    under_conditions=partial(leave_out, OF_OVERVIEW),
    changes=changes_by(OverviewSerializer),
)


class OverviewView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, *CONDITIONS, "opens", "breakdown", "limit")
    conditioned = tuple(Subject)

    @report_schema(
        *("overview", OverviewWithOutcomesSerializer),
        *(*COMPARED_PARAMETERS, *SCHEMA_OF_CONDITIONS, OPENS_PARAMETER, OF_PEOPLE_AND_FACTS, LIMIT),
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """The days in figures: contacts, campaigns, messages and what became of them, events, conversions, revenue.

        What a condition cannot apply to is null, and named in `meta.notApplicable`.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        body = self.body(compared_answer(overview, self.source, question), question, OVERVIEW)
        if self.asks_more:
            self.add_outcomes(body, question)
        self.add_groups(body, question, OF_GROUPS)
        return self.respond(body)

    def add_outcomes(self, body: Body, question: Question) -> None:
        answer = compared_answer(outcomes, self.source, question)
        self.add(body, answer.report, question)
        questions = question.compared_questions
        if body.get("comparison") and questions and answer.complete and answer.compared:
            comparison, (complete, compared) = body["comparison"], questions
            self.add(comparison["complete"], answer.complete, complete)
            self.add(comparison["compared"], answer.compared, compared)
            comparison["changes"] |= _changes(answer)

    def add(self, body: Body, report: Outcomes, asked: Question) -> None:
        body["conversions"] = {"total": report.conversions, "people": report.people}
        missing = [f"conversions.{name}" for name, number in body["conversions"].items() if number is None]
        if report.has_money:
            body["revenue"] = report.money and shown_by(MoneyTotalsSerializer)(report.money)
            self._tell_currencies(body["meta"], report)
        if report.has_money and report.money is None:
            missing.append("revenue")
        if missing:
            body["meta"]["notApplicable"] = [*body["meta"].get("notApplicable", ()), *missing]
        if self.tells_rows:
            rows = ReportRows(self.addresses, asked)
            rows.add_counts(body["conversions"], OF_CONVERSIONS)
            if report.money:
                add_rows_of_totals(rows, body["revenue"], asked.window)

    def _tell_currencies(self, meta: Body, report: Outcomes) -> None:
        own = self.source.workspace.currency
        of_totals = report.money.by_currency if report.money else ()
        meta |= {"currency": own, "exponents": exponents({own, *of_totals})}


def _changes(answer: Answer[Outcomes]) -> dict[str, Any]:
    def changes(names: dict[str, str]) -> dict[str, float | None]:
        return {name: amount(answer, key, lambda report: report.numbers) for name, key in names.items()}

    return {"conversions": changes(OF_CONVERSIONS), **({"revenue": changes(CHANGES)} if answer.report.money else {})}
