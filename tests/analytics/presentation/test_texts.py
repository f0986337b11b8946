"""What is shown, in words: tables side by side, and as a mail has them."""

from datetime import date

from analytics.metrics import Numbers, metric_change
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.presentation.texts import table_html, table_text, value_text

TABLE = Table(
    "t",
    "Campaigns",
    (Column("name", "Campaign"), Column.of("sent"), Column.of("campaign_open_rate")),
    (
        Row({"name": Cell("May <b>"), "sent": Cell(1200), "campaign_open_rate": Cell(0.25)}),
        Row({"name": Cell("June sale"), "sent": Cell(7), "campaign_open_rate": Cell(None)}),
    ),
    foot=Row({"name": Cell("All"), "sent": Cell(1207)}),
)


def test_a_table_in_words_has_its_columns_below_each_other():
    assert table_text(TABLE) == "\n".join(
        [
            "Campaigns",
            "Campaign    Sent  Open rate (of delivered)",
            "May <b>    1,200                     25.0%",
            "June sale      7                         –",
            "All        1,207                         –",
        ]
    )


def test_a_table_in_a_mail_escapes_what_strangers_chose():
    html = table_html(TABLE)
    assert "<td>May &lt;b&gt;</td><td>1,200</td><td>25.0%</td>" in html
    assert "<caption>Campaigns</caption>" in html


def test_values_read_as_on_pages():
    doubled = metric_change("sent", Numbers(sent=60), Numbers(sent=30))
    assert value_text(doubled, Kind.CHANGE) == "+100.0%"
    assert value_text(metric_change("sent", Numbers(sent=6), Numbers(sent=3)), Kind.CHANGE) == "–"
    assert value_text(date(2026, 3, 1), Kind.DAY) == "Sun 1 Mar 2026"
    assert (value_text(0.012, Kind.POINTS), value_text(0.0004, Kind.P_VALUE)) == ("+1.2", "< 0.001")
    assert (value_text(None, Kind.COUNT), value_text("", Kind.TEXT), value_text(0, Kind.COUNT)) == ("–", "–", "0")
