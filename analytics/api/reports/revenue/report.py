"""The report on revenue: orders, what they were worth and what was given back."""

from collections.abc import Mapping

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.net_money import exponents
from analytics.api.reports.changes import amount
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.groups import named_group
from analytics.api.reports.parameters import COMPARED_PARAMETERS, INTERVAL_PARAMETER, LIMIT, OF_PEOPLE_AND_EVENTS
from analytics.api.reports.revenue.rows import add_rows, add_rows_of_totals
from analytics.api.reports.revenue.serializers import MoneyTotalsSerializer, RevenueSerializer
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.view import COMPARISON, OF_DAYS, Body, ReportShape, ReportView, report_schema, shown_by
from analytics.metrics import Numbers, rate
from analytics.orders import MoneyTotals
from analytics.questions.fields import Subject
from analytics.questions.questions import RefundsBy, RevenueQuestion
from analytics.reports.answers import Answer
from analytics.reports.revenue.groups import RevenueGroup, revenue_groups
from analytics.reports.revenue.report import MoneyOfDays, RevenueReport, compared_revenue, money_numbers
from analytics.reports.splits import in_group
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from campaignos.parameters import register

register(["refundsBy"])

REFUNDS_BY = OpenApiParameter(
    "refundsBy",
    {"type": "string", "enum": [way.value for way in RefundsBy]},
    description="Whether a refund counts on its own day, or on that of the order that it names.",
)
CHANGES = {
    "orders": "orders",
    "buyers": "buyers",
    "gross": "gross_revenue",
    "refunds": "refunds",
    "net": "revenue",
    "aov": "average_order",
}


class RevenueView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON, *CONDITIONS, "interval", "breakdown", "limit", "refundsBy")
    conditioned = (Subject.PEOPLE, Subject.EVENTS)
    rows = "series"

    @report_schema(
        *("revenue", RevenueSerializer),
        *(*COMPARED_PARAMETERS, *SCHEMA_OF_CONDITIONS, INTERVAL_PARAMETER, OF_PEOPLE_AND_EVENTS, LIMIT, REFUNDS_BY),
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """Orders of the days, what they were worth and what was given back, by currency and in the workspace's own.

        Amounts are integers of minor units, see `meta.exponents`; those of different currencies are never added up
        without a rate. An order counts once, whatever tells of it again. Conditions on events choose which count.
        Changes are those of `converted`.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace).with_params(RevenueQuestion, refunds_by=self.refunds_by)
        money = MoneyOfDays.of(self.source, question)
        answer = compared_revenue(money, question)
        shape = ReportShape(plain=self.plain, rows=add_rows, changes=_changes)
        body = self.body(answer, question, shape)
        if question.split:
            body["groups"] = [self.group(group, question) for group in revenue_groups(money, question)]
        return self.respond(body)

    @property
    def refunds_by(self) -> RefundsBy:
        """Raises ParameterError."""
        given = self.request.query_params.get("refundsBy", RefundsBy.DAY)
        if given not in [*RefundsBy]:
            raise ParameterError("refundsBy", given=given, allowed=", ".join(RefundsBy))
        return RefundsBy(given)

    def plain(self, report: RevenueReport) -> Body:
        body = shown_by(RevenueSerializer)(report)
        active, own = report.active_people, self.source.workspace.currency
        body["total"] |= {"activePeople": active, "conversionRate": rate(report.total.buyers, active)}
        return {
            **body,
            "meta": {**body["meta"], "currency": own, "exponents": exponents({own, *report.total.by_currency})},
        }

    def group(self, group: RevenueGroup, question: RevenueQuestion) -> Body:
        asked, named = in_group(question, group.group), named_group(group.group, group.name, group.values)
        body = {**named, **self.totals(group.answer.report, asked)}
        if question.compared_days:
            body["comparison"] = self.compared_group(group.answer, asked)
        return body

    def compared_group(self, answer: Answer[MoneyTotals], asked: RevenueQuestion) -> Body | None:
        """Of the days that are over and of those compared with; None where no day has a partner."""
        if answer.complete is None or answer.compared is None or asked.compared_questions is None:
            return None
        complete, compared = asked.compared_questions
        return {
            "complete": self.totals(answer.complete, complete),
            "compared": self.totals(answer.compared, compared),
            "changes": _changes_of(answer.of(money_numbers), CHANGES),
        }

    def totals(self, totals: MoneyTotals, asked: RevenueQuestion) -> Body:
        body = shown_by(MoneyTotalsSerializer)(totals)
        if self.tells_rows:
            add_rows_of_totals(ReportRows(self.addresses, asked), body, asked.window)
        return body


def _changes(answer: Answer[RevenueReport]) -> Body:
    return _changes_of(answer.of(lambda report: report.numbers), {**CHANGES, "conversionRate": "buyer_rate"})


def _changes_of(answer: Answer[Numbers], names: Mapping[str, str]) -> Body:
    return {name: amount(answer, key, lambda numbers: numbers) for name, key in names.items()}
