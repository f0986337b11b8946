"""What endpoints of credit share: the rule that is asked for, and how credit is written."""

from dataclasses import replace

from analytics.api.reports.credit.parameters import (
    DEFAULT_ROWS,
    MOST_ROWS,
    asks_credit,
    credit_by,
    credit_rule,
    number_up_to,
)
from analytics.api.reports.credit.serializers import MoneyBodies, credit_body
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.view import Body, ReportView
from analytics.questions.credit import PARAMETERS, CreditRule
from analytics.questions.questions import Question
from analytics.reports.credit.report import CreditQuestion, CreditReport

OF_CREDIT = PARAMETERS


class CreditView(ReportView):
    @property
    def asks_credit(self) -> bool:
        return asks_credit(self.request.query_params)

    @property
    def asks_more(self) -> bool:
        return self.asks_credit or super().asks_more

    @property
    def default_rule(self) -> CreditRule:
        """By the workspace's lookbacks."""
        return CreditRule.with_lookback_days(self.source.workspace.lookback_days)

    def credit_question(self, question: Question) -> CreditQuestion:
        """The question with its rule. Raises ParameterError."""
        query = self.request.query_params
        rule = credit_rule(query, self.default_rule)
        return replace(question, split=None).with_params(CreditQuestion, rule=rule, by=credit_by(query))

    @property
    def row_limit(self) -> int:
        return number_up_to(self.request.query_params, "limit", DEFAULT_ROWS, MOST_ROWS)

    @property
    def money(self) -> MoneyBodies:
        return MoneyBodies(self.source.workspace.currency)

    def credit(self, report: CreditReport, question: CreditQuestion) -> Body:
        body = credit_body(report, self.row_limit, self.money)
        if self.tells_rows:
            self.rows_of(question).credit(body, report)
        return body

    def with_question(self, body: Body, question: Question) -> Body:
        understood = {*self.parameters}
        body["meta"]["question"] = {name: said for name, said in question.query.items() if name in understood}
        return body

    def rows_of(self, question: Question) -> ReportRows:
        return ReportRows(self.addresses, question)
