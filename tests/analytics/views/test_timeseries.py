"""Trends: metrics of one's choice, by day, week or month, split by channel or campaign."""

import json
import re

import pytest

from analytics.models import Campaign
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied
from workspaces.conversions import NO_MONEY

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")


def heads(html, table="days"):
    inside = re.search(rf'<table id="{table}"[^>]*>.*?</thead>', html, re.DOTALL)[0]
    return re.findall(r'data-column="([^"]*)"', inside)


def test_its_days_are_the_apis(page, some_data, report):
    html = page("timeseries", range="30d", compare="off")
    rows = re.findall(r"<tr.*?</tr>", html.split("</thead>")[-1].split("</table>")[0], re.DOTALL)
    shown = [re.findall(r'data-value="(\d+)"', row) for row in rows]
    answer = report("/timeseries", days=30)["series"]
    assert shown == [[str(day[name]) for name in ("events", "messages", "opens", "clicks")] for day in answer]


def test_up_to_four_metrics(page, some_data):
    html = page("timeseries", metric=["clicks", "sent"], compare="off")
    assert heads(html) == ["when", "clicks", "sent"]
    many = page("timeseries", metric=["clicks", "sent", "opens", "events", "bounced"], compare="off")
    assert heads(many) == ["when", "clicks", "sent", "opens", "events"]
    assert "At most 4 metrics" in many


@pytest.mark.parametrize("metric", ["nonsense", "", "\0", "retention_rate", "<script>"])
def test_a_bad_metric_is_left_out_and_told(page, some_data, metric):
    html = page("timeseries", metric=metric, compare="off")
    assert heads(html) == ["when", "events", "messages_total", "opens", "clicks"]
    assert ("metric cannot be" in html) == bool(metric)


def test_the_days_compared_with_stand_beside(page, some_data):
    html = page("timeseries", metric="sent", compare="custom", compareFrom="2026-03-10", compareTo="2026-03-30")
    assert heads(html) == ["when", "sent", "sent_before"]
    cell = re.search(r'<td[^>]*data-value="3" data-beside="([^"]*)"[^>]*>(.*?)</td>', html)
    assert (cell[1], text_of(cell[2])) == ("Sat 21 Mar 2026", "3")


@pytest.mark.parametrize(("interval", "rows"), [("day", 31), ("week", 6), ("month", 1)])
def test_days_are_taken_together(page, some_data, interval, rows):
    html = page("timeseries", **{"from": "2026-03-01", "to": "2026-03-31"}, interval=interval, compare="off")
    table = re.search(r'<table id="days"[^>]*>.*?</table>', html, re.DOTALL)[0]
    assert table.count('scope="row"') == rows
    assert sum(map(int, re.findall(r'data-value="(\d+)"', table.split("</tr>", 1)[1]))) == 3 + 3 + 2


def test_split_by_channel(page, some_data, bulk):
    at = "2026-03-21T10:00:00Z"
    item = {"campaign": "spring", "contact": "c0", "createdAt": at}
    bulk("messages", [{**item, "externalId": f"s{n}", "channel": "SMS"} for n in range(5)])
    html = page("timeseries", breakdown="channel", metric="messages_total")
    assert re.findall(r'data-label="([^"]+)"', html.partition('id="messages_total_by_group"')[2])[:3] == [
        "Day",
        "SMS",
        "Email",
    ]
    assert "No clear lead: SMS has 5 of 8." in html


def test_split_by_campaign_shows_the_largest_and_the_rest_together(page, some_data, bulk):
    bulk("campaigns", [{"externalId": f"c{n}", "name": f"C{n}"} for n in range(8)])
    item = {"contact": "c0", "channel": "SMS", "createdAt": "2026-03-21T10:00:00Z"}
    bulk(
        "messages",
        [{**item, "campaign": f"c{n}", "externalId": f"x{n}-{k}"} for n in range(8) for k in range(n + 4)],
    )
    html = page("timeseries", breakdown="campaign", metric="messages_total")
    chart = html.partition('id="messages_total_by_group"')[2].partition("</table>")[0]
    labels = re.findall(r'data-label="((?:C\d|Other)[^"]*)"', chart)
    assert labels == ["C7", "C6", "C5", "C4", "C3", "C2", "Other (3)"]
    total = re.search(r'<table id="messages_total_by_group"[^>]*>.*?</table>', html, re.DOTALL)[0]
    assert sum(map(int, re.findall(r'data-value="(\d+)"', total))) == 3 + sum(n + 4 for n in range(8))


def test_what_has_no_campaign_or_channel_is_not_split(page, some_data):
    html = page("timeseries", breakdown="campaign", metric=["events", "sent"])
    assert "metric cannot be &#x27;events&#x27;: events and contacts have no campaign or channel" in html


def test_of_one_campaign(page, some_data):
    one = Campaign.objects.get()
    html = page("timeseries", campaign=one.api_id, compare="off")
    assert heads(html) == ["when", "messages_total", "delivered", "opens", "clicks"]
    assert f'<option value="{one.api_id}" selected>' in html


@pytest.mark.parametrize("given", ["cmp_999999", "nonsense", "\0"])
def test_an_unknown_campaign_is_told_and_all_are_shown(page, some_data, given):
    html = page("timeseries", campaign=given, compare="off")
    assert "there is none with that ID" in html
    assert "events" in heads(html)


def test_a_bad_split_is_told(page, some_data):
    assert "breakdown cannot be" in page("timeseries", breakdown="nonsense")


def test_nothing_of_a_channel_offers_to_clear_the_filter(page, some_data):
    shown = text_of(page("timeseries", channel="push"))
    assert "No data in this period with these filters Clear filters" in shown


def test_a_day_without_messages_has_no_rate(page, some_data):
    html = page("timeseries", **{"from": "2026-03-20", "to": "2026-03-21"}, metric="delivery_rate", compare="off")
    assert re.findall(r'class="num" data-value="([^"]*)"', html) == ["", "1.0"]


def begin(bulk, *days):
    """Campaigns begun on these days of March: Begun 0, Begun 1 and so on."""
    bulk(
        "campaigns",
        [
            {"externalId": f"b{n}", "name": f"Begun {n}", "startedAt": f"2026-03-{day:02}T08:00:00Z", "channel": "SMS"}
            for n, day in enumerate(days)
        ],
    )


def marks(html):
    """By the row's label, what began there."""
    rows = re.findall(r'<th scope="row"[^>]*data-label="([^"]*)">(.*?)</th>', html, re.DOTALL)
    return {label: text_of(told).partition("2026 ")[2] for label, told in rows if 'class="mark"' in told}


def test_campaigns_that_began_are_marked_and_lead_to_their_report(page, some_data, bulk):
    begin(bulk, 23, 25, 25)
    html = page("timeseries", range="30d", compare="off")
    assert marks(html) == {"23 Mar": "Begun 0 started", "25 Mar": "2 campaigns started"}
    one = Campaign.objects.get(name="Begun 0").api_id
    assert f'/reports/campaign/?campaign={one}">Begun 0</a>' in html
    assert '/campaigns/?sort=-started">2 campaigns</a>' in html
    drawn = [json.loads(data) for data in re.findall(r'<script type="application/json">(.*?)</script>', html)]
    assert [[mark["name"] for mark in data["marks"]] for data in drawn] == [["Begun 0", "2 campaigns"]] * 4


def test_marks_are_of_the_week_or_month_that_is_shown(page, some_data, bulk):
    begin(bulk, 23, 25, 29)
    march = {"from": "2026-03-01", "to": "2026-03-31", "compare": "off"}
    assert list(marks(page("timeseries", **march, interval="week"))) == ["23 Mar"]
    assert "3 campaigns started" in page("timeseries", **march, interval="month").replace("</a>", "")


def test_marks_are_of_the_campaign_or_channel_that_is_shown(page, some_data, bulk):
    begin(bulk, 23, 25)
    assert list(marks(page("timeseries", compare="off", channel="email"))) == []
    one = Campaign.objects.get(name="Begun 1").api_id
    bulk(
        "messages",
        [{"externalId": "s", "campaign": "b1", "contact": "c0", "channel": "SMS", "createdAt": "2026-03-25T09:00:00Z"}],
    )
    assert list(marks(page("timeseries", compare="off", campaign=one))) == ["25 Mar"]


@pytest.mark.long
def test_a_folded_tables_chart_tells_its_newest_marks_in_its_caption(page, some_data, bulk):
    begin(bulk, *range(11, 21))
    html = page("timeseries", compare="off", breakdown="channel", metric="messages_total")
    caption = text_of(re.search(r"<figcaption>(.*?)</figcaption>", html, re.DOTALL)[1])
    newest = ", ".join(f"Begun {n} started ({n + 11} Mar)" for n in range(2, 10))
    assert caption.endswith(f"Marked: {newest}; earlier ones in 2 more rows of the table.")
    assert len(marks(html)) == 10
    assert "Marked: Begun 2 started (13 Mar)" in text_of(page("overview"))


def test_a_long_table_opens_with_its_newest_days_and_its_charts_are_whole(page, some_data):
    html = page("timeseries", range="91d", compare="off")
    days = re.findall(r'<th scope="row"[^>]*data-label="([^"]*)"', html)
    assert days[-1] == "31 Mar"
    assert len(days) < 91
    assert "of 91</span>" in html
    drawn = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html)[1])
    assert len(drawn["labels"]) == len(drawn["series"][0]["values"]) == 91
    first = re.findall(
        r'<th scope="row"[^>]*data-label="([^"]*)"', page("timeseries", range="91d", compare="off", page=1)
    )
    assert first[0] == drawn["labels"][0]


HOURS = {"from": "2026-03-24", "to": "2026-03-25", "interval": "hour", "compare": "previous", "match": "date"}


def test_hours_are_told_on_charts_and_in_the_table(page, some_data):
    html = page("timeseries", **HOURS, metric=["events", "opens"])
    assert "No hour stands out. The most: 3 on Wed 25 Mar 2026 at 11:00." in text_of(html)
    assert "Wed 25 Mar 2026, 23:00" in text_of(html)
    first, second = [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', html)]
    assert len(first["labels"]) == len(first["series"][0]["values"]) == 48
    assert (first["labels"][0], first["labels"][-1]) == ("24 Mar 00:00", "25 Mar 23:00")
    assert first["previous"]["beside"][11] == "Sun 22 Mar 2026, 11:00"
    assert (second["labels"], second["previous"]["beside"]) == (0, 1)  # told by the first


def test_the_hour_that_is_running_is_so_far(page, some_data):
    html = page("timeseries", range="7d", interval="hour", metric="events", compare="off")
    assert "Tue 31 Mar 2026, 14:00 so far" in text_of(html)
    assert "15:00 so far" not in text_of(html)
    assert "31 Mar 14:00" in html
    assert "31 Mar 15:00" not in html


@pytest.mark.long
def test_many_days_are_not_shown_hour_by_hour(page, some_data):
    html = page("timeseries", range="91d", interval="hour")
    assert "More than 31 days cannot be shown hour by hour; days are shown." in text_of(html)
    assert '<option value="hour"' not in html
    assert 'value="hour" selected' in page("timeseries", range="28d", interval="hour")


def test_a_file_has_the_instant_at_which_each_hour_begins(api, workspace, some_data):
    asked = {**HOURS, "metric": "events", "format": "csv", "table": "days"}
    lines = api.get(f"/w/{workspace.slug}/reports/timeseries/", asked).getvalue().decode().splitlines()
    assert lines[36].startswith("2026-03-25T11:00:00+01:00,3,0")


def test_an_hour_leads_to_its_rows(api, workspace, some_data):
    asked = {"from": "2026-03-25", "to": "2026-03-25", "hour": "11:00"}
    shown = text_of(api.get(f"/w/{workspace.slug}/events/", asked).content.decode())
    assert "3 events" in shown
    assert "11:00 to 12:00" in shown
    assert "0 events" not in shown
    other = text_of(api.get(f"/w/{workspace.slug}/events/", {**asked, "hour": "12:00"}).content.decode())
    assert "No events match" in other


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-03-24", "to": "2026-03-25", "hour": "11:00"},
        {"from": "2026-03-25", "to": "2026-03-25", "hour": "25:00"},
        {"from": "2026-03-29", "to": "2026-03-29", "hour": "02:00"},
        {"hour": "11:00"},
    ],
)
def test_an_hour_that_is_none_of_a_day_is_left_out_and_told(api, workspace, some_data, asked):
    shown = text_of(api.get(f"/w/{workspace.slug}/events/", asked).content.decode())
    assert "allowed: an hour of one day, such as 14:00, together with from and to." in shown


@pytest.mark.long
@pytest.mark.parametrize("by", ["campaign", "none"])
def test_a_month_of_hours_fits_on_a_page(page, some_data, by):
    metrics = ["messages_total", "opens", "clicks", "sent"]
    html = page("timeseries", range="mtd", interval="hour", compare="previous", metric=metrics, breakdown=by)
    assert len(html.encode()) < 150_000
    assert html.count("<") / 2 < 4_000


@pytest.mark.long
def test_the_newest_hours_are_shown_under_long_conditions(page, some_data, bulk):
    bulk("contacts", [{"externalId": "c1", "attributes": {"plan": "pro"}}])
    calls = [
        {
            "type": "visit",
            "contact": "c1",
            "messageId": f"v{n}",
            "occurredAt": f"2026-03-{n // 24 + 1:02}T{n % 24:02}:30:00Z",
        }
        for n in range(732)
    ]
    bulk("events", calls)
    where = ["contact.plan:pro", 'contact.plan!:"a plan of a very long name, with commas, that nobody has"']
    metrics = ["events", "messages_total", "opens", "clicks"]
    html = page("timeseries", range="mtd", interval="hour", compare="previous", metric=metrics, where=where)
    assert "14:00 so far" in text_of(html)
    assert "too long for this page" not in html
    assert len(html.encode()) < 150_000


@pytest.mark.long
def test_a_month_of_hours_of_many_campaigns_fits_on_a_page(page, some_data, bulk):
    bulk("campaigns", [{"externalId": f"c{n}", "name": f"Campaign {n}"} for n in range(8)])
    item = {"contact": "c0", "channel": "SMS", "sentAt": "2026-03-21T10:00:00Z"}
    sent = [
        {
            **item,
            "campaign": f"c{n % 8}",
            "externalId": f"x{n}",
            "createdAt": f"2026-03-{n // 24 + 1:02}T{n % 24:02}:10:00Z",
        }
        for n in range(732)
    ]
    bulk("messages", sent)
    metrics = ["messages_total", "sent", "opens", "clicks"]
    html = page("timeseries", range="mtd", interval="hour", compare="previous", metric=metrics, breakdown="campaign")
    assert len(html.encode()) < 150_000
    tables = [table for table in re.findall(r"<table .*?</table>", html, re.DOTALL) if "31 Mar 2026" in table]
    assert len(tables) == 5
    assert all("14:00 <span" in table for table in tables)


@pytest.fixture
@copied
def sold(bulk, some_data):
    """Two orders of 20 and 1,000 EUR, one of 5 USD that no rate converts, and a refund of 30."""
    said = [{"revenue": 20, "order_id": "a1"}, {"revenue": 1000}, {"revenue": 5, "currency": "USD"}, {}]
    at = "2026-03-{}T10:00:00Z"
    items = [
        {"messageId": f"s{n}", "type": "purchase", "contact": "c0", "occurredAt": at.format(20 + n), "properties": one}
        for n, one in enumerate(said)
    ]
    refund = {"type": "Order Refunded", "contact": "c0", "occurredAt": at.format(24), "properties": {"revenue": 30}}
    bulk("events", [*items, {"messageId": "r", **refund}])


def test_money_is_a_metric_in_the_workspace_s_currency(page, sold):
    html = page("timeseries", metric=["revenue", "orders", "refunds"], compare="off")
    shown = text_of(html)
    assert "Net revenue 990.00 EUR" in shown
    assert "The most: 1,000.00 EUR on Sat 21 Mar 2026." in shown
    assert re.search(
        r"Amounts: 1 in USD left out, without an exchange rate; \d missing, not stated by the order or refund; ", shown
    )
    assert "3 without a currency, taken for EUR." in shown
    cells = re.findall(r'data-value="(-?[\d.]+)" data-head="Net revenue \(EUR\)">(.*?)</td>', html)
    assert {(value, text_of(cell)) for value, cell in cells if value != "0.00"} == {
        ("20.00", "20.00"),
        ("1000.00", "1,000.00"),
        ("-30.00", "−30.00"),
    }
    assert re.search(r'href="[^"]*/orders/\?[^"]*from=2026-03-24[^"]*">−30.00</a>', html)


def test_a_file_has_money_in_major_units(api, workspace, sold):
    query = {"metric": "revenue", "compare": "off", "format": "csv", "table": "days"}
    file = api.get(f"/w/{workspace.slug}/reports/timeseries/", query)
    lines = b"".join(file.streaming_content).decode().split("\r\n")
    assert lines[0].endswith("Day,Net revenue (EUR)")
    assert "2026-03-21,1000.00" in lines
    assert "2026-03-24,-30.00" in lines


def test_charts_draw_money_in_major_units(page, sold):
    html = page("timeseries", metric="revenue", compare="off")
    [data] = [json.loads(one) for one in re.findall(r'<script type="application/json">(.*?)</script>', html)]
    [series] = data["series"]
    assert (series["unit"], series["currency"], series["digits"]) == ("money", "EUR", 2)
    assert sum(series["values"]) == 990


def test_money_is_offered_where_events_tell_of_it(page, workspace, some_data, bulk):
    assert 'value="revenue"' in page("timeseries"), "there is a purchase"
    workspace.money_rules = {"purchase": NO_MONEY.data}
    workspace.save()
    assert 'value="revenue"' not in page("timeseries")


def test_no_money_is_of_a_channel(page, sold):
    html = page("timeseries", metric=["revenue", "sent"], channel="EMAIL", compare="off")
    assert heads(html) == ["when", "sent"]
    assert "metric cannot be" in html
