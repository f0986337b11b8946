"""A report beside that of the days it is compared with: one rule for all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from analytics.ledger import Source
from analytics.metrics import Change, Numbers, metric_change
from analytics.questions.questions import Question

_Asked = TypeVar("_Asked", bound=Question)
_Report = TypeVar("_Report")
_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Answer(Generic[_Report]):
    """The report of the days asked for; where something is compared, also that of those among them that are over and
    have a partner, and that of their partners. Changes are between these two."""

    report: _Report
    complete: _Report | None = None
    compared: _Report | None = None

    def of(self, part: Callable[[_Report], _Part]) -> "Answer[_Part]":
        """A part of each of the reports."""
        complete, compared = (None if report is None else part(report) for report in (self.complete, self.compared))
        return Answer(part(self.report), complete, compared)

    def change(self, metric: str, numbers: Callable[[_Report], Numbers]) -> Change | None:
        """None where nothing is compared."""
        if self.complete is None or self.compared is None:
            return None
        return metric_change(metric, numbers(self.complete), numbers(self.compared))


def compared_answer(report: Callable[[Source, _Asked], _Report], source: Source, question: _Asked) -> Answer[_Report]:
    """Asks the report for up to three windows."""
    shown, match = report(source, question), question.day_match
    if match is None or match.windows is None:
        return Answer(shown)
    complete, compared = (
        shown if window == question.window else report(source, question.on(window)) for window in match.windows
    )
    return Answer(shown, complete, compared)
