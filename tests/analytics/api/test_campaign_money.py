"""What campaigns bring, over the API: in the reports on one and on all, where a rule of credit is asked for."""

import csv
import re
from io import StringIO

import pytest

from analytics.models import Campaign
from tests.analytics.reports.items import contact, event, message, report
from tests.analytics.two_campaigns import fill_two_campaigns
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
@copied
def two_campaigns(bulk, now):
    fill_two_campaigns(bulk)


@pytest.fixture
def ask(api, workspace, two_campaigns):
    def get(path="/campaigns", **query):
        return api.get(f"/api/workspaces/{workspace.api_id}/analytics{path}", query)

    return get


SPRING = {
    "conversions": 1.5,
    "converted": 450,
    "unconverted": {"USD": 700},
    "recipients": 1,
    "revenuePerRecipient": 450,
}
WELCOME = {"conversions": 0.5, "converted": 451, "unconverted": {}, "recipients": 2, "revenuePerRecipient": 226}
RULE = {
    "model": "linear",
    "touchpoints": ["utm", "click"],
    "lookback": {"utm": "30d", "click": "5d"},
    "collapse": "30m",
    "reuse": True,
    "currency": "EUR",
    "exponent": 2,
    "withoutAmount": 0,
    "currencyAssumed": 1,
}


@pytest.mark.long
def test_all_campaigns_side_by_side(ask):
    answer = ask(model="linear").json()
    assert {row["name"]: row["credit"] for row in answer["campaigns"]} == {"S": SPRING, "W": WELCOME}
    assert answer["credit"] == RULE


def test_one_campaign(ask):
    campaign = Campaign.objects.get(name="S")
    answer = ask(f"/campaigns/{campaign.api_id}", model="linear").json()
    assert answer["credit"] == {**RULE, **SPRING}


def test_a_file_has_a_column_of_each(ask):
    text = b"".join(ask(model="linear", format="csv").streaming_content).decode()
    rows = {row["name"]: row for row in csv.DictReader(StringIO(text))}
    assert [rows["S"][f"credit.{name}"] for name in ("conversions", "converted", "unconverted.USD")] == [
        "1.5",
        "450",
        "700",
    ]
    assert rows["W"]["credit.revenuePerRecipient"] == "226"


def test_without_a_rule_nothing_is_said_of_it(ask):
    answer = ask(days=30).json()
    assert "credit" not in answer
    assert not any("credit" in row for row in answer["campaigns"])


def test_other_rules(ask):
    """By clicks alone Bob came by nothing; the last one has all."""
    rows = ask(model="last", touchpoints="click").json()["campaigns"]
    assert {row["name"]: row["credit"]["conversions"] for row in rows} == {"S": 1, "W": 0}
    refused = ask(model="best")
    assert (refused.status_code, refused.json()["parameter"]) == (400, "model")


def test_the_parts_of_the_list_behind_it_add_up(ask, api):
    for row in ask(model="linear", rows="true").json()["campaigns"]:
        address = row["credit"]["rows"]["conversions"]
        listed = api.get(address, QUERY_STRING=address.partition("?")[2]).json()["results"]
        assert sum(each["credit"] for each in listed) == row["credit"]["conversions"]
        assert sum(each["creditedRevenue"].get("EUR", 0) for each in listed) == row["credit"]["converted"]


def test_of_a_channel_or_messages_it_cannot_be_told(ask):
    for query in ({"channel": "email"}, {"where": "channel:email"}):
        answer = ask(model="linear", **query).json()
        assert answer["credit"] is None
        assert {row["credit"] for row in answer["campaigns"]} == {None}


@pytest.fixture
@copied
def two_weeks(bulk, now):
    """In the first week 40 people click in a letter and buy for 2 euros each, in the second 50."""
    bulk("contacts", [contact(f"u{n}", "01-10 09:00") for n in range(90)])
    bulk("campaigns", [{"externalId": "welcome", "name": "W"}])
    for day, people in ((19, range(40)), (26, range(40, 90))):
        reached = {"sent": f"03-{day} 08:00", "delivered": f"03-{day} 08:00", "clicked": f"03-{day} 09:00"}
        bulk("messages", [message(f"m{n}", f"03-{day} 08:00", contact=f"u{n}", **reached) for n in people])
        bulk("message-events", [report(f"m{n}", "clicked", f"03-{day} 09:00") for n in people])
        sold = {"revenue": 2, "currency": "EUR"}
        bulk("events", [event("purchase", f"u{n}", f"03-{day} 10:00", properties=sold) for n in people])


@pytest.mark.long
def test_what_campaigns_bring_is_compared(api, workspace, two_weeks):
    place, asked = f"/api/workspaces/{workspace.api_id}/analytics/campaigns", {"range": "7d", "model": "last"}
    [row] = api.get(place, {**asked, "compare": "previous"}).json()["campaigns"]
    changes = {"conversions": 0.25, "converted": 0.25, "revenuePerRecipient": 0.0}
    assert (row["credit"]["conversions"], row["credit"]["changes"]) == (50, changes)
    one = api.get(f"{place}/{row['id']}", {**asked, "compare": "previous"}).json()
    assert one["credit"]["changes"] == changes
    assert "changes" not in api.get(place, asked).json()["campaigns"][0]["credit"]


@pytest.mark.long
def test_the_page_tells_the_changes_and_sorts_by_them(api, workspace, two_weeks):
    place = f"/w/{workspace.slug}/reports/campaign/"
    html = api.get(place, {"range": "7d", "compare": "previous", "sort": "-revenue_change"}).text
    row = re.search(r'<table id="campaigns".*?<tbody.*?(<tr.*?</tr>)', html, re.DOTALL)[1]
    assert re.search(r"50.00 ▲ \+25.0% Why\? 100.00 ▲ \+25.0% Why\? 2.00 ±0.0%", text_of(row))
    file = {"range": "7d", "compare": "previous", "format": "csv", "table": "campaigns"}
    text = api.get(place, file).getvalue().decode()
    [line] = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
    assert (line["Conversions, change"], line["Revenue, change"]) == ("0.25", "0.25")
