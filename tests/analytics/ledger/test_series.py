"""Touches: what is known of each touch's person."""

from functools import partial
from operator import itemgetter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import series
from analytics.ledger.people import lookup
from analytics.ledger.series import DayPart, Touches
from tests.examples import examples

PEOPLE = 12
numbers = st.lists(st.integers(0, PEOPLE - 1), max_size=30).map(lambda them: np.array(them, np.int32))
joins = st.lists(st.tuples(st.integers(1, PEOPLE - 1), st.integers(0, PEOPLE - 1)), max_size=6)


def table_of(joined):
    """Towards smaller numbers, so never in a circle."""
    return lookup([(np.array([one], np.int32), np.array([other], np.int32)) for one, other in joined if other < one])


@examples(200)
@given(numbers, joins, st.integers(0, 2 * PEOPLE))
def test_what_each_touchs_person_has_is_found_by_number_as_by_person(carried, joined, known):
    touches = Touches(numbers=lambda: carried, table=table_of(joined), days=None, at=None, utm=None)
    by_person = np.arange(100, 100 + known, dtype=np.int32)
    expected = [by_person[person] if person < known else -1 for person in touches.people.tolist()]
    assert touches.of_each(by_person, otherwise=-1).tolist() == expected


@examples(100)
@given(st.lists(st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, 4)), max_size=20), max_size=3), joins)
def test_days_are_the_same_however_touches_lie(of_parts, joined):
    """As arrays of all, and day by day, as in the ledger."""
    table, at_of = table_of(joined), itemgetter(1)

    def touches(rows, **parts):
        numbers, days = np.array(rows, np.int32).reshape(-1, 2).T
        return Touches(lambda: numbers, table, lambda: days.astype(np.int16), lambda: days * 10, utm=None, **parts)

    def as_in_segments(rows):
        by_day = {day: [number for number, of in rows if of == day] for day in sorted({*map(at_of, rows)})}
        parts = {
            day: [DayPart(partial(np.array, numbers, np.int32), partial(np.full_like, fill_value=10 * day))]
            for day, numbers in by_day.items()
        }
        return touches(rows, parts_by_day=lambda: parts)

    for kind in (touches, as_in_segments):
        together = Touches.of_parts([kind(rows) for rows in of_parts])
        found = {
            (day, at, person)
            for day, parts in together.parts_by_day.items()
            for part in parts
            for people in [together.people_of(part).tolist()]
            for person, at in zip(people, part.at(np.arange(len(people))).tolist(), strict=True)
        }
        assert found == {*zip(together.days.tolist(), together.at.tolist(), together.people.tolist(), strict=True)}
        assert list(together.parts_by_day) == sorted(together.parts_by_day)
        assert len(together.person_of_number) == 1 + int(together.numbers.max(initial=-1))


@examples(200)
@given(st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, 4)), max_size=30), joins, st.booleans())
def test_whose_touches_lie_on_a_day_is_told_by_person(monkeypatch, rows, joined, is_mixed):
    monkeypatch.setattr(series, "MOST_RUNS", 3)
    numbers, days = np.array(rows if is_mixed else sorted(rows, key=itemgetter(1)), np.int32).reshape(-1, 2).T
    touches = Touches(lambda: numbers, table_of(joined), days=lambda: days.astype(np.int16), at=None, utm=None)
    found = {day: np.flatnonzero(are_there).tolist() for day, are_there in touches.people_by_day(PEOPLE)}
    people = touches.people
    assert found == {day: sorted({*people[days == day].tolist()}) for day in {*days.tolist()}}
