"""Amounts of money in tables, files, charts and key figures."""

from decimal import Decimal

import pytest
from django.template import Context, Template

from analytics.metrics import METRICS, Numbers, metric_change
from analytics.money import Amount
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.formats import amount_text, compact_amount
from analytics.presentation.money import shown_number
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.presentation.texts import table_text
from analytics.presentation.tiles import Tile
from analytics.templatetags.figures import change, sparkline_points

REVENUE = Column.of("revenue", currency="EUR")
TABLE = Table(
    "t",
    "Campaigns",
    (Column("name", "Campaign"), REVENUE),
    (
        Row({"name": Cell("a"), "revenue": Cell(Amount("EUR", 123450))}),
        Row({"name": Cell("b"), "revenue": Cell(Amount("EUR", -500))}),
        Row({"name": Cell("c"), "revenue": Cell(None)}),
        Row({"name": Cell("d"), "revenue": Cell(Amount("EUR", 99))}),
    ),
    sortable=True,
)


def test_the_head_names_the_currency_once():
    assert REVENUE.head == "Net revenue (EUR)"
    assert table_text(TABLE).split("\n") == [
        "Campaigns",
        "Campaign  Net revenue (EUR)",
        "a                  1,234.50",
        "b                     −5.00",
        "c                         –",
        "d                      0.99",
    ]


def test_a_column_of_several_currencies_names_them_in_its_cells():
    rows = tuple(Row({"name": Cell("x"), "paid": Cell(Amount(*each))}) for each in (("EUR", 1), ("JPY", 1200)))
    table = Table("t", "T", (Column("name", "Name"), Column("paid", "Paid", Kind.MONEY)), rows)
    assert [line.split()[-2:] for line in table_text(table).split("\n")[2:]] == [["0.01", "EUR"], ["1,200", "JPY"]]


def test_a_file_has_amounts_as_numbers_with_the_decimal_places_of_their_currency():
    assert [line[1] for line in TABLE.lines()] == [Decimal("1234.50"), Decimal("-5.00"), None, Decimal("0.99")]
    assert str(Amount("KWD", 1005).major) == "1.005"


def test_amounts_are_sorted_by_their_size_and_what_has_none_is_last():
    assert [row.value("name") for row in TABLE.sorted_by("-revenue").rows] == ["a", "d", "b", "c"]
    assert [row.value("name") for row in TABLE.sorted_by("revenue").rows] == ["b", "d", "a", "c"]


def test_a_chart_draws_major_units():
    chart = Chart(ChartKind.LINE, "Net revenue", TABLE, ("revenue",), "")
    [series] = chart.data(str)["series"]
    assert series["values"] == [1234.5, -5.0, None, 0.99]
    assert (series["unit"], series["currency"], series["digits"]) == ("money", "EUR", 2)


@pytest.mark.parametrize(
    ("amount", "text", "compact"),
    [
        (Amount("EUR", 3010), "30.10 EUR", "30.10 EUR"),
        (Amount("JPY", 1200), "1,200 JPY", "1,200 JPY"),
        (Amount("EUR", 120_499), "1,204.99 EUR", "1,204 EUR"),
        (Amount("EUR", -500), "−5.00 EUR", "−5.00 EUR"),
        (Amount("EUR", 1_239_999), "12,399.99 EUR", "12.3k EUR"),
        (Amount("EUR", -310_000_000), "−3,100,000.00 EUR", "−3.1M EUR"),
    ],
)
def test_an_amount_reads_as_people_write_it(amount, text, compact):
    assert (amount_text(amount), compact_amount(amount)) == (text, compact)


def test_only_metrics_of_money_are_shown_as_amounts():
    numbers = Numbers(orders=3, revenue=900)
    assert shown_number(numbers, "revenue", "EUR") == Amount("EUR", 900)
    assert shown_number(numbers, "orders", "EUR") == 3
    assert shown_number(numbers, "campaign_open_rate", "EUR") is None


def test_what_money_changed_by_is_told_from_thirty_orders_on():
    now = Numbers(orders=40, revenue=1500)
    of_some = metric_change("revenue", now, Numbers(orders=30, revenue=1000))
    assert of_some.amount == 0.5
    assert metric_change("revenue", now, Numbers(orders=29, revenue=1000)).amount is None
    assert metric_change("revenue", now, Numbers(orders=30, revenue=0)).amount is None
    assert metric_change("revenue", now, Numbers(orders=30, revenue=-5)).amount is None, "of what was given back"


def test_a_change_of_money_says_the_amount_before():
    before = metric_change("revenue", Numbers(orders=40, revenue=1500), Numbers(orders=30, revenue=1000))
    assert 'title="Compared with 10.00 EUR"' in change(
        type(before)(before.metric, before.before, before.amount, currency="EUR")
    )


def test_a_key_figure_of_money_is_short_and_has_the_exact_amount_beside_it():
    tile = Tile(METRICS["revenue"], Amount("EUR", 1_239_999))
    shown = Template("{% load figures %}{% number tile.value %}").render(Context({"tile": tile}))
    assert shown == '<span title="12,399.99 EUR">12.3k EUR</span>'


def test_a_small_line_stays_in_its_box_where_money_was_given_back():
    heights = [float(point.split(",")[1]) for point in sparkline_points([10, -20, 0]).split()]
    assert max(heights) <= 24
    assert min(heights) >= 0
    assert sparkline_points([0, 2]) == "0.0,23.0 100.0,1.0"
