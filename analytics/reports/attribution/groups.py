"""An attribution broken down: by a field of the conversions, by one of people, or by segments side by side."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source, Touches, values_of_columns
from analytics.metrics import Numbers
from analytics.questions.fields import Field, Subject
from analytics.questions.questions import Question
from analytics.questions.values import text_of
from analytics.reports.answers import compared_answer
from analytics.reports.attribution.report import attributed_and_converted, credited_places, meant_touches
from analytics.reports.splits import GroupNumbers, ValueTotals, group_label, grouped_totals, in_group, value_names

_OF_CONVERSIONS = ("conversions",)
_OF_PEOPLE = ("conversions", "attributed_events")


def attributed_metrics(question: Question) -> tuple[str, ...]:
    """What the question's split divides: by what events have, conversions alone."""
    assert question.split is not None
    return _OF_CONVERSIONS if question.split.subject is Subject.EVENTS else _OF_PEOPLE


def attribution_groups(source: Source, question: Question) -> tuple[GroupNumbers, ...]:
    """Attributed events and conversions of each group, those with most conversions first.

    Source: the ledger's touches, for values of people the contacts' table. One query, or two.
    """
    split = question.split
    assert split is not None
    if not split.segments:
        totals = partial(_totals, by=split.field)
        return grouped_totals(source.workspace, split, compared_answer(totals, source, question), "conversions")
    names = value_names(source.workspace, split, split.segment_ids)
    return tuple(
        GroupNumbers(group, group_label(group, names), 1, compared_answer(_whole, source, in_group(question, group)))
        for group in split.segment_groups
    )


def _whole(source: Source, question: Question) -> Numbers:
    attributed, converted = _credited_touches(source, question)
    return Numbers(conversions=len(converted.people), attributed_events=len(attributed.people))


def _credited_touches(source: Source, question: Question, by: Field | None = None) -> tuple[Touches, Touches]:
    """The touches of attributed events, and those of conversions that are credited to one of them."""
    window, part = question.window, question.part
    attributed, converted, _ = attributed_and_converted(source, window, part, by)
    credited = credited_places(source, attributed, converted, part.where.sources)
    return meant_touches(source, attributed, part.where.sources), converted.only(credited)


def _totals(source: Source, question: Question, *, by: Field) -> tuple[ValueTotals, ...]:
    if by.subject is Subject.EVENTS:
        _, converted = _credited_touches(source, question, by)
        values, [places] = values_of_columns([converted.values.as_values], text_of)
        return (ValueTotals(values, {"conversions": np.bincount(places, minlength=len(values))}),)
    attributed, converted = _credited_touches(source, question)
    people = PeopleValues.of(source.workspace, by)

    def totals(numbers: NDArray[np.int32]) -> NDArray[np.int64]:
        return np.bincount(people.at(numbers), minlength=len(people.values))

    by_metric = {
        "conversions": totals(converted.people),
        "attributed_events": totals(attributed.people),
    }
    return (ValueTotals(people.values, by_metric),)
