"""When a number rings: by rules that can be reckoned by hand, seldom by chance, and the next morning where it fell."""

import random
from math import exp
from statistics import mean

import pytest

from analytics.statistics.alarms import (
    HISTORY_DAYS,
    AlertKind,
    AlertRule,
    DayJudgement,
    DayValue,
    Direction,
    anomaly_judgement,
    change_judgement,
    is_open_after,
    silence_judgement,
    threshold_judgement,
)

UP, DOWN, BOTH = Direction.UP, Direction.DOWN, Direction.BOTH


def counts(*numbers):
    return [DayValue(float(number), float(number)) for number in numbers]


def shares(*pairs):
    return [DayValue(hits / of if of else None, float(of), is_share=True) for hits, of in pairs]


def rule_of(kind, direction=BOTH, amount=None):
    return AlertRule(kind, direction, amount)


@pytest.mark.parametrize(
    ("value", "limit", "direction", "rings"),
    [(11, 10, UP, True), (10, 10, UP, False), (9, 10, DOWN, True), (10, 10, DOWN, False), (0, 10, UP, False)],
)
def test_a_threshold_rings_beyond_its_limit_alone(value, limit, direction, rings):
    judgement = threshold_judgement(counts(value), limit, direction)
    assert (judgement.rings, judgement.is_calm) == (rings, not rings)


def test_of_nothing_nothing_is_said():
    judgement = threshold_judgement(shares((0, 0)), 0.1, DOWN)
    assert (judgement.rings, judgement.is_calm) == (False, False)


@pytest.mark.parametrize(
    ("before", "value", "direction", "rings"),
    [
        (100, 79, BOTH, True),
        (100, 80, BOTH, False),
        (100, 121, BOTH, True),
        (100, 121, DOWN, False),
        (100, 79, DOWN, True),
        (100, 79, UP, False),
        (29, 0, BOTH, False),
        (0, 50, BOTH, False),
    ],
)
def test_a_change_is_against_the_same_weekday_a_week_before(before, value, direction, rings):
    week = counts(before, 1, 2, 3, 4, 5, 6, value)
    assert change_judgement(week, 0.2, direction).rings == rings


def test_a_change_says_nothing_without_a_week_before():
    assert not change_judgement(counts(1, 2, 3), 0.2, BOTH).is_calm


WEEKS_OF_100 = [100] * HISTORY_DAYS


def test_an_anomaly_is_3_deviations_of_the_logarithm_below_or_3_6_above_the_middle_of_the_weekday():
    # by chance alone 100 deviate by 10, from a middle of eight weeks by 1.0648 times that: e to the power of 3 of these
    # shares is 1.376, to that of 3.6 is 1.467
    judgement = anomaly_judgement(counts(*WEEKS_OF_100, 73))
    assert (judgement.expected, round(judgement.low, 1), round(judgement.high, 1)) == (100, 72.7, 146.7)
    assert not judgement.rings
    assert anomaly_judgement(counts(*WEEKS_OF_100, 72)).rings
    assert anomaly_judgement(counts(*WEEKS_OF_100, 147)).rings
    assert not anomaly_judgement(counts(*WEEKS_OF_100, 147), DOWN).rings
    assert anomaly_judgement(counts(*WEEKS_OF_100, 0), DOWN).rings


def test_where_rises_alone_are_asked_for_they_ring_as_soon_as_falls():
    assert round(anomaly_judgement(counts(*WEEKS_OF_100, 100), UP).high, 1) == 137.6


def test_what_has_rung_lately_rings_half_as_far_again():
    judgement = anomaly_judgement(counts(*WEEKS_OF_100, 65), has_rung=True)
    assert (round(judgement.low, 1), judgement.rings) == (61.9, False)
    days = counts(*WEEKS_OF_100, 65, *[100] * 8, 65, *[100] * 90, 65)
    assert rule_of(AlertKind.ANOMALY).openings(days, 101) == [HISTORY_DAYS, HISTORY_DAYS + 100]


def test_days_that_differ_widen_what_is_usual():
    """A third of the weekday's own variance and two of that of all days: `ln 1.2` is 0.1823."""
    calm, uneven = [100] * 6, [120_000, 100_000, 83_333, 100_000]
    days = [day * 1000 for week in range(8) for day in [uneven[week % 4] / 1000, *calm]]
    off = 0.1823
    # of the weekday four of eight lie that far; of all 56 they are so few that none counts as farther than the others
    own = (4 / 8) ** 0.5 * off * (8 / 6.93) ** 0.5
    all_days = (4 / 56) ** 0.5 * off / 0.94 * (8 / 6.93) ** 0.5
    deviation = (all_days**2 * 2 / 3 + own**2 / 3) ** 0.5 * (1 + 1.07 / 8) ** 0.5
    assert anomaly_judgement(counts(*days, 100_000)).low == pytest.approx(100_000 * exp(-3 * deviation), rel=1e-3)


def test_an_anomaly_is_at_least_a_fifth_of_what_is_large():
    many = [10_000] * HISTORY_DAYS
    assert not anomaly_judgement(counts(*many, 8_001)).rings
    assert anomaly_judgement(counts(*many, 7_999)).rings


@pytest.mark.parametrize(("usual", "weeks"), [(29, 8), (100, 3)])
def test_an_anomaly_is_none_of_few_or_without_weeks_to_compare_with(usual, weeks):
    judgement = anomaly_judgement(counts(*[usual] * 7 * weeks, 0))
    assert (judgement.rings, judgement.is_calm) == (False, False)


def test_what_began_four_weeks_ago_is_judged_by_these():
    begun = [*[0] * 28, *[1000] * 28]
    assert anomaly_judgement(counts(*begun, 700)).rings
    assert anomaly_judgement(counts(*begun[1:], 700, 700)).rings
    assert not anomaly_judgement(counts(*[0] * 29, *[1000] * 27, 700)).rings


def test_nothing_is_said_of_amounts_that_are_usually_paid_back():
    days = [DayValue(amount, 100, is_amount=True) for amount in (*[-5000.0] * HISTORY_DAYS, 9000.0)]
    assert anomaly_judgement(days) == DayJudgement(9000.0)


def test_a_weekday_is_compared_with_itself():
    week = [1000, 1000, 1000, 1000, 1000, 100, 100]
    assert not anomaly_judgement(counts(*week * 8, 1000)).rings
    assert anomaly_judgement(counts(*week * 8, 100)).rings


def test_a_rate_is_judged_by_its_own_trials():
    usual = [(100, 1000)] * HISTORY_DAYS
    assert anomaly_judgement(shares(*usual, (50, 1000))).rings
    assert not anomaly_judgement(shares(*usual, (5, 100))).rings  # the same rate, of a tenth: chance
    assert not anomaly_judgement(shares(*usual, (0, 29))).rings
    assert anomaly_judgement(shares(*usual, (0, 0))).value is None


def test_a_rate_of_few_hits_is_judged_by_its_own_deviations():
    usual = [(10, 1000)] * HISTORY_DAYS
    # by chance 1 % of 1,000 deviates by 0.31 points, from a median of eight weeks by 1.0938 times that: 3.5 of these
    # are 1.2 points
    judgement = anomaly_judgement(shares(*usual, (22, 1000)))
    assert (round(judgement.low, 4), round(judgement.high, 4), judgement.rings) == (0, 0.022, False)
    assert anomaly_judgement(shares(*usual, (23, 1000))).rings
    assert not anomaly_judgement(shares(*usual, (23, 1000)), has_rung=True).rings


def test_an_alert_stays_as_it_is_between_ringing_and_calm():
    states, is_open = [], False
    for value in (100, 60, 76, 85, 60, 100):
        is_open = is_open_after(is_open, anomaly_judgement(counts(*WEEKS_OF_100, value)))
        states.append(is_open)
    assert states == [False, True, True, False, True, False]


def test_openings_are_told_once_each():
    days = counts(*[100] * (HISTORY_DAYS + 2), 40, 40, 100, 100, 40, 100)
    assert rule_of(AlertKind.ANOMALY).openings(days, 8) == [HISTORY_DAYS + 2, HISTORY_DAYS + 6]
    assert rule_of(AlertKind.THRESHOLD, DOWN, 50.0).openings(days, 3) == [HISTORY_DAYS + 6]


def test_silence_is_three_usual_gaps_and_more_than_the_longest_but_one():
    every_hour = [1] * 100
    assert not silence_judgement([*every_hour, 0, 0]).rings
    assert silence_judgement([*every_hour, 0, 0, 0]).rings
    night = ([1] * 12 + [0] * 12) * 10
    judgement = silence_judgement([*night, *[0] * 26])
    assert (judgement.value, judgement.high, judgement.rings) == (39, 39, False)
    assert silence_judgement([*night, *[0] * 27]).rings
    week = ([1] * 10 + [0] * 14) * 5 + [0] * 48
    assert silence_judgement(week * 4).high == 1.5 * 63
    assert silence_judgement([1, 0, 1]).high is None


def test_silence_is_over_with_what_comes():
    assert silence_judgement([*[1] * 100, 0, 0, 0, 1]).is_calm


@pytest.mark.parametrize(("level", "noise"), [(60, 0.0), (300, 0.05), (3000, 0.1)])
def test_where_nothing_has_changed_it_rings_at_most_once_in_90_days(level, noise):
    """Days by Poisson, each of a level of its own, with weekends of half as many."""
    draw = random.Random(level)
    openings = []
    for _ in range(12):
        days = counts(*(_draw(draw, level, noise, place) for place in range(HISTORY_DAYS + 90)))
        openings.append(len(rule_of(AlertKind.ANOMALY).openings(days, 90)))
    assert mean(openings) <= 0.5
    assert max(openings) <= 1


def test_days_on_which_nothing_came_hide_no_fall_a_month_later():
    draw = random.Random(1)
    days = [_draw(draw, 3000, 0.05, place) for place in range(HISTORY_DAYS + 1)]
    before, today = days[:-1], round(days[-1] * 0.6)
    for place in (19, 20, HISTORY_DAYS - 7):  # the last of these is today's weekday
        before[place] = 0
    assert anomaly_judgement(counts(*before, today)).rings


@pytest.mark.long
def test_weekends_that_vary_more_and_long_tails_ring_at_most_once_in_90_days():
    draw, openings = random.Random(2), {"weekends": [], "tails": []}
    for _ in range(12):
        for kind, found in openings.items():
            days = counts(*(_uneven(draw, kind, place) for place in range(HISTORY_DAYS + 90)))
            found.append(len(rule_of(AlertKind.ANOMALY).openings(days, 90)))
    assert {kind: mean(found) <= 1 for kind, found in openings.items()} == {"weekends": True, "tails": True}


def _uneven(draw, kind, place):
    """Of 3,000 a day: weekends vary by 15 % and others by 5, or all with the tails of a t of four."""
    if kind == "weekends":
        return max(0, round(3000 * draw.gauss(1, 0.15 if place % 7 > 4 else 0.05)))
    spread = mean([draw.gauss(0, 1) ** 2 for _ in range(4)]) ** 0.5
    return round(3000 * exp(0.08 * draw.gauss(0, 1) / spread))


@pytest.mark.parametrize(("level", "noise", "least"), [(500, 0.0, 38), (3000, 0.05, 39), (3000, 0.1, 34)])
def test_a_fall_of_40_per_cent_rings_the_next_morning(level, noise, least):
    draw, caught = random.Random(level), 0
    for _ in range(40):
        days = [_draw(draw, level, noise, place) for place in range(HISTORY_DAYS + 1)]
        caught += anomaly_judgement(counts(*days[:-1], round(days[-1] * 0.6))).rings
    assert caught >= least


def _draw(draw, level, noise, place):
    mean_of_day = level * (0.5 if place % 7 > 4 else 1.0) * (draw.gauss(1, noise) if noise else 1)
    return max(0, round(draw.gauss(mean_of_day, mean_of_day**0.5)))


def test_falls_are_tried_on_the_days_before():
    """Of 1,000 a day a fall by 40 % rings, of 20 none is told: both by chance alone."""
    draw = random.Random(3)
    for level, share in ((1000, 1.0), (20, 0.0)):
        days = counts(*(_draw(draw, level, 0.0, place) for place in range(HISTORY_DAYS + 90)))
        assert rule_of(AlertKind.ANOMALY).share_of_falls(days, 90) == share
        assert rule_of(AlertKind.ANOMALY, UP).share_of_falls(days, 90) is None
    weeks = counts(*[1000] * 100)
    assert rule_of(AlertKind.THRESHOLD, DOWN, 600.5).share_of_falls(weeks, 90) == 1
    assert rule_of(AlertKind.CHANGE, DOWN, 0.5).share_of_falls(weeks, 90) == 0
    assert rule_of(AlertKind.ANOMALY).share_of_falls(counts(*[0] * 120, *[1000] * 29), 90) is None


def test_falls_are_not_tried_on_days_before_which_there_was_nothing():
    begun = [0] * (HISTORY_DAYS + 20)
    assert rule_of(AlertKind.ANOMALY).share_of_falls(counts(*begun, *[1000] * 70), 90) == 1
    assert rule_of(AlertKind.ANOMALY).share_of_falls(counts(*begun, *[1000] * 57), 90) is None
    assert rule_of(AlertKind.CHANGE, DOWN, 0.2).share_of_falls(counts(*begun, *[1000] * 57), 90) == 50 / 57
