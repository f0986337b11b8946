"""Where events came from, over the API, and to what conversions are credited."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports import streaming
from analytics.api.reports.changes import (
    changes_of_attribution,
    changes_of_source,
    changes_of_sources,
)
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.credit.attribution_serializers import (
    AttributionSerializer,
    SourceNodeSerializer,
    SourceTotalsSerializer,
)
from analytics.api.reports.credit.changes import add_changes_of_credit
from analytics.api.reports.credit.parameters import RULE
from analytics.api.reports.credit.serializers import AttributionWithCreditSerializer
from analytics.api.reports.credit.view import OF_CREDIT, CreditView
from analytics.api.reports.groups import compared_numbers, named_group
from analytics.api.reports.parameters import (
    BREAKDOWN,
    COMPARED_PARAMETERS,
    LIMIT,
)
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.view import (
    COMPARISON,
    OF_DAYS,
    Body,
    ReportShape,
    report_schema,
    serializer_of,
    shown_by,
)
from analytics.metrics import rate
from analytics.questions.fields import Subject
from analytics.questions.groups import Breakdown
from analytics.questions.questions import (
    Question,
)
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.attribution.groups import attributed_metrics, attribution_groups
from analytics.reports.attribution.report import AttributionReport, SourceTotals, attribution
from analytics.reports.attribution.source_tree import ALL, DEPTHS_OF_SOURCES, DIRECT, compared_sources
from analytics.reports.credit.report import CreditQuestion, credit
from analytics.reports.splits import GroupNumbers, in_group
from campaignos.errors import ParameterError
from campaignos.parameters import with_ignored
from workspaces.models import Workspace

ATTRIBUTION = ReportShape(
    plain=shown_by(AttributionSerializer), rows=ReportRows.attribution, changes=changes_of_attribution
)


OF_ATTRIBUTION = {
    "totalAttributedEvents": "attributed_events",
    "conversions": "conversions",
}


def _add_changes(bodies: Sequence[Body], rows: Sequence[SourceTotals], answer: Answer[AttributionReport]) -> None:
    if answer.compared is None:
        return
    for body, row in zip(bodies, rows, strict=True):
        body["changes"] = changes_of_source(answer, row.path)


class AttributionView(CreditView):
    parameters = (*OF_DAYS, *COMPARISON, *CONDITIONS, "breakdown", "limit", *OF_CREDIT)
    conditioned = (Subject.PEOPLE, Subject.EVENTS)
    rows = "sources"

    @report_schema(
        *("attribution", AttributionWithCreditSerializer),
        *(*COMPARED_PARAMETERS, *SCHEMA_OF_CONDITIONS, BREAKDOWN, LIMIT, *RULE),
    )
    def get(self, request: Request, workspace_id: str) -> Response | StreamingHttpResponse:
        """Where events came from, by the UTM parameters of their links, most events first.

        An answer with many rows is sent in parts. With a breakdown by source, medium or campaign, `breakdown` has the
        sources and what lies below them, with the conversions credited to each: of a conversion, to the last source
        before it. With another one, `groups` has the conversions by a field of theirs, or everything by one of people.

        With a parameter of a rule, or `breakdown=touch`, the answer has `credit`: conversions and their money credited
        to the touches before them, a row for each touch, or for each source, medium or campaign.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        answer = compared_answer(attribution, self.source, question)
        report = answer.report
        is_streamed = len(report.sources) > streaming.ROWS_OF_A_PART and not self.is_file
        body = self.body(
            replace(answer, report=replace(report, sources=())) if is_streamed else answer, question, ATTRIBUTION
        )
        if depth := self.depth(question):
            body |= self.broken_down(question, depth)
        elif question.split:
            self.add_attributed(body, question)
        if isinstance(question, CreditQuestion):
            self.add_credit(body, question)
        if not is_streamed:
            _add_changes(body["sources"], report.sources, answer)
            return self.respond(body)
        body = with_ignored(self.with_facts_read(body), self.ignored)
        show = partial(self.sources, question=question, answer=answer)
        return streaming.streamed_answer(
            self.shown_data(body), "sources", report.sources, lambda rows: self.shown_data(show(rows))
        )

    def question(self, request: Request, workspace: Workspace) -> Question:
        question = super().question(request, workspace)
        return self.credit_question(question) if self.asks_credit else question

    @property
    def split(self) -> Breakdown | None:
        return None if self.asks_credit else super().split

    def add_credit(self, body: Body, question: CreditQuestion) -> None:
        answer = compared_answer(credit, self.source, question)
        body["credit"] = self.credit(answer.report, question)
        add_changes_of_credit(body["credit"]["breakdown"], answer, self.source.workspace.currency)
        questions = question.compared_questions
        if questions and answer.complete is not None and answer.compared is not None:
            for name, report, asked in zip(
                ("complete", "compared"), (answer.complete, answer.compared), questions, strict=True
            ):
                body["comparison"][name]["credit"] = self.credit(report, asked)

    def sources(
        self, rows: Sequence[SourceTotals], question: Question, answer: Answer[AttributionReport]
    ) -> list[Body]:
        bodies = list(map(serializer_of(SourceTotalsSerializer).to_representation, rows))
        if self.tells_rows:
            beside = ReportRows(self.addresses, question)
            for body, row in zip(bodies, rows, strict=True):
                beside.source(body, row)
        _add_changes(bodies, rows, answer)
        return bodies

    def broken_down(self, question: Question, depth: int) -> Body:
        tree, answer = compared_sources(self.source, question)
        nodes = [node for node in tree.nodes if len(node.path) <= depth]
        show = shown_by(SourceNodeSerializer)
        body: Body = {
            "breakdown": list(map(show, nodes)),
            "direct": {"totalEvents": tree.direct_events, "conversions": tree.direct_conversions},
            "all": {"totalEvents": tree.all_events, "conversions": tree.all_conversions},
        }
        places = [*((node.path,) for node in nodes), (DIRECT,), (ALL,)]
        for row, paths in zip([*body["breakdown"], body["direct"], body["all"]], places, strict=True):
            row["share"] = rate(row["totalEvents"], tree.all_events)
            if answer.compared is not None:
                row["changes"] = changes_of_sources(answer, *paths)
        if self.tells_rows:
            ReportRows(self.addresses, question).source_tree(body, tree)
        return body

    def depth(self, question: Question) -> int:
        """How deep a tree of sources is asked for. Raises ParameterError for a limit: it is whole."""
        depth = DEPTHS_OF_SOURCES.get(question.split.field.key, 0) if question.split else 0
        if depth and (limit := self.request.query_params.get("limit")) is not None:
            raise ParameterError("limit", given=limit, allowed="nothing beside a breakdown by source: it has all")
        return depth

    def add_attributed(self, body: Body, question: Question) -> None:
        """What each group has of the numbers that the split divides."""
        divided = attributed_metrics(question)
        names = {name: key for name, key in OF_ATTRIBUTION.items() if key in divided}
        groups = attribution_groups(self.source, question)
        body["groups"] = [self.attribution_group(group, question, names) for group in groups]
        if missing := [f"groups.{name}" for name in OF_ATTRIBUTION if name not in names]:
            body["meta"]["notApplicable"] = missing

    def attribution_group(self, group: GroupNumbers, question: Question, names: Mapping[str, str]) -> Body:
        numbers = {name: group.numbers[key] if name in names else None for name, key in OF_ATTRIBUTION.items()}
        body = {**named_group(group.group, group.name, group.values), **numbers}
        if self.tells_rows:
            beside = ReportRows(self.addresses, in_group(question, group.group))
            beside.add_counts(body, names)
        if question.compared_days:
            body["comparison"] = compared_numbers(group, names, question, self.addresses if self.tells_rows else None)
        return body

    def file_rows(self, body: Body) -> Sequence[Mapping[str, Any]]:
        if "credit" in body:
            rows: Sequence[Mapping[str, Any]] = body["credit"]["breakdown"]
            return rows
        return body["breakdown"] if "breakdown" in body else super().file_rows(body)
