"""The one place that divides, and the words for every metric."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.metrics import METRICS, Numbers, Unit, metric_change, rate
from analytics.statistics import difference_interval, holm_adjusted, p_value, wilson_interval

every_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())


@pytest.mark.parametrize(
    ("numerator", "denominator", "share"),
    [
        (200, 11_200, 0.018),
        (3_360, 11_200, 0.3),
        (1_120, 11_200, 0.1),
        (43_500, 145_000, 0.3),
        (60, 100, 0.6),
        (1, 3, 0.333),
        (2, 3, 0.667),
        (1, 2000, 0.001),
        (999, 2_000_000, 0.0),
        (1_000, 2_000_000, 0.001),
        (5, 2000, 0.003),
        (1, 16, 0.063),
        (3, 16, 0.188),
        (1999, 2000, 1.0),
        (1, 1, 1.0),
        (0, 5, 0.0),
        (3, 2, 1.5),
    ],
)
def test_a_rate_is_rounded_half_up_to_three_decimals(numerator, denominator, share):
    assert rate(numerator, denominator) == share


@pytest.mark.parametrize("numerator", [0, 1, 11_200])
def test_a_rate_over_nothing_is_nought(numerator):
    assert rate(numerator, 0) == 0.0
    assert type(rate(numerator, 0)) is float


def test_a_rate_is_always_a_float():
    assert type(rate(1, 1)) is float
    assert type(rate(0, 1)) is float


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_rate_is_exact_however_large_the_numbers(numerator, denominator):
    exact = Fraction(numerator, denominator)
    thousandths = int(exact * 1000 + Fraction(1, 2))  # floor, for it is not negative
    assert rate(numerator, denominator) == float(Decimal(thousandths).scaleb(-3))


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_a_rate_is_what_decimal_arithmetic_says(numerator, denominator):
    said = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal("0.001"), ROUND_HALF_UP)
    assert rate(numerator, denominator) == float(said)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_share_of_a_part_is_from_nought_to_one(part, rest):
    assert 0.0 <= rate(part, part + rest) <= 1.0


@every_metric
def test_a_metric_has_a_name_a_definition_and_a_unit(metric):
    assert METRICS[metric.key] is metric
    assert metric.key.isidentifier()
    assert metric.key.islower()
    assert metric.label == metric.label.strip() != ""
    assert not metric.label[0].islower()
    assert metric.definition[0].isupper()
    assert metric.definition.endswith(".")
    assert isinstance(metric.unit, Unit)


@every_metric
def test_a_share_is_of_two_counts_an_average_of_an_amount_and_a_count_of_none(metric):
    if metric.unit is Unit.SHARE:
        for part in (metric.numerator, metric.denominator):
            assert METRICS[part].unit is Unit.COUNT
        assert metric.numerator != metric.denominator
        assert metric.formula == f"{METRICS[metric.numerator].label} ÷ {METRICS[metric.denominator].label}"
    elif metric.unit is Unit.MONEY and metric.numerator:
        assert [METRICS[part].unit for part in metric.parts] == [Unit.MONEY, Unit.COUNT]
        assert metric.formula == f"{METRICS[metric.numerator].label} ÷ {METRICS[metric.denominator].label}"
    else:
        assert (metric.numerator, metric.denominator, metric.formula) == (None, None, "")


def test_no_two_metrics_say_the_same():
    definitions = [metric.definition for metric in METRICS.values()]
    assert len(set(definitions)) == len(definitions)


def test_rates_of_the_overview_are_over_sent_and_those_of_a_campaign_over_delivered():
    over = {key: metric.denominator for key, metric in METRICS.items() if metric.unit is Unit.SHARE}
    assert over == {
        "delivery_rate": "sent",
        "open_rate": "sent",
        "click_rate": "sent",
        "human_open_rate": "sent",
        "human_click_rate": "sent",
        "campaign_open_rate": "delivered",
        "campaign_human_open_rate": "delivered",
        "campaign_human_click_rate": "delivered",
        "campaign_click_rate": "delivered",
        "bounce_rate": "delivered",
        "bounce_share": "sent",
        "hard_bounce_rate": "sent",
        "complaint_rate": "delivered",
        "unsubscribe_rate": "delivered",
        "funnel_step_rate": "funnel_previous",
        "funnel_overall_rate": "funnel_first",
        "funnel_mature_rate": "funnel_mature_first",
        "retention_rate": "cohort_size",
        "buyer_rate": "active_people",
    }


def test_a_formula_is_told_in_labels():
    assert METRICS["open_rate"].formula == "Opened ÷ Sent"


def test_a_value_is_the_number_or_the_rate_of_two():
    numbers = Numbers({"sent": 200, "opened": 50, "bounced": 3})
    assert numbers.value("sent") == 200
    assert numbers.value("open_rate") == 0.25
    assert numbers.value("clicked") == 0
    assert numbers.value("bounce_rate") == 0.0


def test_an_average_amount_is_in_whole_units_half_of_one_rounded_up():
    numbers = Numbers(gross_revenue=101, valued_orders=2)
    assert numbers.value("average_order") == 51
    assert (Numbers().value("average_order"), Numbers().known_value("average_order")) == (0, None)


@pytest.mark.parametrize(
    ("key", "numbers", "before", "amount", "is_good"),
    [
        ("sent", {"sent": 120}, {"sent": 100}, 0.2, True),
        ("sent", {"sent": 80}, {"sent": 100}, -0.2, False),
        ("sent", {"sent": 100}, {"sent": 100}, 0.0, None),
        ("sent", {"sent": 100}, {"sent": 29}, None, None),
        ("sent", {"sent": 100}, {}, None, None),
        ("bounced", {"bounced": 120}, {"bounced": 100}, 0.2, False),
        ("open_rate", {"sent": 100, "opened": 30}, {"sent": 100, "opened": 25}, 0.05, True),
        ("open_rate", {"sent": 29, "opened": 10}, {"sent": 100, "opened": 25}, None, None),
        ("open_rate", {"sent": 100, "opened": 10}, {"sent": 29, "opened": 9}, None, None),
        ("bounce_rate", {"delivered": 100, "bounced": 2}, {"delivered": 100, "bounced": 5}, -0.03, True),
    ],
)
def test_a_change_is_relative_for_counts_and_in_points_for_shares(key, numbers, before, amount, is_good):
    before = Numbers(before)
    found = metric_change(key, Numbers(numbers), before)
    assert (found.amount, found.is_good) == (amount, is_good)
    assert found.before == before.value(key)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_wilsons_interval_is_the_published_one(successes, trials, low, high):
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilsons_interval_of_nothing_is_everything():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_wilsons_interval_holds_the_share_seen(successes, trials):
    successes = min(successes, trials)
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1


def test_a_rate_over_nothing_is_not_known():
    assert Numbers({"sent": 0}).known_value("open_rate") is None
    assert Numbers({"sent": 4, "opened": 1}).known_value("open_rate") == 0.25
    assert Numbers({}).known_value("sent") == 0


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),  # Newcombe 1998, table II, method 10
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombes_interval_is_the_published_one(one, other, low, high):
    found = difference_interval(*one, *other)
    assert (round(found[0], 4), round(found[1], 4)) == (low, high)
    turned = difference_interval(*other, *one)
    assert (-turned[1], -turned[0]) == pytest.approx(found)


def test_a_difference_to_nothing_may_be_anything():
    assert difference_interval(3, 10, 0, 0) == difference_interval(0, 0, 3, 10) == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        ((450, 1000), (400, 1000), 0.0237),
        ((20034, 44700), (20119, 45489), 0.0744),  # Cookie Cats, day 1
        ((8502, 44700), (8279, 45489), 0.00155),  # and day 7
        ((3, 10), (3, 10), 1.0),
        ((0, 10), (0, 20), 1.0),
        ((10, 10), (20, 20), 1.0),
        ((0, 0), (3, 10), 1.0),
    ],
)
def test_the_p_value_is_the_pooled_z_tests(one, other, p):
    assert p_value(*one, *other) == p_value(*other, *one) == pytest.approx(p, rel=0.003)


def test_holms_adjusted_p_values_are_the_published_ones():
    assert holm_adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm_adjusted([0.6, 0.7]) == (1.0, 1.0)
    assert holm_adjusted([]) == ()
