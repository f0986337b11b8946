"""Why a metric changed: on random histories as the facts have it one by one, and pieces that add up."""

from dataclasses import replace
from datetime import date
from functools import partial
from itertools import count

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.lists.changes import rows_of_change
from analytics.metrics import METRICS, Unit
from analytics.models import SavedSegment
from analytics.periods import Window
from analytics.questions.fields import field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf, Did, EventAct, Is
from analytics.questions.groups import Breakdown
from analytics.questions.parts import parts_of
from analytics.questions.ranges import ComparedDays, Comparison, Match, previous
from analytics.questions.segments import segment_data
from analytics.questions.slices import Slice
from analytics.questions.what_changed import METRICS_OF_CHANGES, WhatChangedQuestion, tells_change
from analytics.reports.changes.report import what_changed
from tests.analytics.filtering.histories import NOW, ZONE, facts, of_events, of_messages, of_people
from tests.analytics.ledger.facts import Facts
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()
SHOWN = Window.between(date(2026, 3, 25), date(2026, 3, 31), zone=ZONE)
FORTNIGHT = Window.between(date(2026, 3, 17), date(2026, 3, 31), zone=ZONE)
SPLITS = [
    None,
    *map(Breakdown, map(field_of, ("contact.plan", "contact.known", "property.plan", "utm.term", "domain"))),
]


OF_SEGMENTS = [
    Is(field_of("contact.plan"), ("pro",)),
    Is(field_of("contact.known"), ("true",)),
    Did(EventAct("visit"), AllOf(), within=3),
]


def question_of(workspace, data):
    """About any metric that can be told of some part of the facts."""
    conditions = {
        "events": of_events,
        "messages": partial(of_messages, workspace),
        "people": partial(of_people, workspace),
    }
    of_facts = conditions.get(data.draw(st.sampled_from(["", "", *conditions])))
    where = AllOf() if of_facts is None else canonical(AllOf((data.draw(of_facts()),)))
    part = Slice(where=parts_of(where)).ending_with(SHOWN.last_day)
    metric = data.draw(st.sampled_from([key for key in METRICS_OF_CHANGES if tells_change(part, key)]))
    window, days = data.draw(
        st.sampled_from(
            [
                (SHOWN, previous(SHOWN, Match.WEEKDAY)),
                (SHOWN, ComparedDays(Window(ZONE, date(2026, 3, 19), 6), 6)),
                (FORTNIGHT, previous(FORTNIGHT, Match.DATE)),
            ]
        )
    )
    return WhatChangedQuestion(
        window=window, now=NOW, part=part, comparison=Comparison.CUSTOM, compared_days=days, metric=metric
    )


def without_meta(report):
    return replace(report, meta=None)


@pytest.mark.long
@pytest.mark.django_db
@examples(12, phases=[Phase.generate])
@given(facts, st.data())
def test_changes_are_those_of_the_facts_and_pieces_add_up(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"why{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    for number in range(2):
        condition = segment_data(AllOf((data.draw(st.sampled_from(OF_SEGMENTS)),)))
        SavedSegment.objects.create(workspace=workspace, name=f"S{number}", condition=condition)
    for _ in range(2):
        question = question_of(workspace, data)
        found = what_changed(Ledger(workspace), question)
        assert without_meta(found) == without_meta(what_changed(Facts(workspace), question))
        if found.periods:
            check_sums(found)
            check_lists(workspace, found)


def check_lists(workspace, report):
    """Of the whole, of the first and the last pieces and of all weekdays, that as many rows are behind each count."""
    pieces = [piece for change in report.changes for piece in (change.pieces[0], change.pieces[-1])]
    pieces += [piece for change in report.changes for piece in change.pieces if piece.weekday]
    for piece in (None, *pieces):
        both = report.whole if piece is None else piece.both
        for side, numbers in enumerate((both.numbers, both.before)):
            for key in report.metric.parts:
                rows = rows_of_change(key, report.periods, side, piece)
                if rows is not None and METRICS[key].unit is not Unit.MONEY and METRICS[key].scale == 1:
                    assert rows.find(workspace, now=NOW).total == numbers[key], (key, piece)


def check_sums(report):
    metric, whole = report.metric, report.whole
    for change in report.changes:
        for key in metric.parts:
            assert sum(piece.both.numbers[key] for piece in change.pieces) == whole.numbers[key]
            assert sum(piece.both.before[key] for piece in change.pieces) == whole.before[key]
        assert abs(sum(piece.amount for piece in change.pieces) - report.amount) < 1e-12
    if report.factors:
        assert abs(sum(factor.amount for factor in report.factors) - report.amount) < 1e-9
