"""What one campaign's messages went through, hour by hour, link by link."""

from datetime import date

import pytest

from analytics.ledger import Ledger, LedgerPeople
from analytics.models import Campaign
from analytics.periods import Window
from analytics.questions.fields import field_of
from analytics.questions.filters import Is
from analytics.questions.parts import parts_of
from analytics.questions.questions import CampaignQuestion, Opens
from analytics.questions.slices import Slice
from analytics.reports.campaigns.detail import HOURS, LinkCount, ReasonCount, campaign_detail
from tests.analytics.asking import ask
from tests.analytics.reports.items import BERLIN, contact, message, report, some_of_all
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
@copied
def welcome(bulk):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}, {"externalId": "other", "name": "Other"}])
    bulk("contacts", [contact("ada", "03-01 09:00")])
    return Campaign.objects.get(external_id="welcome")


@pytest.fixture
def detail(workspace, now, welcome):
    def get(days=30):
        question = ask(workspace, now, days, kind=CampaignQuestion, campaign_id=welcome.pk, opens=Opens.ALL)
        return campaign_detail(Ledger(workspace), question)

    return get


def test_a_campaign_without_messages(detail):
    found = detail()
    assert [(hour.hours, hour.opened, hour.clicked) for hour in found.hours] == [(n, 0, 0) for n in range(HOURS + 1)]
    assert (found.links, found.bounce_reasons) == ((), ())


def test_opens_and_clicks_by_the_hour_since_sent(bulk, detail):
    bulk(
        "messages",
        [
            message("m1", "03-20 09:00", sent="03-20 10:00", opened="03-20 11:00"),
            message("m2", "03-20 09:00", sent="03-20 10:00", clicked="03-20 11:01"),
            message("m3", "03-20 09:00", sent="03-20 10:00", opened="03-23 10:00"),
            message("m4", "03-20 09:00", sent="03-20 10:00", opened="03-23 10:01"),
            message("m5", "03-20 09:00", opened="03-20 12:00"),  # of no known sending: since its creation
            message("m6", "03-20 09:00", sent="03-20 10:00", opened="03-20 09:59"),  # so it was sent by then
            message("o1", "03-20 09:00", sent="03-20 10:00", opened="03-20 11:00", campaign="other"),
        ],
    )
    by_hour = {hour.hours: (hour.opened, hour.clicked) for hour in detail().hours}
    assert [by_hour[hour] for hour in (0, 1, 2, 3, 71, 72)] == [(0, 0), (2, 0), (3, 1), (4, 1), (4, 1), (5, 1)]


def test_who_meets_conditions_is_found_out_once(bulk, workspace, now, welcome, monkeypatch):
    asked = []
    find = LedgerPeople.meant_people
    monkeypatch.setattr(LedgerPeople, "meant_people", lambda self, meant: asked.append(meant) or find(self, meant))
    part = Slice(where=parts_of(Is(field_of("contact.known"), ("true",))))
    bulk("messages", [message("m1", "03-20 09:00", sent="03-20 10:00", opened="03-20 11:00")])
    question = ask(workspace, now, kind=CampaignQuestion, campaign_id=welcome.pk, part=part)
    assert campaign_detail(Ledger(workspace), question).hours[-1].opened == 1
    assert asked.count(part.where.people) == 1


def test_hours_of_people_leave_out_what_machines_opened_and_clicked(bulk, workspace, welcome, now):
    bulk("messages", [message("m1", "03-20 09:00", sent="03-20 10:00")])
    acts = [("opened", "10:30", "bot"), ("clicked", "10:30", "bot"), ("opened", "14:30", ""), ("clicked", "16:30", "")]
    reports = [
        {**report("m1", act, f"03-20 {at}"), **({"providerHint": hint} if hint else {})} for act, at, hint in acts
    ]
    bulk("message-events", reports)

    def by_hour(opens):
        question = ask(workspace, now, kind=CampaignQuestion, campaign_id=welcome.pk, opens=opens)
        found = campaign_detail(Ledger(workspace), question)
        return [(found.hours[hour].opened, found.hours[hour].clicked) for hour in (1, 5, 7)]

    assert by_hour(Opens.ALL) == [(1, 1), (1, 1), (1, 1)]
    assert by_hour(Opens.HUMAN) == [(0, 0), (1, 0), (1, 1)]


def test_over_a_clock_change_hours_are_those_that_passed(bulk, detail):
    bulk("messages", [message("m1", "03-28 23:00", sent="03-28 23:00", opened="03-29 03:30")])
    assert next(hour.hours for hour in detail().hours if hour.opened) == 4


def test_links_by_the_messages_they_were_clicked_in(bulk, detail):
    bulk("messages", [message(f"m{n}", "03-20 09:00", sent="03-20 10:00") for n in range(3)])
    bulk("messages", [message("o1", "03-20 09:00", campaign="other"), message("old", "02-20 09:00")])
    clicks = [("m0", "/a"), ("m0", "/a"), ("m1", "/a"), ("m2", "/b"), ("m2", ""), ("o1", "/a"), ("old", "/a")]
    bulk(
        "message-events",
        [
            {**report(which, "clicked", f"03-20 11:{minute:02}"), "url": url and f"https://x.example{url}"}
            for minute, (which, url) in enumerate(clicks)
        ],
    )
    assert detail().links == (
        LinkCount("https://x.example/a", messages=2, clicks=3),
        LinkCount("", messages=1, clicks=1),
        LinkCount("https://x.example/b", messages=1, clicks=1),
    )


def test_reasons_of_bounces(bulk, detail):
    bulk("messages", [message(f"m{n}", "03-20 09:00", sent="03-20 10:00") for n in range(3)])
    bulk(
        "message-events",
        [
            {**report(f"m{n}", "bounced", "03-20 11:00"), "reason": reason}
            for n, reason in enumerate(("mailbox full", "no such user", "no such user"))
        ],
    )
    assert detail().bounce_reasons == (ReasonCount("no such user", 2), ReasonCount("mailbox full", 1))


def test_only_messages_created_in_the_days(bulk, detail):
    bulk("messages", [message(f"m{day}", f"03-{day} 09:00", opened=f"03-{day} 10:00") for day in (20, 21, 22)])
    days = Window.between(date(2026, 3, 21), date(2026, 3, 21), zone=BERLIN)
    assert detail(days).hours[-1].opened == 1


@pytest.mark.long
def test_the_number_of_queries_does_not_grow(bulk, workspace, now, django_assert_num_queries):
    for start, number in [(0, 5), (5, 45)]:
        some_of_all(bulk, start, number)
        params = ask(workspace, now, kind=CampaignQuestion, campaign_id=Campaign.objects.get(external_id="welcome").pk)
        with django_assert_num_queries(3):
            assert campaign_detail(Ledger(workspace), params).hours[-1].opened == start + number
