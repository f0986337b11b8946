"""One campaign: enrollments, what became of its messages, channels, A/B tests."""

import pytest

from analytics.ledger import Ledger
from analytics.models import ABTest, Campaign
from analytics.questions.questions import CampaignQuestion
from analytics.reports.campaigns.one import campaign
from tests.analytics.asking import ask
from tests.analytics.reports.items import EMPTY_META, META, at, contact, message, some_of_all
from tests.analytics.reports.items import report as reported
from tests.copied_rows import copied
from workspaces.changes import create_workspace

pytestmark = pytest.mark.usefixtures("now")

NONE = {
    "total": 0,
    "sent": 0,
    "delivered": 0,
    "opened": 0,
    "clicked": 0,
    "bounced": 0,
    "failed": 0,
    "openRate": 0.0,
    "clickRate": 0.0,
    "bounceRate": 0.0,
    "humanOpened": 0,
    "humanClicked": 0,
    "humanOpenRate": 0.0,
    "humanClickRate": 0.0,
    "hardBounced": 0,
    "softBounced": 0,
    "complained": 0,
    "unsubscribed": 0,
    "hardBounceRate": 0.0,
    "complaintRate": 0.0,
    "unsubscribeRate": 0.0,
}


@pytest.fixture
@copied
def welcome(bulk):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}, {"externalId": "other", "name": "Other"}])
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob", "cy", "dora")])
    return Campaign.objects.get(external_id="welcome")


@pytest.fixture
def answer(report, welcome):
    def get(**query):
        return report(f"/campaigns/{welcome.api_id}", **query)

    return get


def test_a_campaign_without_anything(answer, welcome):
    assert answer() == {
        "period": "30d",
        "campaign": {"id": welcome.api_id, "name": "Welcome"},
        "enrollments": {"total": 0, "active": 0, "completed": 0},
        "messages": NONE,
        "statusBreakdown": [],
        "channelBreakdown": [],
        "abTests": [],
        "meta": EMPTY_META,
    }


def test_a_campaign_that_can_be_added_up_by_hand(bulk, answer, welcome):
    variants = [{"name": "Short", "isControl": True}, {"name": "Long"}, {"name": "Unused"}]
    test = {"externalId": "subject", "name": "Subject line", "variants": variants}
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": [test]}])
    bulk(
        "enrollments",
        [
            {
                "campaign": "welcome",
                "contact": "ada",
                "enrolledAt": at("03-10 09:00"),
                "completedAt": at("03-12 09:00"),
            },
            {"campaign": "welcome", "contact": "bob", "enrolledAt": at("03-11 09:00")},
            {"campaign": "welcome", "contact": "cy", "enrolledAt": at("03-11 09:00"), "status": "EXITED"},
        ],
    )
    short, long = ({"abTest": "subject", "variant": name} for name in ("Short", "Long"))
    sent = {"sent": "03-10 09:01", "delivered": "03-10 09:02"}
    bulk(
        "messages",
        [
            message("m1", "03-10 09:00", **sent, opened="03-10 10:00", clicked="03-10 10:01", **short),
            message("m2", "03-10 09:00", **sent, opened="03-11 10:00", **long),
            message("m3", "03-10 09:00", **sent, **short),
            message("m4", "03-10 09:00", sent="03-10 09:01", bounced="03-10 09:02", channel="PUSH"),
            message("m5", "03-10 09:00", failed="03-10 09:01", channel="PUSH"),
            message("m6", "03-10 09:00"),
        ],
    )

    assert answer() == {
        "period": "30d",
        "campaign": {"id": welcome.api_id, "name": "Welcome"},
        "enrollments": {"total": 3, "active": 1, "completed": 1},
        "messages": {
            "total": 6,
            "sent": 4,
            "delivered": 3,
            "opened": 2,
            "clicked": 1,
            "bounced": 1,
            "failed": 1,
            "openRate": 0.667,
            "clickRate": 0.333,
            "bounceRate": 0.333,
            "humanOpened": 2,
            "humanClicked": 1,
            "humanOpenRate": 0.667,
            "humanClickRate": 0.333,
            **{"hardBounced": 0, "softBounced": 0, "complained": 0, "unsubscribed": 0},
            **{"hardBounceRate": 0.0, "complaintRate": 0.0, "unsubscribeRate": 0.0},
        },
        "statusBreakdown": [
            {"status": "QUEUED", "_count": 6},
            {"status": "SENT", "_count": 4},
            {"status": "DELIVERED", "_count": 3},
            {"status": "OPENED", "_count": 2},
            {"status": "CLICKED", "_count": 1},
            {"status": "BOUNCED", "_count": 1},
            {"status": "FAILED", "_count": 1},
        ],
        "channelBreakdown": [{"channel": "EMAIL", "_count": 4}, {"channel": "PUSH", "_count": 2}],
        "abTests": [
            {
                "id": ABTest.objects.get().api_id,
                "name": "Subject line",
                "variants": [
                    {"name": "Short", "sent": 2, "opened": 1, "humanOpened": 1},
                    {"name": "Long", "sent": 1, "opened": 1, "humanOpened": 1},
                    {"name": "Unused", "sent": 0, "opened": 0, "humanOpened": 0},
                ],
            }
        ],
        "meta": META,
    }


def test_the_period_is_echoed_and_bounds_what_is_counted(bulk, answer):
    edges = ["03-24 23:59:59.999999", "03-25 00:00", "03-31 23:59:59.999999", "04-01 00:00"]
    bulk("messages", [message(f"m{n}", when) for n, when in enumerate(edges)])
    bulk(
        "enrollments",
        [
            {"campaign": "welcome", "contact": name, "enrolledAt": at(when)}
            for name, when in zip(("ada", "bob", "cy", "dora"), edges, strict=True)
        ],
    )
    week = answer(period="7d")
    assert week["period"] == "7d"
    assert week["meta"]["from"] == "2026-03-25T00:00:00+01:00"
    assert week["messages"]["total"] == 2
    assert week["enrollments"] == {"total": 2, "active": 2, "completed": 0}
    assert answer(period="8d")["messages"]["total"] == 3


def test_messages_are_those_created_in_the_period_with_what_became_of_them(bulk, answer):
    bulk(
        "messages", [message("old", "03-20 09:00", sent="03-30 09:00", delivered="03-30 09:00", clicked="03-30 09:00")]
    )
    week = answer(period="7d")
    assert week["messages"] == NONE
    assert week["statusBreakdown"] == week["channelBreakdown"] == []


def test_enrollments_are_those_begun_in_the_period_in_the_status_they_have_now(bulk, answer):
    begun = {"campaign": "welcome", "contact": "ada", "enrolledAt": at("03-20 09:00")}
    bulk("enrollments", [begun])
    assert answer()["enrollments"] == {"total": 1, "active": 1, "completed": 0}
    bulk("enrollments", [{**begun, "completedAt": at("03-30 09:00")}])
    assert answer()["enrollments"] == {"total": 1, "active": 0, "completed": 1}
    assert answer(period="7d")["enrollments"] == {"total": 0, "active": 0, "completed": 0}


def test_a_repeated_open_or_click_counts_once(bulk, answer):
    sent = {"sent": "03-10 09:00", "delivered": "03-10 09:00"}
    bulk("messages", [message("m1", "03-10 09:00", **sent), message("m2", "03-10 09:00", **sent)])
    times = ["03-11 09:00", "03-12 09:00", "03-12 09:00"]
    bulk("message-events", [reported("m1", type_, when) for type_ in ("opened", "clicked") for when in times])
    messages = answer()["messages"]
    assert (messages["opened"], messages["clicked"], messages["openRate"]) == (1, 1, 0.5)


def test_a_click_implies_an_open(bulk, answer):
    bulk("messages", [message("m1", "03-10 09:00", sent="03-10 09:00", clicked="03-10 09:01")])
    assert answer()["statusBreakdown"] == [
        {"status": "QUEUED", "_count": 1},
        {"status": "SENT", "_count": 1},
        {"status": "DELIVERED", "_count": 1},
        {"status": "OPENED", "_count": 1},
        {"status": "CLICKED", "_count": 1},
    ]


def test_no_rate_passes_one_whatever_a_provider_leaves_out(bulk, answer):
    """Of five messages one was reported as delivered, three as opened or clicked, and one was complained about."""
    bulk("messages", [message(f"m{n}", "03-10 09:00") for n in range(5)])
    reports = {"m0": "delivered", "m1": "opened", "m2": "clicked", "m3": "opened", "m4": "complained"}
    bulk("message-events", [reported(name, kind, "03-10 10:00") for name, kind in reports.items()])
    messages = answer()["messages"]
    assert (messages["sent"], messages["delivered"], messages["opened"], messages["clicked"]) == (5, 5, 3, 1)
    assert (messages["openRate"], messages["clickRate"]) == (0.6, 0.2)


def test_all_rates_are_over_delivered_and_rounded_half_up(bulk, answer):
    """1 of 16 is 0.0625."""
    bulk("messages", [message(f"m{n}", "03-10 09:00", sent="03-10 09:00", delivered="03-10 09:00") for n in range(16)])
    bulk("messages", [message(f"only sent {n}", "03-10 09:00", sent="03-10 09:00") for n in range(4)])
    bulk("message-events", [reported("m0", "clicked", "03-10 10:00"), reported("m1", "bounced", "03-10 10:00")])
    messages = answer()["messages"]
    assert (messages["openRate"], messages["clickRate"], messages["bounceRate"]) == (0.063, 0.063, 0.063)


def test_what_machines_opened_and_clicked_counts_but_not_as_peoples(bulk, answer):
    variants = {"abTest": "t", "variant": "A"}
    test = {"externalId": "t", "name": "T", "variants": [{"name": "A"}]}
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": [test]}])
    sent = {"sent": "03-10 09:00", "delivered": "03-10 09:00", **variants}
    bulk("messages", [message(f"m{n}", "03-10 09:00", **sent) for n in range(4)])
    bulk("message-events", [{**reported("m0", "opened", "03-10 10:00"), "providerHint": "prefetch"}])
    bulk("message-events", [{**reported("m1", "clicked", "03-10 10:00"), "providerHint": "bot"}])
    bulk("message-events", [{**reported("m2", "clicked", "03-10 10:00"), "providerHint": "proxy"}])
    told = answer()
    messages = told["messages"]
    assert (messages["opened"], messages["openRate"], messages["clicked"], messages["clickRate"]) == (3, 0.75, 2, 0.5)
    assert (messages["humanOpened"], messages["humanOpenRate"]) == (1, 0.25)
    assert (messages["humanClicked"], messages["humanClickRate"]) == (1, 0.25)
    assert told["abTests"][0]["variants"] == [{"name": "A", "sent": 4, "opened": 3, "humanOpened": 1}]


def test_channels_come_most_first_then_by_name_and_add_up(bulk, answer):
    channels = ["SMS", "PUSH", "PUSH", "IN_APP", "EMAIL", "EMAIL"]
    bulk("messages", [message(f"m{n}", "03-10 09:00", channel=channel) for n, channel in enumerate(channels)])
    told = answer()
    assert [(row["channel"], row["_count"]) for row in told["channelBreakdown"]] == [
        ("EMAIL", 2),
        ("PUSH", 2),
        ("IN_APP", 1),
        ("SMS", 1),
    ]
    assert sum(row["_count"] for row in told["channelBreakdown"]) == told["messages"]["total"]


def test_a_status_reported_late_is_never_lost(bulk, answer):
    bulk("message-events", [reported("m1", "bounced", "03-10 11:00"), reported("m1", "delivered", "03-10 10:00")])
    bulk("messages", [message("m1", "03-10 09:00", sent="03-10 09:30")])
    assert [row["status"] for row in answer()["statusBreakdown"]] == ["QUEUED", "SENT", "DELIVERED", "BOUNCED"]


def test_variants_stand_in_their_own_order_and_tests_in_that_of_their_making(bulk, answer):
    tests = [
        {"externalId": f"t{n}", "name": name, "variants": [{"name": "Z"}, {"name": "A"}, {"name": "M"}]}
        for n, name in enumerate(["Time", "Colour"])
    ]
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": tests}])
    told = answer()["abTests"]
    assert [test["name"] for test in told] == ["Time", "Colour"]
    assert [[variant["name"] for variant in test["variants"]] for test in told] == [["Z", "A", "M"]] * 2


def test_variants_count_the_periods_messages_only(bulk, answer):
    test = {"externalId": "t", "name": "T", "variants": [{"name": "A"}]}
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": [test]}])
    sent = {"abTest": "t", "variant": "A", "sent": "03-30 09:00", "opened": "03-30 10:00"}
    bulk("messages", [message("old", "03-10 09:00", **sent), message("new", "03-30 09:00", **sent)])
    assert answer(period="7d")["abTests"][0]["variants"] == [{"name": "A", "sent": 1, "opened": 1, "humanOpened": 1}]
    assert answer()["abTests"][0]["variants"] == [{"name": "A", "sent": 2, "opened": 2, "humanOpened": 2}]


def test_another_campaigns_rows_do_not_count(bulk, answer):
    bulk("messages", [message("m1", "03-10 09:00", campaign="other", sent="03-10 09:00")])
    bulk("enrollments", [{"campaign": "other", "contact": "ada", "enrolledAt": at("03-10 09:00")}])
    told = answer()
    assert told["messages"] == NONE
    assert told["enrollments"]["total"] == 0
    assert told["meta"] == EMPTY_META


def test_another_workspaces_campaign_is_not_there(workspace, owner, now):
    other = create_workspace(name="Other", time_zone="UTC", by=owner)
    foreign = Campaign.objects.create(workspace=other, external_id="welcome", name="Theirs")
    for number in (foreign.pk, foreign.pk + 1000):
        with pytest.raises(Campaign.DoesNotExist):
            campaign(Ledger(workspace), ask(workspace, now, kind=CampaignQuestion, campaign_id=number))


@pytest.mark.long
def test_the_number_of_queries_does_not_grow(bulk, workspace, now, django_assert_num_queries):
    for start, number in [(0, 5), (5, 45)]:
        some_of_all(bulk, start, number)
        params = ask(workspace, now, kind=CampaignQuestion, campaign_id=Campaign.objects.get().pk)
        with django_assert_num_queries(3):
            assert campaign(Ledger(workspace), params).numbers["messages_total"] == start + number


def test_more_tests_and_variants_cost_no_more_queries(bulk, welcome, workspace, now, django_assert_num_queries):
    tests = [
        {"externalId": f"t{n}", "name": "T", "variants": [{"name": f"v{v}"} for v in range(n + 1)]} for n in range(6)
    ]
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": tests}])
    with django_assert_num_queries(3):
        found = campaign(Ledger(workspace), ask(workspace, now, kind=CampaignQuestion, campaign_id=welcome.pk))
    assert [len(test.variants) for test in found.ab_tests] == [1, 2, 3, 4, 5, 6]
