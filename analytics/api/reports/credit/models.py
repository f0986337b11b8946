"""Credit by all models side by side, and the paths that people convert on."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.credit.changes import add_changes_of_paths
from analytics.api.reports.credit.parameters import (
    BREAKDOWN_OF_CREDIT,
    MODELS,
    PATH_LENGTHS,
    PATH_LIMIT,
    ROWS_OF_CREDIT,
    RULE,
    RULE_OF_PATHS,
    credit_models,
    credit_rule,
    number_up_to,
)
from analytics.api.reports.credit.serializers import ModelsSerializer, PathsSerializer, models_body, paths_body
from analytics.api.reports.credit.view import OF_CREDIT, CreditView
from analytics.api.reports.parameters import COMPARED_PARAMETERS
from analytics.api.reports.view import COMPARISON, OF_DAYS, Body, report_schema
from analytics.questions.fields import Subject
from analytics.questions.questions import Question
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.credit.path_report import (
    DEFAULT_PATHS,
    LONGEST_PATH,
    MOST_PATHS,
    PathsQuestion,
    PathsReport,
    path_report,
)
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.credit.side_by_side import ModelsQuestion, models_side_by_side
from campaignos.csv_export import Download
from campaignos.errors import ParameterError
from campaignos.parameters import register

register(("min", "max"))


class _CreditReportView(CreditView):
    conditioned = (Subject.PEOPLE, Subject.EVENTS)
    asks_credit = True


class ModelsView(_CreditReportView):
    rows = "breakdown"
    parameters = (*OF_DAYS, *CONDITIONS, "breakdown", "limit", "models", *OF_CREDIT)
    split = None

    @report_schema(
        *("attribution-models", ModelsSerializer),
        *(*SCHEMA_OF_CONDITIONS, BREAKDOWN_OF_CREDIT, ROWS_OF_CREDIT, MODELS, *RULE),
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """What each model credits touches with, side by side, and how far the models are apart.

        Rows have most credit first, by the model that is asked for.
        """
        workspace = self.workspace(request, workspace_id)
        question = self._models_question(self.credit_question(self.question(request, workspace)))
        report = models_side_by_side(self.source, question)
        body = models_body(report, self.row_limit, self.money)
        if self.tells_rows:
            self.rows_of(question).models(body, report)
        return self.respond(self.with_question(body, question))

    def _models_question(self, asked: CreditQuestion) -> ModelsQuestion:
        rules = credit_models(self.request.query_params, asked.rule)
        return asked.with_params(ModelsQuestion, rule=rules[0] if rules else asked.rule, by=asked.by, rules=rules)


class PathsView(_CreditReportView):
    rows = "paths"
    parameters = (
        *OF_DAYS,
        *COMPARISON,
        *CONDITIONS,
        "limit",
        "min",
        "max",
        *(name for name in OF_CREDIT if name != "model"),
    )
    split = None

    @report_schema(
        *("attribution-paths", PathsSerializer),
        *(*COMPARED_PARAMETERS, *SCHEMA_OF_CONDITIONS, PATH_LIMIT, *PATH_LENGTHS, *RULE_OF_PATHS),
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """On which paths of touches people convert, most conversions first.

        Of a long path the first three and the last seven touches are shown; it is counted by all of them.
        """
        workspace = self.workspace(request, workspace_id)
        question = self._paths_question(self.question(request, workspace))
        answer = compared_answer(path_report, self.source, question)
        body = self._paths(answer.report, question)
        add_changes_of_paths(body["paths"], answer)
        if question.compared_days:
            body["comparison"] = self._compared_paths(answer, question)
        return self.respond(self.with_question(body, question))

    def _compared_paths(self, answer: Answer[PathsReport], question: PathsQuestion) -> Body | None:
        """None where no day has a partner."""
        questions = question.compared_questions
        if answer.complete is None or answer.compared is None or questions is None:
            return None
        complete, compared = questions
        return {
            "complete": self._paths(answer.complete, complete),
            "compared": self._paths(answer.compared, compared),
        }

    def _paths(self, report: PathsReport, question: PathsQuestion) -> Body:
        body = paths_body(report, self.money)
        if self.tells_rows:
            self.rows_of(question).paths(body, report)
        return body

    def _paths_question(self, question: Question) -> PathsQuestion:
        query = self.request.query_params
        fewest, most = (
            number_up_to(query, "min", 1, LONGEST_PATH),
            number_up_to(query, "max", LONGEST_PATH, LONGEST_PATH),
        )
        if fewest > most:
            raise ParameterError("min", given=str(fewest), allowed=f"a whole number from 1 to max, which is {most:,}")
        return question.with_params(
            PathsQuestion,
            rule=credit_rule(query, self.default_rule),
            fewest=fewest,
            most=most,
            limit=number_up_to(query, "limit", DEFAULT_PATHS, MOST_PATHS),
        )

    def file_rows(self, body: Body) -> Sequence[Mapping[str, Any]]:
        """A column for each touch that is shown."""
        return [
            {**{f"touch{place}": label for place, label in enumerate(row["path"], 1)}, **row} for row in body["paths"]
        ]
