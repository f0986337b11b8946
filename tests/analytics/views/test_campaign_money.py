"""What campaigns bring, on the pages of campaigns: in their list, in the report on all, and on each one's own."""

import csv
import re
from html import unescape
from io import StringIO

import pytest

from analytics.models import Campaign
from tests.analytics.two_campaigns import fill_two_campaigns
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied
from workspaces.conversions import NO_MONEY

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")


@pytest.fixture
@copied
def two_campaigns(bulk, now):
    fill_two_campaigns(bulk)


@pytest.fixture
def listed(api, workspace, two_campaigns):
    def get(**query):
        response = api.get(f"/w/{workspace.slug}/campaigns/", query)
        return b"".join(response.streaming_content).decode("utf-8-sig") if response.streaming else response.text

    return get


def without_money(workspace):
    workspace.money_rules = dict.fromkeys(("purchase", "Order Refunded"), NO_MONEY.data)
    workspace.save()


def rows_of(html, table="campaigns"):
    inside = re.search(rf'<table id="{table}".*?</table>', html, re.DOTALL)[0]
    return [text_of(row) for row in re.findall(r"<tr.*?</tr>", inside, re.DOTALL)]


@pytest.mark.long
def test_the_list_has_what_campaigns_bring(listed):
    """By the last touch: Ada clicked in the second one last, Bob came by its link."""
    head, spring, welcome = rows_of(listed())
    assert head.endswith("Conversions Revenue EUR Revenue per recipient EUR")
    assert spring.endswith("2.00 9.01 9.01")
    assert welcome.endswith("0.00 0.00 0.00")
    assert "Amounts: 7.00 USD left out, without an exchange rate; 1 without a currency, taken for EUR." in text_of(
        listed()
    )


@pytest.mark.long
def test_a_number_opens_the_conversions_that_it_is_made_of(listed, api):
    spring = Campaign.objects.get(name="S")
    for text in ("2.00", "9.01"):
        [address] = [unescape(one) for one in re.findall(rf'href="([^"]*/conversions/[^"]*)">{text}<', listed())]
        assert f"touchCampaignId={spring.api_id}" in address
        assert 'data-total="2"' in api.get(address).text


@pytest.mark.long
def test_the_list_is_sorted_by_what_campaigns_bring(listed):
    assert rows_of(listed(sort="conversions"))[1].startswith("W")
    assert rows_of(listed(sort="-revenue"))[1].startswith("S")
    assert rows_of(listed(sort="rpr", column="channel"))[1].startswith("W"), "also by what is not shown"


def test_a_file_has_amounts_as_numbers(listed):
    rows = list(csv.DictReader(StringIO(listed(column=["conversions", "revenue", "rpr"], format="csv"))))
    assert [row["Revenue (EUR)"] for row in rows] == ["9.01", "0.00"]
    assert [row["Conversions"] for row in rows] == ["2.0", "0.0"]


def test_without_money_nothing_is_said_of_it(listed, workspace):
    without_money(workspace)
    html = listed()
    assert not {"Revenue", "Conversions"} & {*text_of(html.split("<main")[1]).split()}


def test_without_amounts_there_are_conversions(listed, workspace):
    workspace.money_rules = {"purchase": {"kind": "sale", "amount": ["nothing"], "currency": [], "order": []}}
    workspace.save()
    head, spring, _ = rows_of(listed())
    assert head.endswith("Conversions")
    assert spring.endswith("2.00")


def test_the_report_on_all_campaigns_has_them(page, two_campaigns):
    html = page("campaign", compare="off")
    head, spring, welcome = rows_of(html)
    assert welcome.startswith("W Email 4 0.00"), "most revenue comes first, not most messages"
    best = "The most revenue is that of S: 9.01 EUR from 2.00 conversions, 9.01 EUR for each of 1 recipient."
    assert f"No campaign is clearly ahead. {best}" in text_of(html)
    assert "Messages Conversions Revenue EUR Revenue per recipient EUR Open rate" in head
    assert spring.startswith("S Email 1 2.00 9.01 9.01 ")
    of_channel = rows_of(page("campaign", channel="EMAIL", compare="off"))[0]
    assert "Conversions" not in of_channel, "no conversion is of a channel"


@pytest.mark.long
def test_a_campaign_s_page_has_them_as_key_figures(page, two_campaigns):
    spring, welcome = (Campaign.objects.get(name=name) for name in "SW")
    html = page("campaign", campaign=spring.api_id)
    shown = text_of(html)
    assert "Credited conversions 2" in shown
    assert "Credited revenue 9.01 EUR" in shown
    assert "Revenue per recipient 9.01 EUR" in shown
    assert "Links carry news / web / spring" in shown
    assert "Links carry" not in page("campaign", campaign=welcome.api_id)


@pytest.mark.long
def test_a_campaign_s_own_days_reach_until_its_touches_count_no_more(page, two_campaigns, bulk):
    """Its last message is of the 20th; what is bought on the 21st counts on its page all the same."""
    spring = Campaign.objects.get(name="S")
    assert "Credited conversions 0" in text_of(
        page("campaign", campaign=spring.api_id, **{"from": "2026-03-20", "to": "2026-03-20"})
    )
    assert "Credited conversions 2" in text_of(page("campaign", campaign=spring.api_id))


def test_a_campaign_s_page_without_money_says_nothing_of_it(page, two_campaigns, workspace):
    without_money(workspace)
    assert "Credited" not in page("campaign", campaign=Campaign.objects.get(name="S").api_id)
