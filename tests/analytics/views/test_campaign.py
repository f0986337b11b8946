"""The campaign report: the list, its order and filter, and one campaign."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.ledger import Ledger
from analytics.models import ABTest, Campaign
from analytics.periods import Window
from analytics.questions.questions import Question
from analytics.reports.experiments.catalogue import campaign_experiments
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied
from workspaces.conversions import NO_MONEY

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")


@pytest.fixture
def send(bulk, some_data):
    """A message of each of these campaigns, on a day of the range that is shown by default."""

    def send_one(*campaigns, channel="SMS", at="2026-03-21T10:00:00Z", **reached):
        item = {"contact": "c0", "channel": channel, "createdAt": at, **reached}
        bulk("messages", [{**item, "externalId": f"one of {name} {at}", "campaign": name} for name in campaigns])

    return send_one


@pytest.fixture
@copied
def two_campaigns(bulk, send):
    bulk("campaigns", [{"externalId": "zero", "name": "Zero", "channel": "SMS"}])
    send("zero")


def names(html):
    return re.findall(r'<th scope="row"[^>]*data-label="([^"]*)"', html)


@pytest.mark.long
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


@pytest.mark.long
def test_the_most_messages_are_first_unless_another_order_is_asked_for(page, two_campaigns):
    html = page("campaign")
    assert names(html) == ["Spring &lt;sale&gt;", "Zero"]
    assert re.search(r'data-column="messages_total"[^>]*aria-sort="descending"', html)
    html = page("campaign", sort="-name")
    assert names(html) == ["Zero", "Spring &lt;sale&gt;"]
    assert re.search(r'data-column="name"[^>]*aria-sort="descending"', html)


def test_a_channels_campaigns_only(page, two_campaigns):
    assert names(page("campaign", channel="sms")) == ["Zero"]
    assert "Clear filters" in page("campaign", channel="push")


@pytest.mark.long
def test_the_range_chooses_which_campaigns_are_listed(page, two_campaigns, bulk, send):
    bulk("campaigns", [{"externalId": "old", "name": "Old"}, {"externalId": "draft", "name": "Draft"}])
    send("old", at="2026-01-21T10:00:00Z")
    html = page("campaign")
    assert names(html) == ["Spring &lt;sale&gt;", "Zero"]
    assert "2 more campaigns sent nothing in this period" in text_of(html)
    assert names(page("campaign", **{"from": "2026-01-01", "to": "2026-01-31"})) == ["Old"]
    assert "No campaign sent anything in this period" in text_of(page("campaign", range="yesterday"))


@pytest.mark.long
def test_each_campaign_is_compared_with_itself_in_the_other_days(page, bulk, some_data, report):
    """Weekly: 40 messages of which 32 were opened, then 50 of which 45 were; others have nothing to compare with."""
    bulk("campaigns", [{"externalId": "weekly", "name": "Weekly"}, {"externalId": "once", "name": "Once"}])
    for campaign, day, sent, opened in (("weekly", 20, 40, 32), ("weekly", 27, 50, 45), ("once", 27, 60, 6)):
        at = f"2026-03-{day}T10:00:00Z"
        bulk(
            "messages",
            [
                {
                    "externalId": f"{campaign}{day}-{n}",
                    "contact": "c0",
                    "campaign": campaign,
                    "channel": "EMAIL",
                    **dict.fromkeys(("createdAt", "sentAt", "deliveredAt"), at),
                    **({"openedAt": at} if n < opened else {}),
                }
                for n in range(sent)
            ],
        )
    html = page("campaign", range="7d", sort="-messages_total_change")
    shown = text_of(html[html.index('<table id="campaigns"') :])
    assert "Weekly Email Draft 50 ▲ +25.0% Why? 0.00 50 ▲ +25.0% 45 ▲ +40.6% 0 0 90.0% ▲ +10.0 points" in shown
    assert shown.index("Weekly") < shown.index("Once")
    rows = {row["name"]: row for row in report("/campaigns", range="7d", compare="previous")["campaigns"]}
    assert rows["Weekly"]["changes"]["total"] == 0.25


@pytest.mark.long
def test_fifty_campaigns_a_page_and_all_in_the_file(page, api, workspace, bulk, send):
    bulk("campaigns", [{"externalId": f"c{n}", "name": f"C{n:03}"} for n in range(60)])
    send(*(f"c{n}" for n in range(60)))
    first = page("campaign")
    assert (len(names(first)), "Rows 1 to 31 of 61" in first, "Show 50 a page" in first) == (31, True, True)
    assert len(names(page("campaign", page=1))) == 50
    second = page("campaign", page=2, sort="name")
    assert len(names(second)) == 11
    assert "Rows 51 to 61 of 61" in second
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
    for figure in ("Messages 3", "Delivered 3", "Open rate 66.7% of delivered bot opens excluded", "Click rate 0.0%"):
        assert figure in shown
    assert "Queued 3 – Sent 3 – Delivered 3 100.0% Opened 2 66.7%" in shown


@pytest.fixture
@copied
def five_campaigns(bulk, some_data):
    """Of 50 messages each, of which 10 to 30 were opened and none clicked; the last of 60, of which 45 were."""
    bulk("contacts", [{"externalId": f"p{n}", "signedUpAt": "2026-02-20T10:00:00Z"} for n in range(60)])
    at = "2026-03-10T10:00:00Z"
    for number, (sent, opened) in enumerate([(50, 10), (50, 20), (50, 25), (50, 30), (60, 45)]):
        bulk("campaigns", [{"externalId": f"of{number}", "name": f"No {number}"}])
        item = {"campaign": f"of{number}", "channel": "EMAIL", "createdAt": at, "deliveredAt": at}
        opens = [{"openedAt": at} if n < opened else {} for n in range(sent)]
        items = [{**item, "externalId": f"{number}-{n}", "contact": f"p{n}", **more} for n, more in enumerate(opens)]
        bulk("messages", items)
    return Campaign.objects.get(external_id="of4").api_id


@pytest.mark.long
def test_a_campaign_is_held_against_what_is_usual(page, five_campaigns):
    shown = text_of(page("campaign", campaign=five_campaigns))
    assert "60 of 60 messages were delivered. Of those, 75.0% were opened and 0.0% clicked. " in shown
    verdict = "Compared with the last 4 email campaigns within 3 days of sending: opens above the usual 45.0%, clicks"
    assert f"{verdict} not clearly" in shown
    assert "Opened 45 75.0% delivered 75.0% 45.0%" in shown
    assert "Open rate 75.0% of delivered bot opens excluded usual 45.0% within 3 days; here 75.0%" in shown


def test_its_head_says_what_it_is_and_when_it_went_to_how_many(page, api, bulk, five_campaigns, report):
    inbox = {"subject": "Beans <for> a@b.example", "previewText": "Three of them"}
    bulk("campaigns", [{"externalId": "of4", "name": "No 4", **inbox}])
    html = page("campaign", campaign=five_campaigns)
    assert '<p class="inbox"><strong>Beans &lt;for&gt; a@b.example</strong>' in html
    assert "Three of them Sent 10 Mar 2026: 60 messages, delivered to 60 people." in text_of(html)
    head = html[html.index("Sent 10 Mar") : html.index("</h1>") + 2_000]
    for address in re.findall(r'href="([^"]*)"', head)[:2]:
        assert 'data-total="60"' in api.get(unescape(address)).content.decode()
    sends = report(f"/campaigns/{five_campaigns}/engagement")["sends"]
    assert sends == {"firstOn": "2026-03-10", "lastOn": "2026-03-10", "messages": 60}
    elsewhere = page("campaign", campaign=five_campaigns, range="today", where="contact.known:false")
    assert "Sent 10 Mar 2026: 60 messages." in text_of(elsewhere), "it is of the whole, and its people are not known"


def test_who_sees_no_addresses_sees_none_in_a_subject(viewer_client, workspace, bulk, five_campaigns):
    bulk("campaigns", [{"externalId": "of4", "name": "No 4", "subject": "Hello a@b.example", "previewText": ""}])
    html = viewer_client.get(f"/w/{workspace.slug}/reports/campaign/", {"campaign": five_campaigns}).content.decode()
    assert "Hello" in html
    assert "a@b.example" not in html


@pytest.mark.long
def test_its_people_are_lists_by_what_they_did(page, api, five_campaigns):
    html = page("campaign", campaign=five_campaigns)
    outcomes = re.search(r'<table[^>]*id="outcomes".*?</table>', html, re.DOTALL)[0]
    shown = text_of(outcomes.split("</thead>")[1])
    assert shown == "Clicked 0 Opened, not clicked 45 Delivered, not opened 15 Not delivered 0"
    address = unescape(re.findall(r'href="([^"]*)"', outcomes)[1])
    assert 'data-total="15"' in api.get(address).content.decode()
    lines = b"".join(api.get(f"{address}&format=csv")).decode().splitlines()
    assert len(lines) == 16
    assert lines[1].startswith("p59,"), "with its id"
    of_all = page("campaign", campaign=five_campaigns, where="contact.signedUpAt<2026-03-01")
    assert "Opened, not clicked 45" in text_of(of_all)
    shown = page("campaign", campaign=five_campaigns, where="channel:email")
    assert 'id="outcomes"' not in shown, "a condition on messages is none on people"


@pytest.mark.long
def test_the_people_of_a_long_campaign_are_not_counted(page, api, bulk, five_campaigns, send):
    send("of4", at="2025-11-21T10:00:00Z", channel="EMAIL", deliveredAt="2025-11-21T10:00:00Z")
    html = page("campaign", campaign=five_campaigns)
    outcomes = re.search(r'<table[^>]*id="outcomes".*?</table>', html, re.DOTALL)[0]
    assert text_of(outcomes.split("</thead>")[1]).startswith("Clicked Open the list Opened, not clicked Open the list")
    address = unescape(re.findall(r'href="([^"]*)"', outcomes)[2])
    assert 'data-total="16"' in api.get(address).content.decode()


@pytest.fixture
@copied
def finished(bulk, send):
    """A campaign that sent in November and was opened last in December, as of the end of March."""
    bulk("campaigns", [{"externalId": "old", "name": "Old", "status": "COMPLETED"}])
    send("old", at="2025-11-21T10:00:00Z", deliveredAt="2025-11-21T10:00:00Z", openedAt="2025-12-02T10:00:00Z")
    return Campaign.objects.get(external_id="old").api_id


def test_a_finished_campaign_opens_on_its_own_life(page, finished):
    shown = text_of(page("campaign", campaign=finished))
    assert "21 Nov – 2 Dec 2025. Times in Europe/Berlin" in shown  # and compared with nothing
    assert "Messages 1" in shown
    assert "Open rate 100.0% of delivered bot opens excluded" in shown


def test_other_days_of_a_campaign_are_a_choice_and_its_life_a_click_away(page, finished):
    html = page("campaign", campaign=finished, range="30d")
    assert "No messages in this period" in html
    assert f'<a href="?campaign={finished}">Whole campaign</a>' in html


def test_a_campaign_of_which_nothing_is_known_yet_shows_the_default_days(page, bulk, some_data):
    bulk("campaigns", [{"externalId": "new", "name": "New"}])
    assert "2 – 31 Mar 2026" in page("campaign", campaign=Campaign.objects.get(external_id="new").api_id)


def test_days_of_a_report_do_not_go_along_to_a_campaign(page, some_data):
    html = page("overview", **{"from": "2026-03-20", "to": "2026-03-24"}, compare="year", opens="all")
    address = re.search(r'href="([^"]*campaign=cmp_\d+)"', html)[1]
    assert unescape(address).partition("?")[2] == f"opens=all&campaign={Campaign.objects.get().api_id}"


@pytest.mark.long
def test_a_campaign_leads_back_to_the_days_of_its_list(page, api, some_data):
    html = page("campaign", **{"from": "2026-03-20", "to": "2026-03-24"}, opens="all")
    address = unescape(re.search(r'href="([^"]*campaign=cmp_\d+[^"]*)"', html)[1])
    html = api.get(address).content.decode()
    assert "21 – 22 Mar 2026" in html  # its life
    back = unescape(re.search(r'<a href="([^"]*)">Campaigns</a>', html)[1])
    assert back.endswith("/reports/campaign/?from=2026-03-20&to=2026-03-24&opens=all")
    evil = page("campaign", campaign=Campaign.objects.get().api_id, list="range=%22%3E<b>&evil=1")
    assert "evil" not in unescape(re.search(r'<a href="([^"]*)">Campaigns</a>', evil)[1])


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
@copied
def ab_test(bulk, some_data):
    """Each variant went to 100 people in January; 20 of Plain's opened it, 50 of Bold's, and machines 15 more of
    Plain's."""
    variants = [{"name": "Plain", "isControl": True}, {"name": "Bold"}]
    test = {"externalId": "s", "name": "Subject", "variants": variants}
    bulk("campaigns", [{"externalId": "spring", "name": "Spring", "abTests": [test]}])
    at = "2026-01-21T10:00:00Z"
    item = {"campaign": "spring", "channel": "EMAIL", "createdAt": at, "sentAt": at, "abTest": "s"}
    people = [f"{variant}{n}" for variant in ("Plain", "Bold") for n in range(100)]
    bulk("contacts", [{"externalId": name, "signedUpAt": "2026-01-01T10:00:00Z"} for name in people])
    for variant, opened, clicked in (("Plain", 20, 3), ("Bold", 50, 4)):
        names = [f"{variant}{n}" for n in range(100)]
        items = [{**item, "externalId": name, "contact": name, "variant": variant} for name in names]
        for n, one in enumerate(items):
            one |= ({"openedAt": at} if n < opened else {}) | ({"clickedAt": at} if n < clicked else {})
        bulk("messages", items)
    machines = {"type": "opened", "at": "2026-01-21T11:00:00Z", "providerHint": "prefetch"}
    bulk("message-events", [{**machines, "message": f"Plain{n}"} for n in range(80, 95)])


@pytest.mark.long
def test_an_ab_test_compares_opens_and_clicks_of_its_whole_life_with_the_control(page, ab_test):
    shown = text_of(page("campaign", campaign=Campaign.objects.get().api_id, range="7d"))
    assert "A/B test: Subject, opened" in shown
    assert "Plain control 100 100 20 20.0% – – – – – –" in shown
    assert "Bold 100 100 50 50.0% +30.0 +16.9 +41.7 +150.0% < 0.001 Better" in shown
    assert "Bold is better than Plain: +30.0 points (95% CI +16.9 to +41.7 points)." in shown
    assert "A/B test: Subject, clicked" in shown
    assert "Bold against Plain: too few to say (fewer than 30 people in a variant, or who reached the goal)." in shown


@pytest.mark.long
def test_an_ab_test_leaves_out_machines_whatever_else_shows(page, ab_test):
    shown = text_of(page("campaign", campaign=Campaign.objects.get().api_id, opens="all"))
    assert "Plain control 100 100 20 20.0%" in shown


@pytest.mark.long
def test_the_page_of_an_ab_test_says_what_its_campaigns_does(page, ab_test):
    of_campaign = text_of(page("campaign", campaign=Campaign.objects.get().api_id))
    sentence = "Bold is better than Plain: +30.0 points (95% CI +16.9 to +41.7 points)."
    assert sentence in of_campaign
    assert sentence in text_of(page("experiments", test=ABTest.objects.get().api_id, metric="open"))


@pytest.mark.long
def test_numbers_of_an_ab_test_open_the_people_of_all_days(page, api, ab_test):
    html = page("campaign", campaign=Campaign.objects.get().api_id, range="7d")
    row = re.search(r"<tr>(?:(?!</tr>).)*>Bold<.*?</tr>", html, re.DOTALL)[0]
    links = re.findall(r'<a class="opens" href="([^"]+)">(\d+)', row)
    assert [n for _, n in links] == ["100", "100", "50"]
    for address, n in links:
        assert f'data-total="{n}"' in api.get(unescape(address)).content.decode()


@pytest.mark.long
def test_no_rate_of_a_page_passes_all(page, bulk, some_data):
    """Eight bounced and two were delivered: 80 % of the sent, not 400 % of the delivered."""
    at = "2026-03-21T10:00:00Z"
    bulk("campaigns", [{"externalId": "bad", "name": "Bad"}])
    item = {"campaign": "bad", "contact": "c0", "channel": "EMAIL", "createdAt": at}
    bulk("messages", [{**item, "externalId": f"b{n}", "bouncedAt" if n < 8 else "openedAt": at} for n in range(10)])
    number = Campaign.objects.get(name="Bad").api_id
    for name, query in (
        ("campaign", {"campaign": number}),
        ("campaign", {}),
        ("timeseries", {"campaign": number, "metric": "bounce_rate"}),
        ("timeseries", {"campaign": number, "metric": ["delivery_rate", "campaign_human_open_rate"]}),
    ):
        shares = [float(share) for share in re.findall(r"([\d.]+)%", text_of(page(name, **query)))]
        assert shares, (name, query)
        assert max(shares) <= 100, (name, query)
    assert "Bounce rate 80.0% of sent" in text_of(page("campaign", campaign=number))


def test_a_rate_says_what_it_is_of_in_the_cards_of_phones_too(page, some_data):
    assert 'data-head="Open rate (of delivered)"' in page("campaign", opens="all")


@pytest.mark.long
def test_one_base_for_the_rates_of_a_screen(page, some_data, bulk):
    """Of four messages sent three were delivered, and two of these opened: 66.7 % of delivered, not 50 % of sent."""
    at = "2026-03-21T10:00:00Z"
    bulk(
        "messages",
        [
            {
                "externalId": "m9",
                "campaign": "spring",
                "contact": "c0",
                "channel": "EMAIL",
                "sentAt": at,
                "createdAt": at,
            }
        ],
    )
    for name, query in (
        ("overview", {}),
        ("campaign", {}),
        ("campaign", {"campaign": Campaign.objects.get().api_id}),
        ("timeseries", {"metric": "open_rate"}),
        ("timeseries", {"metric": "campaign_human_open_rate"}),
    ):
        shown = text_of(page(name, **query))
        assert "66.7%" in shown, (name, query)
        assert "of delivered" in shown, (name, query)
        assert "50.0%" not in shown, (name, query)


def test_a_campaign_without_messages_in_the_days(spring):
    assert "No messages in this period" in spring(range="yesterday")


@pytest.mark.long
def test_one_campaign_makes_a_handful_of_queries(spring, workspace, django_assert_max_num_queries):
    """Three say what happened on its days. Where events tell of money, some more for all that is credited."""
    with django_assert_max_num_queries(20 + 8):
        spring()
    workspace.money_rules = dict.fromkeys(("purchase", "Order Refunded"), NO_MONEY.data)
    workspace.save()
    with django_assert_max_num_queries(20):
        spring()


@pytest.mark.long
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


def test_tests_of_a_campaign_read_once_to_whom_it_was_sent(workspace, bulk, some_data, now):
    variants = [{"name": "A", "isControl": True}, {"name": "B"}]
    tests = [{"externalId": name, "name": name, "variants": variants} for name in ("first", "second")]
    bulk("campaigns", [{"externalId": "spring", "name": "Spring", "abTests": tests}])
    question = Question(window=Window.last_days(30, zone=workspace.zone, now=now), now=now)
    with CaptureQueriesContext(connection) as captured:
        found = campaign_experiments(Ledger(workspace), question, Campaign.objects.get().pk)
    assert [len(test.reports) for test in found] == [2, 2]
    asked = [query["sql"] for query in captured if "daypack" in query["sql"]]
    assert len(asked) == 5, "once for all, and for what was done by each test and goal"
