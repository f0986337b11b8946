"""The groups of a report that is broken down: what they are called, their numbers, and the rows of a file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from analytics.api.reports.changes import amount
from analytics.api.reports.parameters import OTHER_GROUP
from analytics.api.reports.row_addresses import RowAddresses
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import NumbersSerializer
from analytics.metrics import Numbers
from analytics.questions.groups import Group
from analytics.questions.questions import Question
from analytics.reports.splits import CONTACTS_EVER, GroupNumbers, divided_metrics, in_group
from campaignos.errors import ParameterError

_Body = dict[str, Any]
Sections = Mapping[str, type[NumbersSerializer]]
"""By their names in the answer, what has the names of numbers and the keys of their metrics."""

_NESTED = ("series", "steps", "weeks", "periods", "distribution")
"""What of a group is several rows of a file."""


def named_group(group: Group, name: str | None, values: int) -> _Body:
    """Its value and what that is called; of the rest with how many values it has."""
    if group.is_rest:
        return {"value": OTHER_GROUP, "name": f"Other ({values:,})"}
    return {"value": group.value, "name": name}


def metrics_of(sections: Sections, question: Question) -> tuple[str, ...]:
    """Those of the sections' numbers that the question's split divides. Raises ParameterError where there are none."""
    return some_metrics(question, [key for section in sections.values() for key in section.metrics.values()])


def some_metrics(question: Question, metrics: Iterable[str]) -> tuple[str, ...]:
    """Of the metrics those that the question's split divides. Raises ParameterError where there are none."""
    assert question.split is not None
    if divided := divided_metrics(metrics, question):
        return divided
    allowed = "one by what the report counts under its conditions"
    raise ParameterError("breakdown", given=question.split.text, allowed=allowed)


def compared_numbers(
    group: GroupNumbers, names: Mapping[str, str], question: Question, addresses: RowAddresses | None
) -> _Body | None:
    """A group's numbers of the days that are over and of those compared with, and how they changed, by their names;
    with `addresses`, those of rows. None where no day has a partner."""
    answer, asked = group.answer, in_group(question, group.group).compared_questions
    if answer.complete is None or answer.compared is None or asked is None:
        return None
    body: _Body = {}
    for name, numbers, of_days in zip(("complete", "compared"), (answer.complete, answer.compared), asked, strict=True):
        body[name] = {number: numbers.known_value(key) for number, key in names.items()}
        if addresses:
            ReportRows(addresses, of_days).add_counts(body[name], names, of_days.part)
    body["changes"] = {
        name: amount(answer, key, lambda numbers: numbers) for name, key in names.items() if key != CONTACTS_EVER
    }
    return body


def section_groups(
    groups: Sequence[GroupNumbers], sections: Sections, question: Question, addresses: RowAddresses | None
) -> list[_Body]:
    """Each group's numbers by section, null for what the split does not divide; with `addresses`, those of rows."""
    divided = metrics_of(sections, question)
    return [_section_group(group, sections, divided, question, addresses) for group in groups]


def _section_group(
    group: GroupNumbers, sections: Sections, divided: Sequence[str], question: Question, addresses: RowAddresses | None
) -> _Body:
    def numbers(found: Numbers) -> _Body:
        return {
            name: {key: found.value(metric) if metric in divided else None for key, metric in section.metrics.items()}
            for name, section in sections.items()
        }

    body = {**named_group(group.group, group.name, group.values), **numbers(group.numbers)}
    if addresses:
        beside = ReportRows(addresses, in_group(question, group.group))
        for name, section in sections.items():
            beside.add_counts(body[name], section.metrics, beside.question.part)
    if question.compared_days:
        named = {name: [*section.metrics.items()] for name, section in sections.items()}
        names = {name: {key: metric for key, metric in pairs if metric in divided} for name, pairs in named.items()}
        compared = {name: compared_numbers(group, of_part, question, addresses) for name, of_part in names.items()}
        body["comparison"] = _by_days({name: numbers for name, numbers in compared.items() if numbers})
    return body


def _by_days(compared: Mapping[str, _Body]) -> _Body | None:
    """Of comparisons by section the sections by what they are of."""
    ways = ("complete", "compared", "changes")
    return {way: {name: numbers[way] for name, numbers in compared.items()} for way in ways} if compared else None


def null_numbers(sections: Sections, question: Question) -> list[str]:
    """The names of the groups' numbers that are null."""
    divided = metrics_of(sections, question)
    return [
        f"groups.{name}.{key}"
        for name, section in sections.items()
        for key, metric in section.metrics.items()
        if metric not in divided
    ]


def file_of_groups(groups: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A row for each group, or for each of its days, steps, weeks or other periods."""
    return [row for group in groups for row in _rows_of_file(group)]


def _rows_of_file(group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    nested = next((name for name in _NESTED if name in group), None)
    if nested is None:
        yield group
        return
    named = {"value": group["value"], "name": group["name"]}
    for row in group[nested]:
        yield {**named, **row}
