"""A report beside that of the days it is compared with: one rule for all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from analytics.ledger import Source
from analytics.metrics import Change, Numbers, change
from analytics.questions.questions import Question

Asked = TypeVar("Asked", bound=Question)
Report = TypeVar("Report")
Part = TypeVar("Part")


@dataclass(frozen=True)
class Answer(Generic[Report]):
    """The report of the days asked for; where something is compared, also that of those among them that are over and
    have a partner, and that of their partners. Changes are between these two."""

    report: Report
    complete: Report | None = None
    compared: Report | None = None

    def of(self, part: Callable[[Report], Part]) -> "Answer[Part]":
        """A part of each of the reports."""
        complete, compared = (None if report is None else part(report) for report in (self.complete, self.compared))
        return Answer(part(self.report), complete, compared)

    def change(self, metric: str, numbers: Callable[[Report], Numbers]) -> Change | None:
        """None where nothing is compared."""
        if self.complete is None or self.compared is None:
            return None
        return change(metric, numbers(self.complete), numbers(self.compared))


def compared_answer(report: Callable[[Source, Asked], Report], source: Source, question: Asked) -> Answer[Report]:
    """Asks the report for up to three windows."""
    shown, match = report(source, question), question.day_match
    if match is None or match.windows is None:
        return Answer(shown)
    complete, compared = (
        shown if window == question.window else report(source, question.on(window)) for window in match.windows
    )
    return Answer(shown, complete, compared)
