"""A report beside that of the days it is compared with: one rule for all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from analytics.ledger import Source
from analytics.metrics import Change, Numbers, metric_change
from analytics.questions.questions import Question

_Asked = TypeVar("_Asked", bound=Question)
_Report = TypeVar("_Report")
_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Answer(Generic[_Report]):
    """The report of the days of a question; where something is compared, two more, and changes are between these.

    `complete` is the report of the days that are over and have a partner, `compared` that of their partners.
    """

    report: _Report
    complete: _Report | None = None
    compared: _Report | None = None

    def of(self, part: Callable[[_Report], _Part]) -> "Answer[_Part]":
        """Returns the same part of each of the reports."""
        complete, compared = (None if report is None else part(report) for report in (self.complete, self.compared))
        return Answer(part(self.report), complete, compared)

    def change(self, metric: str, numbers: Callable[[_Report], Numbers]) -> Change | None:
        """Returns how a metric changed; None where nothing is compared."""
        if self.complete is None or self.compared is None:
            return None
        return metric_change(metric, numbers(self.complete), numbers(self.compared))


def compared_answer(report: Callable[[Source, _Asked], _Report], source: Source, question: _Asked) -> Answer[_Report]:
    """Asks the report once, or for up to three windows where days are compared."""
    questions = question.compared_questions
    if questions is None:
        return Answer(report(source, question))
    complete, compared = questions
    if complete.window == question.window:
        shown = report(source, replace(question, settled=complete.settled))
        return Answer(shown, shown, report(source, compared))
    return Answer(report(source, question), report(source, complete), report(source, compared))
