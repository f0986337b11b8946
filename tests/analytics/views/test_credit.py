"""Credit by a rule on the page of attribution: what each touch is credited with, models side by side, and paths."""

import csv
import re
from html import unescape
from io import StringIO

import pytest

from tests.analytics.reports.items import contact, event, message
from tests.analytics.reports.items import report as reported
from tests.analytics.views.texts import text_of

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")
GOOGLE, PODCAST = {"source": "google", "medium": "cpc"}, {"source": "podcast"}


def rows(html, table):
    inside = re.search(rf'<table id="{table}"[^>]*>.*?</table>', html, re.DOTALL)[0].split("</thead>")[1]
    return [text_of(row) for row in re.findall(r"<tr.*?</tr>", inside, re.DOTALL)]


@pytest.fixture
def credit(page, bulk, now):
    """Ada comes by a search, then by a podcast, clicks a mail and buys for 30 EUR; Bob comes by a search and buys for
    10 EUR, of which he gets 4 back; Cy just buys, for 5 USD."""
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob", "cy")])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome <1>"}])
    bulk("messages", [message("m1", "03-25 08:00", sent="03-25 08:00", clicked="03-25 10:00")])
    bulk("message-events", [reported("m1", "clicked", "03-25 10:00")])

    def bought(who, when, amount, currency="EUR", order="", name="purchase"):
        properties = {"revenue": amount, "currency": currency, "order_id": order}
        return event(name, who, when, properties=properties)

    bulk(
        "events",
        [
            event("visit", "ada", "03-20 09:00", utm=GOOGLE),
            event("visit", "ada", "03-22 09:00", utm=PODCAST),
            bought("ada", "03-26 09:00", 30, order="a1"),
            event("visit", "bob", "03-20 09:00", utm=GOOGLE),
            bought("bob", "03-26 10:00", 10, order="b1"),
            bought("bob", "03-27 10:00", 4, order="b1", name="Order Refunded"),
            bought("cy", "03-26 11:00", 5, "USD", order="c1"),
        ],
    )

    def get(view="credit", **query):
        return page("attribution", view=view, **{"compare": "off", **query})

    return get


@pytest.mark.long
def test_each_source_has_its_credit_and_its_money(credit):
    html = credit(model="linear")
    assert rows(html, "credit") == [
        "google 1.33 44.4% 2 2 16.00 0.00",
        "email 0.33 11.1% 1 1 10.00 0.00",
        "podcast 0.33 11.1% 1 1 10.00 0.00",
        "Direct / no touch 1.00 33.3% – – 0.00 5.00",
        "All conversions 3.00 100.0% – – 36.00 5.00",
    ]
    assert "Credits add up to 3 of 3 conversions: 2 with a touch, 1 without." in text_of(html)
    assert "Conversions 3" in text_of(html)
    assert "Credited conversions 2" in text_of(html)
    assert "Credited revenue 36.00 EUR" in text_of(html)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"model": "first"}, ["google 2.00"]),
        ({"model": "last"}, ["google 1.00", "email 1.00"]),
        ({"model": "position:40,20,40"}, ["google 1.40", "email 0.40", "podcast 0.20"]),
        (
            {"model": "linear", "rowsBy": "touch"},
            ["google / cpc 1.33", "Welcome <1>, clicked by email 0.33", "podcast 0.33"],
        ),
        ({"model": "linear", "rowsBy": "medium"}, ["cpc 1.33", "(not set) 0.33", "email 0.33"]),
        ({"model": "last", "touchpoints": "utm"}, ["google 1.00", "podcast 1.00"]),
        ({"model": "last", "touchpoints": ["utm", "click"], "lookback.click": "1h"}, ["google 1.00", "podcast 1.00"]),
        ({"model": "last", "touchpoints": ["click"], "lookback.utm": "nonsense"}, ["email 1.00"]),
        ({"model": "last", "lookback": "5d"}, ["email 1.00"]),
    ],
)
def test_by_which_rule_is_said_by_the_address(credit, rule, expected):
    shown = [row for row in rows(credit(**rule), "credit") if not row.startswith(("Direct", "All"))]
    assert [row[: len(start)] for row, start in zip(shown, expected, strict=False)] == expected
    assert all(" 0.00 0.0% " in row for row in shown[len(expected) :])


def test_the_same_touch_again_counts_once_unless_the_address_says_otherwise(page, bulk, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    visits = [
        event("visit", "ada", f"03-20 09:{minute}", utm=utm)
        for minute, utm in (("00", PODCAST), ("10", GOOGLE), ("20", GOOGLE))
    ]
    bulk("events", [*visits, event("purchase", "ada", "03-21 09:00")])
    for collapse, row in (("30m", "google 0.50"), ("0", "google 0.67")):
        html = page("attribution", view="credit", model="linear", collapse=collapse, compare="off")
        assert rows(html, "credit")[0].startswith(row)
        assert f'name="collapse" value="{collapse}"' in html


@pytest.mark.long
def test_the_form_says_the_rule_and_keeps_the_days(credit):
    html = credit(
        model="decay:3d", range="7d", touchpoints=["utm", "open"], rowsBy="campaign", **{"lookback.utm": "20d"}
    )
    assert '<option value="decay:3d" selected>Time decay (half-life 3d)</option>' in html
    assert '<option value="campaign" selected>Campaign</option>' in html
    assert '<input type="hidden" name="range" value="7d">' in html
    assert 'name="touchpoints" value="utm" checked' in html
    assert 'name="touchpoints" value="click">' in html
    assert 'name="lookback.utm" value="20d"' in html
    assert 'name="lookback.click" value="5d"' in html


@pytest.mark.long
@pytest.mark.parametrize(
    ("query", "notice"),
    [
        ({"model": "guess"}, "model cannot be"),
        ({"lookback": "tomorrow"}, "lookback cannot be"),
        ({"lookback.open": "1d"}, "lookback.open cannot be"),
        ({"touchpoints": "utm,smell"}, "touchpoints cannot be"),
        ({"rowsBy": "moon"}, "rowsBy cannot be"),
        ({"min": "3", "max": "2"}, "min cannot be larger than max"),
        ({"breakdown": "utm.source"}, "breakdown and limit change nothing here"),
        ({"where": "utm.source:google"}, "Filters on sources change nothing here"),
        ({"view": "stars"}, "view cannot be"),
    ],
)
def test_what_is_not_understood_is_told(credit, query, notice):
    assert notice in text_of(credit(**{"view": "paths" if "min" in query else "credit", **query}))


@pytest.mark.long
def test_the_page_opens_on_credit_unless_it_is_asked_what_the_sources_alone_tell(page, bulk, credit):
    assert '<table id="credit"' in page("attribution")
    for query in ({"breakdown": "property.revenue"}, {"where": "utm.source:google"}, {"view": "sources"}):
        assert '<table id="sources"' in page("attribution", **query)


def test_before_anybody_converts_the_page_opens_on_sources(page, bulk, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    bulk("events", [event("visit", "ada", "03-20 09:00", utm=GOOGLE)])
    html = page("attribution")
    assert '<table id="sources"' in html
    assert re.findall(r'aria-label="Attribution">.*?</nav>', html)[0].index("Credit") > 0


@pytest.mark.long
def test_a_rule_alone_leads_to_credit_and_means_nothing_among_the_sources(page, credit):
    assert '<table id="credit"' in page("attribution", model="linear")
    html = credit(view="sources", model="linear")
    assert '<table id="sources"' in html
    assert "model changes nothing among the sources." in html


@pytest.mark.long
def test_the_models_stand_side_by_side(credit):
    html = credit("models", model="decay:3d")
    heads = re.findall(r'data-label="([^"]*)"', html.split('<table id="models"')[1].split("</thead>")[0])
    assert heads == [
        *("Source", "First touch", "Last touch", "Linear", "Linear, touches once", "Time decay (half-life 3d)"),
        *("Position 40/20/40", "Markov chain", "Least", "Most"),
    ]
    assert "Markov chain says nothing of this period: Fewer than 30 conversions have a touch." in text_of(html)
    told = {row.split(" ")[0]: row.split(" ")[1:] for row in rows(html, "models")}
    assert (told["google"][:3], told["google"][-3:]) == (["2.00", "1.00", "1.33"], ["–", "1.00", "2.00"])
    assert told["All"] == ["conversions", *["3.00"] * 9]
    said = "google has most by every model here: from 1.00 conversions (last touch) to 2.00 (first touch)."
    assert f"No row is clearly ahead. {said}" in text_of(html)


@pytest.mark.long
def test_paths_are_told_with_their_money_and_how_long_they_took(credit, api):
    html = credit("paths")
    assert rows(html, "paths") == [
        "google / cpc 1 33.3% 6.00 0.00 6 d 1 h",
        "google / cpc › podcast › Welcome <1>, clicked by email 1 33.3% 30.00 0.00 6 d",
        "Direct / no touch 1 33.3% – – –",
        "All conversions 3 100.0% 36.00 5.00 –",
    ]
    assert "2 of 3 conversions have a touch before them; 50.0% of these have more than one." in text_of(html)
    html = credit("paths", min="2")
    assert rows(html, "paths")[1] == "Other paths (1) 1 33.3% – – –"
    [address] = re.findall(r'href="([^"]*otherPaths=[^"]*)"', html)
    assert "/conversions/?" in address
    shown = text_of(api.get(unescape(address)).content.decode())
    assert "1 conversion" in shown
    assert "On other paths than the most frequent" in shown


@pytest.mark.long
def test_the_files_say_what_the_pages_show(credit, api, workspace):
    def lines(view, table):
        query = {"view": view, "format": "csv", "table": table, "model": "linear", "compare": "off"}
        response = api.get(f"/w/{workspace.slug}/reports/attribution/", query)
        return list(csv.reader(StringIO(b"".join(response).decode("utf-8-sig"))))

    head, google, *_ = lines("credit", "credit")
    assert head[:7] == [
        "Source",
        "Credited conversions",
        "Share of conversions",
        "Assists",
        "People",
        "Revenue (EUR)",
        "Revenue (USD)",
    ]
    assert head[7:] == ["First touch", "Last touch", "Time decay (half-life 7d)", "Position 40/20/40"]
    assert google[:7] == ["google", "1.333334", "0.444", "2", "2", "16.00", "0.00"]
    assert lines("models", "models")[1][:4] == ["google", "2.0", "1.0", "1.333334"]
    assert lines("paths", "paths")[0][-1] == "Median time to convert (seconds)"
    assert lines("paths", "paths")[1] == ["google / cpc", "1", "0.333", "6.00", "0.00", str(6 * 86_400 + 3600)]


@pytest.mark.long
def test_a_list_of_conversions_amounts_to_the_revenue_that_leads_there(credit, api):
    html = credit(model="linear")
    found = re.findall(r'data-head="Revenue \((\w+)\)"><a class="opens" href="([^"]+)">([\d.]+)</a>', html)
    assert len(found) == 6  # of three sources, of what is direct, and of all in two currencies
    for currency, address, shown in found:
        response = api.get(f"{unescape(address)}&format=csv")
        lines = [*csv.DictReader(StringIO(response.getvalue().decode("utf-8-sig")))]
        column = "Credited revenue" if "touchSource=" in address else "Revenue"
        amounts = [re.search(rf"([\d.]+) {currency}", line[column]) for line in lines]
        assert sum(float(amount[1]) for amount in amounts if amount) == float(shown)


@pytest.mark.long
def test_each_touch_is_compared_by_its_name(page, api, bulk, now):
    """Google: 40 conversions then 50. A podcast: 40, then none. Both are sorted by that."""
    bulk("contacts", [contact(f"{source}{n}", "01-10 09:00") for source in ("google", "podcast") for n in range(100)])
    for source, utm, before, since in (("google", GOOGLE, 40, 50), ("podcast", PODCAST, 40, 0)):
        for day, first, number in ((20, 0, before), (27, 50, since)):
            people = [f"{source}{first + n}" for n in range(number)]
            bulk("events", [event("visit", name, f"03-{day} 09:00", utm=utm) for name in people])
            bulk("events", [event("purchase", name, f"03-{day} 10:00") for name in people])
    html = page("attribution", view="credit", range="7d", model="linear", sort="credit_change")
    podcast, google = "podcast 0.00 ▼ −100.0% Why? 0.0% 0 0", "google 50.00 ▲ +25.0% Why? 100.0% 50 50"
    assert rows(html, "credit")[:2] == [podcast, google]
    [all_conversions] = [row for row in rows(html, "credit") if row.startswith("All conversions")]
    assert "▼ −37.5% Why?" in all_conversions
    of_paths = page("attribution", view="paths", range="7d", sort="-conversions_change")
    assert rows(of_paths, "paths")[0] == "google / cpc 50 ▲ +25.0% Why? 100.0% 1 h"
    said = {
        "utm.source%3Apodcast": "Credited conversions fell from 40.00 to 0.00 (−40.00)",
        "utm.source%3Agoogle": "Credited conversions rose from 40.00 to 50.00 (+10.00)",
        "utm.source%3A%2A": "Credited conversions fell from 80.00 to 50.00 (−30.00)",
        "metric=credit&model=linear": "By source: podcast (gone) −40.00",
        "metric=conversion_events": "Conversions fell from 80 to 50 (−30)",
        "path=": "Credited conversions rose from 40.00 to 50.00 (+10.00)",
    }
    for part, sentence in said.items():
        address = next(each for each in whys(html + of_paths) if part in each)
        assert sentence in text_of(api.get(address).content.decode()), address


def test_by_a_model_that_does_not_weigh_touches_only_all_conversions_are_divided(page, bulk, now):
    bulk("contacts", [contact(f"p{n}", "01-10 09:00") for n in range(80)])
    for day, number, utm in ((20, 40, GOOGLE), (27, 39, PODCAST), (27, 41, GOOGLE)):
        people = [f"p{n}" for n in range(number)]
        bulk("events", [event("visit", name, f"03-{day} 09:00", utm=utm) for name in people])
        bulk("events", [event("purchase", name, f"03-{day} 10:00") for name in people])
    [why] = whys(page("attribution", view="credit", range="7d", model="markov"))
    assert "metric=conversion_events" in why
    asked = {"range": "7d", "compare": "previous"}
    shown = text_of(page("why", **asked, metric="credit", model="markov"))
    assert "Markov's model does not say what each touch is credited with. Last touch is shown." in shown
    assert "model changes nothing here." in text_of(page("why", **asked, metric="events", model="last"))


def whys(html):
    return [unescape(address) for address in re.findall(r'class="why" href="([^"]+)"', html)]


@pytest.mark.parametrize("view", ["credit", "models", "paths"])
def test_in_an_empty_workspace_it_says_how_to_begin(page, view):
    assert "No data yet" in text_of(page("attribution", view=view))


@pytest.mark.parametrize("view", ["credit", "models", "paths"])
def test_days_without_a_conversion_are_told(credit, view):
    text = text_of(credit(view, **{"from": "2026-03-02", "to": "2026-03-03"}))
    assert "No conversions in this period" in text
    assert "Show all time" in text


@pytest.mark.long
def test_where_nothing_is_worth_anything_nothing_is_said_of_money(page, bulk, now):
    bulk("contacts", [contact("ada", "01-10 09:00")])
    bulk("events", [event("visit", "ada", "03-20 09:00", utm=GOOGLE), event("purchase", "ada", "03-21 09:00")])
    for view in ("credit", "models", "paths"):
        text = text_of(page("attribution", view=view)).split("Conversions")[-1]
        assert "evenue" not in text
        assert "amount" not in text


def test_credit_makes_as_many_queries_for_all_models(credit, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        credit("models")


@pytest.mark.long
def test_the_api_tells_how_each_source_and_path_changed(report, bulk, now):
    """Google: 40 conversions then 50; a podcast that only came before is told among the days compared with."""
    bulk("contacts", [contact(f"{source}{n}", "01-10 09:00") for source in ("google", "podcast") for n in range(100)])
    for source, utm, before, since in (("google", GOOGLE, 40, 50), ("podcast", PODCAST, 40, 0)):
        for day, first, number in ((20, 0, before), (27, 50, since)):
            people = [f"{source}{first + n}" for n in range(number)]
            bulk("events", [event("visit", name, f"03-{day} 09:00", utm=utm) for name in people])
            sold = {"revenue": 2, "currency": "EUR"}
            bulk("events", [event("purchase", name, f"03-{day} 10:00", properties=sold) for name in people])
    asked = {"range": "7d", "compare": "previous"}
    answer = report("/attribution", **asked, model="linear", breakdown="source")
    (google,) = answer["credit"]["breakdown"]
    assert (google["credit"], google["changes"]) == (50, {"credit": 0.25, "converted": 0.25})
    assert [row["source"] for row in answer["comparison"]["compared"]["credit"]["breakdown"]] == ["google", "podcast"]
    assert "changes" not in report("/attribution", range="7d", model="linear")["credit"]["breakdown"][0]
    paths = report("/attribution/paths", **asked)
    assert [(row["path"], row["changes"]) for row in paths["paths"]] == [(["google / cpc"], {"conversions": 0.25})]
    assert [row["conversions"] for row in paths["comparison"]["compared"]["paths"]] == [40, 40]
    assert "comparison" not in report("/attribution/paths", range="7d")
