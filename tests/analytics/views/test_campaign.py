"""The campaign report: the list, its order and filter, and one campaign."""

import re

import pytest

from analytics.models import Campaign
from tests.analytics.views.texts import text_of


@pytest.fixture
def two_campaigns(bulk, some_data):
    bulk("campaigns", [{"externalId": "zero", "name": "Zero", "channel": "SMS"}])


def names(html):
    return re.findall(r'<th scope="row"[^>]*data-label="([^"]*)"', html)


def test_it_leads_to_a_campaign_whose_name_is_escaped(page, some_data):
    html = page("campaign")
    assert "Spring &lt;sale&gt;" in html
    number = re.search(r"campaign=(cmp_\d+)", html)[1]
    assert "<h1>Spring &lt;sale&gt;</h1>" in page("campaign", campaign=number)


@pytest.mark.parametrize("given", ["cmp_999", "cmp_", "x", "", "\0", "cmp_" + "9" * 50])
def test_an_unknown_campaign_is_not_found(page, some_data, given):
    assert "Not found" in page("campaign", expected=404, campaign=given)


def test_another_workspaces_campaign_is_not_found(stranger_client, some_data, page):
    number = Campaign.objects.get().pk
    response = stranger_client.get("/w/elsewhere/reports/campaign/", {"campaign": f"cmp_{number}"})
    assert response.status_code == 404


def test_the_most_messages_are_first_unless_another_order_is_asked_for(page, two_campaigns):
    html = page("campaign")
    assert names(html) == ["Spring &lt;sale&gt;", "Zero"]
    assert re.search(r'data-column="messages_total"[^>]*aria-sort="descending"', html)
    html = page("campaign", sort="-name")
    assert names(html) == ["Zero", "Spring &lt;sale&gt;"]
    assert re.search(r'data-column="name"[^>]*aria-sort="descending"', html)


def test_a_channels_campaigns_only(page, two_campaigns):
    assert names(page("campaign", channel="sms")) == ["Zero"]
    assert "Clear the filters" in page("campaign", channel="push")


def test_fifty_campaigns_a_page_and_all_in_the_file(page, api, workspace, bulk, some_data):
    bulk("campaigns", [{"externalId": f"c{n}", "name": f"C{n:03}"} for n in range(60)])
    assert len(names(page("campaign"))) == 50
    second = page("campaign", page=2, sort="name")
    assert len(names(second)) == 11
    assert "Page 2 of 2" in second
    response = api.get(f"/w/{workspace.slug}/reports/campaign/", {"format": "csv", "table": "campaigns"})
    assert len(b"".join(response).decode().splitlines()) == 62


def test_without_campaigns_it_says_how_they_come_in(page, track, now):
    assert track({"type": "track", "userId": "u", "event": "visit"}).json()["accepted"] == 1
    assert "/campaigns/bulk" in page("campaign")


@pytest.fixture
def spring(page, some_data):
    number = Campaign.objects.get().pk
    return lambda **query: page("campaign", campaign=f"cmp_{number}", **query)


def test_one_campaigns_numbers_are_the_apis(spring, report):
    answer = report(f"/campaigns/cmp_{Campaign.objects.get().pk}")
    assert answer["messages"]["humanOpenRate"] == 0.667
    shown = text_of(spring())
    for figure in ("Messages 3", "Delivered 3", "Open rate of people 66.7%", "Click rate of people 0.0%"):
        assert figure in shown
    assert "Queued 3 100.0% Sent 3 100.0% Delivered 3 100.0% Opened 2 66.7%" in shown


def test_what_happened_since_it_was_sent(spring, bulk):
    bulk(
        "message-events",
        [
            {"message": "m0", "type": "clicked", "at": "2026-03-21T12:00:00Z", "url": "https://shop.example/beans"},
            {"message": "m2", "type": "bounced", "at": "2026-03-21T12:00:00Z", "reason": "<full>"},
        ],
    )
    html = spring()
    assert "https://shop.example/beans 1 1" in text_of(html)
    assert "&lt;full&gt;" in html
    assert "Half of the 2 messages opened in the first 72 hours were opened within 2 hours." in html


@pytest.fixture
def ab_test(bulk, some_data):
    variants = [{"name": "Plain", "isControl": True}, {"name": "Bold"}]
    bulk(
        "campaigns",
        [
            {
                "externalId": "spring",
                "name": "Spring",
                "abTests": [{"externalId": "s", "name": "Subject", "variants": variants}],
            }
        ],
    )
    at = "2026-03-21T10:00:00Z"
    item = {"campaign": "spring", "contact": "c0", "channel": "EMAIL", "createdAt": at, "sentAt": at, "abTest": "s"}
    bulk("messages", [{**item, "externalId": f"a{n}", "variant": "Plain"} for n in range(18)])
    bulk("messages", [{**item, "externalId": f"b{n}", "variant": "Bold", "openedAt": at} for n in range(2)])
    bulk("messages", [{**item, "externalId": f"c{n}", "variant": "Plain", "openedAt": at} for n in range(2)])


def test_an_ab_test_has_rates_with_their_intervals(page, ab_test):
    shown = text_of(page("campaign", campaign=Campaign.objects.get().api_id))
    assert "A/B test: Subject" in shown
    assert "Plain control 20 2 10.0% 2.8% 30.1%" in shown  # Wilson's interval of 2 in 20
    assert "Bold was opened most: 100.0%, Plain 10.0%. The intervals do not overlap." in shown


def test_an_ab_test_leaves_out_machines_unless_all_are_asked_for(bulk, page, ab_test):
    for n in range(18):
        loaded = {"message": f"a{n}", "type": "opened", "at": "2026-03-21T11:00:00Z", "providerHint": "prefetch"}
        bulk("message-events", [loaded])
    number = Campaign.objects.get().api_id
    shown = text_of(page("campaign", campaign=number))
    assert "Plain control 20 2 10.0% 2.8% 30.1%" in shown
    assert "Bold was opened most: 100.0%, Plain 10.0%." in shown
    shown = text_of(page("campaign", campaign=number, opens="all"))
    assert "Plain control 20 20 100.0% 83.9% 100.0%" in shown
    assert "Plain was opened most: 100.0%" in shown


def test_a_campaign_without_messages_in_the_days(spring):
    assert "No messages in these days" in spring(range="yesterday")


def test_one_campaign_makes_a_handful_of_queries(spring, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        spring()


def test_a_viewer_sees_no_address_in_links_and_reasons_of_bounces(page, workspace, viewer_client, bulk, some_data):
    at = "2026-03-22T10:00:00Z"
    link, plain = "https://shop.example/you?mail=ada@example.com", "https://shop.example/sale"
    clicked = [{"message": f"m{n}", "type": "clicked", "at": at, "url": url} for n, url in enumerate((link, plain))]
    bulk("message-events", [*clicked, {"message": "m2", "type": "bounced", "at": at, "reason": "no ada@example.com"}])
    asked = {"campaign": Campaign.objects.get().api_id}
    whole = page("campaign", **asked)
    for told in (link, "no ada@example.com", "link=https%3A%2F%2Fshop.example%2Fyou"):
        assert told in whole
    files = [{"format": "csv", "table": name} for name in ("links", "bounce_reasons")]
    shown = ""
    for query in ({}, *files):
        response = viewer_client.get(f"/w/{workspace.slug}/reports/campaign/", {**asked, **query})
        shown += response.getvalue().decode()
    assert "https://shop.example/you?mail=a…@example.com" in shown
    assert "no a…@example.com" in shown
    assert "link=https%3A%2F%2Fshop.example%2Fsale" in shown
    assert not re.search("ada(@|%40|%2540)", shown)
