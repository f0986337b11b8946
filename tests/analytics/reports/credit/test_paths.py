"""The touches before conversions: the same as trying every touch of every conversion."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.questions.credit import CreditRule, TouchKind
from analytics.reports.credit import paths as module
from analytics.reports.credit.paths import ConversionTimes, Touchpoints, led_by_clicks, paths
from tests.analytics.reports.credit.paths import DAY, MINUTE

YEAR = 365 * DAY


def rule(collapse=30, **minutes):
    lookbacks = tuple((TouchKind[kind], timedelta(minutes=longest)) for kind, longest in minutes.items())
    return CreditRule(lookbacks=lookbacks, collapse=timedelta(minutes=collapse))


RULE = rule(VISIT=40, CLICKED=20, OPENED=5, collapse=7)


def arrays(rows, *types):
    columns = zip(*rows, strict=True) if rows else [()] * len(types)
    return [np.array(column, kind) for column, kind in zip(columns, types, strict=True)]


def touchpoints(rows, unit=MINUTE):
    people, at, kinds, labels, trails = arrays(rows, np.int32, np.int64, np.int8, np.int32, np.int32)
    at = at * unit
    return Touchpoints(people, at, kinds, labels, led_by_clicks(people, at, kinds, trails))


def conversions(rows, unit=MINUTE):
    people, at = arrays(rows, np.int32, np.int64)
    return ConversionTimes(people, at * unit)


def path_lists(touches, converted, rule=RULE, unit=MINUTE):
    """For each conversion its touches (kind, label, age in units), in order."""
    points, found = touchpoints(touches, unit), []
    for part in paths(points, conversions(converted, unit), rule):
        for first, end in zip(part.starts[:-1], part.starts[1:], strict=True):
            places = part.touches[first:end]
            ages = (part.ages[first:end] // unit).tolist()
            found.append([*zip(points.kinds[places].tolist(), points.labels[places].tolist(), ages, strict=True)])
    return found


def tried_paths(touches, converted):
    """The same by the words of the definition, in minutes."""
    longest = {TouchKind.VISIT: 40, TouchKind.CLICKED: 20, TouchKind.OPENED: 5, TouchKind.DELIVERED: -1}
    answer = []
    for whose, converted_at in converted:
        theirs = [touch for touch in touches if touch[0] == whose and touch[1] <= converted_at]
        found = []
        for place, (_, at, kind, label, trail) in enumerate(theirs):
            later = [
                t[1] - at
                for n, t in enumerate(theirs)
                if n != place and t[3] == label and is_after(t, n, theirs[place], place)
            ]
            clicks = [t[1] for t in theirs if t[2] == TouchKind.CLICKED and t[4] == trail >= 0 and 0 <= at - t[1] <= 30]
            is_led = kind == TouchKind.VISIT and any(clicks) and converted_at - max(clicks) <= 20
            if converted_at - at <= longest[kind] and not any(wait <= 7 for wait in later) and not is_led:
                found.append((kind, label, converted_at - at))
        answer.append(sorted(found, key=lambda touch: (-touch[2], touch[0], touch[1])))
    return answer


def is_after(other, place, touch, own_place):
    return (other[1], other[2], place) > (touch[1], touch[2], own_place)


people, at = st.integers(0, 2), st.integers(1, 60)
kinds = st.sampled_from([*map(int, TouchKind)])
touch_rows = st.lists(st.tuples(people, at, kinds, st.integers(0, 2), st.integers(-1, 1)), max_size=14)
conversion_rows = st.lists(st.tuples(people, at), max_size=5)


@pytest.mark.long
@given(touches=touch_rows, converted=conversion_rows)
def test_paths_are_what_trying_every_touch_finds(touches, converted):
    assert path_lists(touches, converted) == tried_paths(touches, converted)


@pytest.mark.long
@given(touches=touch_rows, converted=conversion_rows, order=st.randoms())
def test_paths_do_not_depend_on_the_order_of_what_is_given(touches, converted, order):
    again = order.sample(touches, len(touches))
    assert path_lists(again, converted) == path_lists(touches, converted)


@given(touches=touch_rows, converted=conversion_rows)
def test_paths_do_not_depend_on_what_memory_holds(touches, converted):
    whole, module.MOST_ENTRIES = module.MOST_ENTRIES, 3
    try:
        in_parts = path_lists(touches, converted)
    finally:
        module.MOST_ENTRIES = whole
    assert in_parts == path_lists(touches, converted)


@pytest.mark.parametrize(
    ("age", "counts"), [(30 * DAY - 1, True), (30 * DAY, True), (30 * DAY + 1, False), (0, True), (-1, False)]
)
def test_both_ends_of_a_lookback_are_in_it(age, counts):
    found = path_lists([(0, 50 * DAY - age, TouchKind.VISIT, 0, -1)], [(0, 50 * DAY)], CreditRule(), unit=1)
    assert found == [[(TouchKind.VISIT, 0, age)] if counts else []]


def test_touches_at_one_instant_come_in_the_order_of_their_kinds():
    touches = [
        (0, 1, kind, 9, -1) for kind in (TouchKind.VISIT, TouchKind.CLICKED, TouchKind.DELIVERED, TouchKind.OPENED)
    ]
    same = rule(DELIVERED=9, OPENED=9, CLICKED=9, VISIT=9, collapse=0)
    assert [kind for kind, _, _ in path_lists(touches, [(0, 1)], same)[0]] == sorted(TouchKind)


def test_a_click_and_the_visit_it_led_to_are_one_touch():
    """As long as the click counts; then the visit does, which counts longer."""
    touches = [(0, 0, TouchKind.CLICKED, 1, 5), (0, 2, TouchKind.VISIT, 2, 5)]
    found = path_lists(touches, [(0, 60), (0, 6 * 24 * 60)], CreditRule())
    assert [[kind for kind, _, _ in path] for path in found] == [[TouchKind.CLICKED], [TouchKind.VISIT]]


def test_only_what_was_since_then_counts():
    points = touchpoints([(0, 1, TouchKind.VISIT, 0, -1), (0, 90, TouchKind.VISIT, 1, -1)])
    since = ConversionTimes(np.array([0, 0], np.int32), np.array([99, 99]) * MINUTE, np.array([1, 2]) * MINUTE)
    [part] = paths(points, since, CreditRule())
    assert part.lengths.tolist() == [2, 1]


def test_people_and_years_beyond_the_bits_of_a_number_keep_their_order():
    touches = [(person, day, TouchKind.VISIT, 0, -1) for person in (0, 2**30) for day in range(0, 30_000, 1000)]
    found = path_lists(touches, [(2**30, 29_001)], unit=DAY, rule=rule(VISIT=1000 * 24 * 60))
    assert found == [[(TouchKind.VISIT, 0, 1)]]
