"""Saved questions below each other."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from analytics.presentation.audience import Audience
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, RowsOnDemand, Table
from analytics.questions.ranges import RANGES
from analytics.questions.saved import QuestionText

REPORT_LABELS = {
    "overview": "Overview",
    "campaign": "Campaigns",
    "health": "Health",
    "timeseries": "Trends",
    "why": "What changed",
    "attribution": "Attribution",
    "revenue": "Revenue",
    "experiments": "A/B tests",
    "funnel": "Funnels",
    "retention": "Retention",
    "lifecycle": "Lifecycle",
    "stickiness": "Stickiness",
    "ltv": "Lifetime value",
    "rfm": "RFM",
}
"""What the registry calls them, which knows the pages."""


class KeptQuestion(Protocol):
    """What is told of a saved question."""

    @property
    def pk(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def text(self) -> QuestionText: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def created_by(self) -> Any: ...


def questions_table(questions: Sequence[KeptQuestion], audience: Audience, *, may_change: bool) -> Table:
    """In the same order. A name leads to the report as it was kept."""

    def row(question: KeptQuestion) -> Row:
        return _row(question, audience)

    columns = (
        Column("name", "Question"),
        Column("report", "Report"),
        Column("days", "Days"),
        Column("by", "Saved by"),
        Column("saved", "Saved", Kind.INSTANT),
        *((Column("change", "Change"),) if may_change else ()),
    )
    return Table("saved-questions", "Saved questions", columns, RowsOnDemand(questions, row), is_list=True)


def _row(question: KeptQuestion, audience: Audience) -> Row:
    author = question.created_by
    return Row(
        {
            "name": Cell(audience.text(question.name), link=link_to_report(question.text)),
            "report": Cell(REPORT_LABELS.get(question.text.report, question.text.report)),
            "days": Cell(_days(question.text)),
            "by": Cell(author.get_short_name() if author else "–"),
            "saved": Cell(audience.local(question.created_at)),
            "change": Cell("Change", link=Link.to("saved-question", str(question.pk))),
        }
    )


def link_to_report(text: QuestionText) -> Link:
    """The report's page, asked the same."""
    query = {name: said if isinstance(said, str) else tuple(said) for name, said in text.parameters.items()}
    return Link(text.report, query, keeps_filters=False)


def _days(text: QuestionText) -> str:
    said = str(text.parameters.get("range", ""))
    if said in RANGES:
        return RANGES[said].label
    if "from" in text.parameters:
        return f"{text.parameters['from']} to {text.parameters.get('to', '')}"
    return f"Last {said.removesuffix('d')} days" if said else "Its life"
