"""The pages of lists: who sees them, what they say, files, bad addresses, how many queries they need."""

import csv
import json
import re
from io import StringIO

import pytest
from django.test import Client

from analytics.models import Campaign, Contact, DayPack, Event, Message
from tests.analytics.reports.items import at, contact, event, message, report
from tests.analytics.rows import row
from tests.analytics.rows import workspace as other_workspace
from tests.analytics.views.texts import text_of
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.conversions import NO_MONEY
from workspaces.models import AuditEvent, Membership, User
from workspaces.roles import Role

PAGES = ("campaigns", "contacts", "messages", "clicks", "enrolments", "events", "people", "start")
OWN_DAYS = {"contacts": ("signedUpFrom", "signedUpTo"), "enrolments": ("enrolledFrom", "enrolledTo")}
"""The lists whose days are of something that no report's days mean."""
QUERIES = {"people": {"from": "2026-03-01", "to": "2026-03-31", "steps": "visit,purchase", "step": "1"}}
each_page = pytest.mark.parametrize("name", PAGES)
TOTAL = re.compile(r'data-total="(\d+)"')


@pytest.fixture
@copied
def shop(bulk, now):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome <b>", "status": "ACTIVE"}])
    bulk("campaigns", [{"externalId": "push", "name": "Push", "channel": "PUSH", "status": "DRAFT"}])
    bulk(
        "contacts",
        [
            {
                **contact(f"ada{n}@example.com", f"03-{n + 5:02} 08:00"),
                "email": f"ada{n}@example.com",
                "name": f"Ada {n}",
            }
            for n in range(3)
        ],
    )
    bulk(
        "contacts", [{**contact("=cmd", "03-20 08:00"), "attributes": {"boss": "eve@example.com"}, "phone": "+4912345"}]
    )
    bulk("enrollments", [{"campaign": "welcome", "contact": "ada1@example.com", "enrolledAt": at("03-20 09:00")}])
    bulk(
        "messages",
        [message(f"m{n}", f"03-2{n} 09:00", contact="ada1@example.com", sent=f"03-2{n} 09:01") for n in range(3)],
    )
    bulk("message-events", [report("m1", "opened", "03-23 10:00")])
    bulk("events", [event("visit", "ada1@example.com", f"03-2{n} 10:00", utm={"source": "google"}) for n in range(4)])
    bulk(
        "events",
        [
            event("purchase", "ada1@example.com", "03-25 10:00", properties={"product": {"sku": "x1"}, "revenue": 9.5}),
            event("visit", "?device", "03-26 10:00", properties={"by": "eve@example.com"}),
        ],
    )


@pytest.fixture
def page(workspace, api):
    def get(name, *, client=api, expected=200, **query):
        response = client.get(f"/w/{workspace.slug}/{name}/", {**QUERIES.get(name, {}), **query})
        assert response.status_code == expected, response.content
        return response.content.decode() if not response.streaming else b"".join(response.streaming_content).decode()

    return get


@pytest.fixture
def analyst(workspace):
    user = User.objects.create_user("analyst@example.com", "correct-horse-battery")
    Membership.objects.create(workspace=workspace, user=user, role=Role.ANALYST)
    client = Client()
    client.force_login(user)
    return client


def total(html):
    return int(TOTAL.search(html)[1])


@each_page
def test_a_page_of_an_empty_workspace_is_whole(page, name):
    assert "<h1>" in page(name)


@each_page
def test_a_page_wants_a_session(workspace, name):
    response = Client().get(f"/w/{workspace.slug}/{name}/")
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


@each_page
def test_a_page_of_somebody_elses_workspace_is_not_found(page, stranger_client, name):
    page(name, client=stranger_client, expected=404)


@pytest.mark.long
@each_page
def test_every_member_sees_a_page(page, viewer_client, analyst, shop, name):
    for client in (viewer_client, analyst):
        page(name, client=client)


@pytest.mark.long
@each_page
def test_a_page_makes_a_handful_of_queries(page, workspace, shop, name, django_assert_max_num_queries):
    """Where events tell of money, the list of campaigns some more for all that is credited."""
    page(name)
    with django_assert_max_num_queries(12 + 4 * (name == "campaigns")):
        page(name)
    workspace.money_rules = dict.fromkeys(("purchase", "Order Refunded"), NO_MONEY.data)
    workspace.save()
    with django_assert_max_num_queries(12):
        page(name)


@pytest.mark.parametrize("name", [name for name in PAGES if name != "start"])
@pytest.mark.parametrize(
    "query",
    [
        {"from": "nonsense", "to": "2026-03-31"},
        {"from": "2026-03-31", "to": "2026-03-01"},
        {"from": "1066-01-01", "to": "2026-03-31"},
    ],
)
def test_bad_days_are_left_out_and_told(page, shop, name, query):
    names = OWN_DAYS.get(name, ("from", "to"))
    html = page(name, **dict(zip(names, query.values(), strict=True)))
    assert "cannot be" in html


@pytest.mark.parametrize("name", ["contacts", "enrolments"])
@pytest.mark.parametrize("query", [{"range": "7d"}, {"from": "2026-03-06", "to": "2026-03-07"}])
def test_days_of_a_report_are_no_signups_nor_enrollments(page, shop, name, query):
    everything = total(page(name))
    html = page(name, **query)
    assert total(html) == everything > 0
    are = "are not understood here and are" if len(query) > 1 else "is not understood here and is"
    told = f"{', '.join(query)} {are} left out; understood are: "
    assert re.search(f"{told}.*{', '.join(OWN_DAYS[name])}", text_of(html))


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("contacts", {"week": "x", "signedUpFrom": "2026-03-01", "signedUpTo": "2026-03-02"}),
        ("contacts", {"week": "3"}),
        ("contacts", {"week": "1", "metric": "nonsense", "signedUpFrom": "2026-03-01", "signedUpTo": "2026-03-02"}),
        ("messages", {"reached": "nonsense"}),
        ("messages", {"campaign": "12"}),
        ("messages", {"channel": "PIGEON"}),
        ("messages", {"variant": "-1"}),
        ("messages", {"notCampaign": "cmp_1,12"}),
        ("messages", {"notCampaign": ",".join(["cmp_1"] * 21)}),
        ("clicks", {"campaign": "12"}),
        ("clicks", {"link": "x" * 9000}),
        ("enrolments", {"status": "x"}),
        ("events", {"person": "'"}),
        ("events", {"conversions": "credited"}),
        ("events", {"property": "a..b"}),
        ("events", {"type": "a\0b"}),
        ("events", {"type": "nothing"}),
        ("messages", {"campaign": "cmp_999"}),
        ("messages", {"contact": "ct_999"}),
        ("people", {"lostSince": "5"}),
        ("campaigns", {"status": "x"}),
    ],
)
def test_a_bad_parameter_is_left_out_and_told(page, shop, name, query):
    assert "cannot be" in page(name, **query)


@pytest.mark.parametrize("after", ["x", "1-x", "9" * 40, "-", "\0"])
def test_a_bad_place_shows_the_newest(page, shop, after):
    assert total(page("events", after=after)) == 6
    assert total(page("contacts", after=after)) == 4


def test_behind_the_oldest_row_there_are_none_and_the_way_back(page, shop):
    html = page("contacts", q="Ada", after="1-1")
    assert "There are no more." in html
    assert "<table id=" not in html


@pytest.mark.long
def test_ids_of_another_workspace_find_nothing(page, shop):
    elsewhere = other_workspace()
    campaign, foreign = row(Campaign, elsewhere), row(Contact, elsewhere)
    sent = row(Message, elsewhere)
    for name, api_id in (("campaign", campaign.api_id), ("contact", foreign.api_id), ("contact", "ct_999")):
        html = page("messages", **{name: api_id})
        assert f"{name} cannot be &#x27;{api_id}&#x27;; allowed: a {name} of this workspace. It is left out." in html
        assert total(html) == total(page("messages"))
    page(f"contacts/{foreign.api_id}", expected=404)
    page(f"contacts/{foreign.api_id}/export", expected=404)
    page(f"contacts/{foreign.api_id}/erase", expected=404)
    page(f"messages/{sent.api_id}", expected=404)


@pytest.mark.parametrize("path", ["contacts/ct_", "contacts/x", "contacts/ct_999", "messages/msg_1", "messages/x"])
def test_unknown_ids_are_not_found(page, path):
    page(path, expected=404)


def test_people_without_a_funnel_or_source_are_not_found(api, workspace):
    assert api.get(f"/w/{workspace.slug}/people/").status_code == 404


@pytest.mark.long
def test_lists_are_filtered_and_say_how_many(page, shop):
    assert total(page("contacts", q="ada")) == 3
    assert total(page("contacts", signedUpFrom="2026-03-06", signedUpTo="2026-03-07")) == 2
    assert total(page("messages", reached="opened")) == 1
    assert total(page("messages", reached="sent", channel="EMAIL")) == 3
    assert total(page("enrolments", status="COMPLETED")) == 0
    assert total(page("events", type="visit")) == 5
    assert total(page("events", property="product.sku", value="x1")) == 1
    assert total(page("events", property="revenue", value="9.5")) == 1
    assert total(page("events", property="revenue", value="10")) == 0
    assert total(page("events", utmSource="google", utmMedium="")) == 4
    assert total(page("events", conversions="any")) == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("context", "count"),
    [
        ({"library": {"name": "analytics.js"}}, 1),
        ({"library": {"name": "Analytics.JS"}}, 1),
        ({"library.name": "analytics.js"}, 1),
        ({"library": {"name": "other"}, "library.name": "analytics.js"}, 0),
        ({"library": {"name": {"name": "analytics.js"}}}, 0),
        ({"library": {"name": None}}, 0),
        ({"library": ["analytics.js"]}, 0),
        ({"library": "analytics.js"}, 0),
    ],
)
def test_a_library_is_looked_for_in_all_events(page, shop, context, count):
    Event.objects.filter(type="purchase").update(context=context)
    html = page("events", library="analytics.js")
    assert total(html) == count
    assert total(page("events", library="analytics.js", type="purchase")) == count
    assert total(page("events", library="analytics.js", conversions="any")) == count
    assert total(page("events", library="analytics.js", type="visit")) == 0


@pytest.mark.parametrize(
    ("name", "said"), [("5", 5), ("5.0", 5), ("true", True), ("strasse", "Straße"), ("it's", "it's")]
)
def test_a_library_is_called_whatever_senders_call_it(page, shop, name, said):
    Event.objects.filter(type="purchase").update(context={"library": {"name": said}})
    assert total(page("events", library=name)) == 1


def test_a_property_is_looked_for_in_all_events(page, shop):
    html = page("events", property="product.sku", value="x1")
    assert total(html) == 1
    assert "are searched" not in html
    assert total(page("events", property="product.sku")) == 1


def test_a_list_says_where_there_is_no_column(page, shop, workspace):
    said = "Read from the events, which takes longer: there is no column of product.sku."
    assert said not in text_of(page("events", where="property.product.sku:x1"))
    DayPack.objects.filter(workspace_id=workspace.pk).update(columns=None)
    html = page("events", where="property.product.sku:x1")
    assert said in text_of(html)
    assert total(html) == 1


@pytest.mark.long
def test_pages_follow_each_other_without_gaps(page, shop, bulk):
    bulk("events", [event("many", "ada1@example.com", "03-26 10:00") for _ in range(120)])
    seen, address = [], {}
    while True:
        html = page("events", type="many", **address)
        seen += re.findall(r'data-id="(evt_\w+)"', html)
        following = re.search(r"after=([\w-]+)[^>]*rel=.next", html)
        if following is None:
            break
        address = {"after": following[1]}
    assert len(seen) == len(set(seen)) == 120


def test_a_file_has_all_rows_of_the_list_and_no_formulas(page, shop, bulk):
    rows = list(csv.reader(StringIO(page("contacts", format="csv"))))
    assert rows[0] == ["\ufeffContact", "Email", "ID", "Signed up", "Last event"]  # Excel knows UTF-8 by the mark
    assert len(rows) == 1 + 4
    assert "'=cmd" in rows[1]
    assert rows[1][3].startswith("2026-03-20T08:00:00")
    bulk("events", [event("many", "ada1@example.com", "03-26 10:00") for _ in range(60)])
    assert len(list(csv.reader(StringIO(page("events", format="csv", type="many"))))) == 61
    assert len(list(csv.reader(StringIO(page("campaigns", format="csv"))))) == 3


@pytest.mark.long
def test_a_viewer_sees_no_whole_address_anywhere(page, viewer_client, shop):
    one = Contact.objects.get(external_id="ada1@example.com")
    other = Contact.objects.get(external_id="=cmd")
    sent = Message.objects.first()
    for path in ("contacts", f"contacts/{one.api_id}", f"contacts/{one.api_id}/export"):
        assert "ada1@example.com" in page(path), path
    paths = ["contacts", "messages", "enrolments", "events", "people", "start", f"contacts/{one.api_id}"]
    paths += [f"contacts/{other.api_id}", f"contacts/{one.api_id}/export", f"messages/{sent.api_id}"]
    for path in paths:
        for query in ({}, {"format": "csv"}):
            html = page(path, client=viewer_client, **query)
            assert not re.findall(r"(?:ada\d|eve)@", html), (path, query)
    assert "a…@example.com" in page("contacts", client=viewer_client)
    assert "+4912345" not in page(f"contacts/{other.api_id}", client=viewer_client)


@pytest.mark.long
def test_a_viewer_sees_no_address_in_a_link_that_was_clicked(page, viewer_client, bulk, shop):
    link = "https://shop.example/you?mail=ada1@example.com"
    bulk("message-events", [{**report("m1", "clicked", "03-23 11:00"), "url": link}])
    assert total(page("clicks", link=link)) == 1
    assert total(page("clicks", link=f"{link}1")) == 0
    asked = page("clicks", client=viewer_client, link=f"{link}1")
    assert total(asked) == 1, "the filter is left out, so that it confirms nothing"
    assert "which are hidden for your role" in asked
    assert f'<td class="breaks" data-head="Link">{link}' in page("clicks")
    shown = page("clicks", client=viewer_client)
    assert "https://shop.example/you?mail=a…@example.com" in shown
    assert "ada1@example.com" not in shown
    for path in ("messages", f"messages/{Message.objects.get(external_id='m1').api_id}"):
        assert link in page(path, link=link)
    assert "?mail=a…@example.com" in page(path, client=viewer_client)
    assert "ada1@example.com" not in page(path, client=viewer_client)


def test_the_other_campaigns_than_some_are_named(page, api, workspace, shop):
    welcome = Campaign.objects.get(external_id="welcome").api_id
    assert total(page("messages", notCampaign=welcome)) == 0
    assert "All campaigns except Welcome &lt;b&gt;" in page("enrolments", notCampaign=welcome)
    html = page("messages", notCampaign=f"{welcome},cmp_999")
    assert total(html) == 3
    assert f"notCampaign cannot be &#x27;{welcome},cmp_999&#x27;; allowed: campaigns of this workspace" in html


def test_a_viewer_cannot_find_out_addresses_by_searching(page, viewer_client, shop):
    assert total(page("contacts", q="example.com")) == 3
    assert total(page("contacts", client=viewer_client, q="example.com")) == 0
    assert total(page("contacts", client=viewer_client, q="Ada 1")) == 1


def test_a_contact_shows_its_time_line_and_where_it_counts(page, shop):
    one = Contact.objects.get(external_id="ada1@example.com")
    shown = text_of(page(f"contacts/{one.api_id}"))
    assert shown.index("25 Mar 2026, 10:00:00 purchase") < shown.index("22 Mar 2026, 09:00:00 Welcome")
    assert "Opened 23 Mar, 10:00:00" in shown
    for said in (
        "Signup cohort Fri 6 Mar 2026",
        "Events 5 ",
        "Attributed conversions 1",
        "Messages 3 ",
        "From google / – / – 4",
    ):
        assert said in shown, said


def test_a_merged_contact_shows_the_one_it_was_merged_into(page, shop, track_trusted):
    track_trusted({"type": "alias", "previousId": "ada0@example.com", "userId": "ada1@example.com"})
    gone = Contact.objects.get(external_id="ada0@example.com")
    shown = text_of(page(f"contacts/{gone.api_id}"))
    assert "Former ID ada0@example.com" in shown
    assert total(page("contacts")) == 3


def test_an_export_has_everything_and_is_noted(page, shop):
    one = Contact.objects.get(external_id="ada1@example.com")
    body = json.loads(page(f"contacts/{one.api_id}/export"))
    assert body["contact"]["email"] == "ada1@example.com"
    assert (len(body["events"]), len(body["messages"]), len(body["enrolments"])) == (5, 3, 1)
    assert list(body) == [
        "contact",
        "mergedContacts",
        "identities",
        "joins",
        "enrolments",
        "assignments",
        "messages",
        "events",
    ]
    assert AuditEvent.objects.filter(action="data_exported", target=one.api_id).exists()


def test_an_export_is_read_and_sent_in_parts(page, api, workspace, shop, monkeypatch):
    one = Contact.objects.get(external_id="ada1@example.com")
    whole = json.loads(page(f"contacts/{one.api_id}/export"))
    monkeypatch.setattr("analytics.lists.contact.EXPORT_CHUNK_ROWS", 2)
    assert json.loads(page(f"contacts/{one.api_id}/export")) == whole
    assert api.get(f"/w/{workspace.slug}/contacts/{one.api_id}/export/").streaming


@pytest.mark.long
def test_erasing_wants_the_right_and_the_name(page, api, viewer_client, analyst, workspace, shop):
    one = Contact.objects.get(external_id="ada1@example.com")
    address = f"/w/{workspace.slug}/contacts/{one.api_id}/erase/"
    assert "5 events" in text_of(page(f"contacts/{one.api_id}/erase"))
    for client in (viewer_client, analyst):
        assert client.post(address, {"confirm": one.email}).status_code == 403
    assert api.post(address, {"confirm": "someone@example.com"}).status_code == 400
    assert Contact.objects.filter(pk=one.pk).exists()
    response = api.post(address, {"confirm": one.email})
    assert response["Location"] == f"/w/{workspace.slug}/contacts/"
    assert not Contact.objects.filter(pk=one.pk).exists()
    assert Event.objects.filter(workspace_id=workspace.pk).count() == 1
    assert AuditEvent.objects.filter(action="contact_erased", target=one.api_id).exists()


def test_a_message_shows_its_ladder_and_its_reports(page, shop):
    sent = Message.objects.get(external_id="m1")
    shown = text_of(page(f"messages/{sent.api_id}"))
    assert "Sent 21 Mar 2026, 09:01" in shown
    assert "23 Mar 2026, 10:00:00 Opened" in shown


def test_the_list_of_campaigns_has_the_rates_of_the_report(page, shop, report):
    one = Campaign.objects.get(external_id="welcome")
    found = report(f"/campaigns/{one.api_id}")["messages"]
    assert found["humanOpenRate"] > 0
    shown = text_of(page("campaigns", column=["human_open_rate", "human_click_rate"], q=one.name))
    assert re.findall(r"[\d.]+%", shown) == [f"{found[name]:.1%}" for name in ("humanOpenRate", "humanClickRate")]


@pytest.mark.long
def test_campaigns_are_filtered_sorted_and_their_columns_chosen(page, shop):
    assert total(page("campaigns", status="ACTIVE")) == 1
    assert total(page("campaigns", q="welc", channel="EMAIL")) == 1
    html = page("campaigns", sort="-sent").split("<thead>")[1]
    assert html.index("Welcome &lt;b&gt;") < html.index(">Push<")
    assert 'aria-sort="descending"' in html
    assert 'Open rate</a><span class="base">of delivered, bot opens excluded</span>' in html
    assert 'data-head="Open rate (of delivered)"' in html  # what stands beside it in the card of a phone
    html = page("campaigns", column=["bounced"])
    assert "Bounced</a>" in html
    assert "Open rate</a>" not in html


@pytest.mark.long
def test_chosen_campaigns_are_archived_by_those_who_may(api, viewer_client, analyst, workspace, shop):
    foreign = row(Campaign, other_workspace(), status="ACTIVE")
    ids = [*(one.api_id for one in Campaign.objects.filter(workspace=workspace)), foreign.api_id, "cmp_x"]
    address = f"/w/{workspace.slug}/campaigns/archive/"
    for client in (viewer_client, analyst):
        assert client.post(address, {"campaign": ids}).status_code == 403
    response = api.post(address, {"campaign": ids, "back": "https://evil.example/"})
    assert response["Location"] == f"/w/{workspace.slug}/campaigns/"
    assert set(Campaign.objects.filter(workspace=workspace).values_list("status", flat=True)) == {"ARCHIVED"}
    foreign.refresh_from_db()
    assert foreign.status == "ACTIVE"


def test_the_live_tail_gets_nothing_but_events(page, shop):
    html = page("events", rows="only", type="visit")
    assert html.count("data-id=") == 5
    assert "<html" not in html


@pytest.mark.parametrize(
    ("tab", "item", "advice"),
    [
        ("rejected", {"event": "other", "messageId": "m", "userId": "u"}, "Send it under an ID of its own"),
        ("rejected", {"event": "x", "userId": "u", "timestamp": "1960-01-01"}, "where the time comes from"),
        ("rejected", {"event": "", "userId": "u"}, "send it again with the same ID"),
        ("warnings", {"event": "x", "userId": "u", "timestamp": "2199-01-01"}, "Correct the clock"),
        ("warnings", {"event": "x", "userId": "u", "properties": 5}, "It counts anyway"),
    ],
)
def test_what_to_do_fits_what_is_wrong(page, track, now, tab, item, advice):
    track({"type": "track", "event": "first", "messageId": "m", "userId": "u"})
    track({"type": "track", **item})
    shown = text_of(page("events", tab=tab))
    assert advice in shown
    assert ("with the same id" in shown) == ("same id" in advice)


def test_what_was_rejected_is_told_with_reason_and_fix(page, write_key, workspace, now):
    post_json(
        Client(),
        "/v1/batch",
        {"batch": [{"type": "track", "userId": "null", "event": "x"}]},
        Authorization=f"Bearer {write_key}",
    )
    shown = text_of(page("events", tab="rejected"))
    assert "Rejected 1" in shown
    assert "illegal_id" in shown
    assert "Send the ID of your own database" in shown
    for tab in ("duplicates", "warnings"):
        assert "in the last 7 days" in text_of(page("events", tab=tab))


def test_the_list_of_campaigns_has_the_rates_of_people_that_its_report_has(api, workspace, bulk):
    bulk("campaigns", [{"externalId": "spring", "name": "Spring"}])
    bulk("contacts", [{"externalId": "a"}])
    at = "2026-03-20T10:00:00Z"
    sent = {"campaign": "spring", "contact": "a", "channel": "EMAIL", "createdAt": at, "deliveredAt": at}
    bulk("messages", [{"externalId": f"m{number}", **sent} for number in range(4)])
    opens = [{"message": f"m{number}", "type": "opened", "at": "2026-03-20T11:00:00Z"} for number in range(3)]
    opens[0]["userAgent"] = "Mozilla/5.0"  # a mail service, before anybody looks
    bulk("message-events", opens)
    html = api.get(f"/w/{workspace.slug}/campaigns/", {"column": ["open_rate", "human_open_rate"]}).text
    assert re.findall(r'<td class="num"[^>]*>([\d.]+%)', html) == ["75.0%", "50.0%"]
