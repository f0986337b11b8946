"""Credit of conversions: the same as trying every touch, also over years."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Touches
from analytics.reports.attribution.credits import Credits, are_credited

YEAR = 365 * 86_400_000_000
rows = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(1, 4)), max_size=25)


def touches(rows, unit=1):
    people, at, utm = (np.array(column, np.int64) for column in (zip(*rows, strict=True) if rows else ([], [], [])))
    return Touches(
        numbers=lambda: people.astype(np.int32),
        table=np.empty(0, np.int32),
        days=lambda: np.zeros(len(rows), np.int16),
        at=lambda: at * unit,
        utm=lambda: utm.astype(np.int32),
    )


def last_touches(attributed, converted, order=range(5)):
    """By conversion, instant and triple of its last touch, by trying them all; `order` has a rank for each triple."""
    found = {}
    for place, (person, at, _) in enumerate(converted):
        before = [(touched_at, utm) for other, touched_at, utm in attributed if other == person and touched_at <= at]
        if before:
            found[place] = max(before, key=lambda touch: (touch[0], order[touch[1]]))
    return found


@pytest.mark.parametrize("unit", [1, YEAR])
@given(attributed=rows, converted=rows, order=st.permutations(range(5)))
def test_the_last_touch_is_credited(unit, attributed, converted, order):
    """Of several at one instant, the one that comes last in an order of triples."""
    ranks = np.array(order)
    credits = Credits.of_last_touch(touches(attributed, unit), touches(converted, unit), ranks.__getitem__)
    pairs = zip(credits.conversions.tolist(), credits.touches.tolist(), strict=True)
    assert {place: attributed[touch][1:] for place, touch in pairs} == last_touches(attributed, converted, order)
    assert credits.weights.tolist() == [1.0] * len(credits.conversions)


@given(attributed=rows, converted=rows)
def test_a_conversion_is_credited_if_there_is_any_touch(attributed, converted):
    found = np.flatnonzero(are_credited(touches(attributed), touches(converted))).tolist()
    assert found == sorted(last_touches(attributed, converted))


@pytest.mark.long
def test_many_people_over_years_keep_their_order():
    """Person and instant together have more bits than a number: ranks stand for the instants."""
    people = range(70_000)
    attributed = touches([(person, at, at + 1) for person in people for at in (0, 9)], YEAR)
    converted = touches([(person, person % 10, 0) for person in people], YEAR)
    credits = Credits.of_last_touch(attributed, converted, np.asarray)
    assert np.array_equal(attributed.utm[credits.touches], [10 if person % 10 == 9 else 1 for person in people])


def test_credit_by_group():
    attributed, converted = touches([(1, 0, 3), (1, 5, 2)]), touches([(1, 1, 0), (1, 6, 0), (1, 7, 0), (2, 9, 0)])
    credits = Credits.of_last_touch(attributed, converted, np.asarray)
    assert credits.by_group(attributed.utm, 4).tolist() == [0, 0, 2, 1]
