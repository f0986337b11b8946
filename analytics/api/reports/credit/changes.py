"""How credit changed, each row by its name, against the days compared with."""

from collections.abc import MutableMapping, Sequence
from typing import Any

from analytics.reports.answers import Answer
from analytics.reports.credit.compared import CreditAnswer
from analytics.reports.credit.path_report import PathsReport, path_change
from analytics.reports.credit.report import CreditReport

_Rows = Sequence[MutableMapping[str, Any]]


def add_changes_of_credit(bodies: _Rows, answer: Answer[CreditReport], currency: str) -> None:
    """Of each row's credit, and of its money in the workspace's currency. Nothing where nothing is compared."""
    if answer.compared is None:
        return
    credited = CreditAnswer(answer, (), currency)
    for body, row in zip(bodies, answer.report.rows, strict=False):
        key = row.label.group(answer.report.by)
        changes = {"credit": credited.credit_change(key), "converted": credited.revenue_change(key, currency)}
        body["changes"] = {name: change and change.amount for name, change in changes.items()}


def add_changes_of_paths(bodies: _Rows, answer: Answer[PathsReport]) -> None:
    """Of each path's conversions. Nothing where nothing is compared."""
    if answer.compared is None:
        return
    for body in bodies:
        key = body["key"]
        change = path_change(answer, lambda report, key=key: report.conversions_on(key))  # type: ignore[misc]
        body["changes"] = {"conversions": change and change.amount}
