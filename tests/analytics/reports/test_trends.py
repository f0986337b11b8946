"""Trends: any metrics day by day, of one campaign or channel, split by either."""

from datetime import date

import pytest

from analytics.ledger import Ledger
from analytics.models import Campaign
from analytics.periods import Interval, Window
from analytics.questions.fields import field_of
from analytics.questions.groups import Breakdown
from analytics.questions.questions import OF_CAMPAIGNS, TrendsQuestion
from analytics.questions.ranges import ComparedDays
from analytics.questions.slices import Slice
from analytics.reports.overview import overview
from analytics.reports.splits import group_numbers
from analytics.reports.timeseries import timeseries
from analytics.reports.trends import compared_trends, trends
from tests.analytics.asking import ask
from tests.analytics.reports.items import BERLIN, contact, event, message, some_of_all
from tests.copied_rows import copied

BY_CHANNEL, BY_CAMPAIGN = (Breakdown(field_of(key)) for key in ("channel", "campaign"))
pytestmark = pytest.mark.usefixtures("now")


def days(first, last):
    return Window.between(date(2026, 3, first), date(2026, 3, last), zone=BERLIN)


@pytest.fixture
@copied
def sent(bulk):
    """Two campaigns on two channels, and a purchase."""
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}, {"externalId": "sale", "name": "Sale"}])
    bulk("contacts", [contact("ada", "03-23 09:00")])
    bulk(
        "messages",
        [
            message("m1", "03-23 10:00", sent="03-23 10:01", opened="03-24 09:00"),
            message("m2", "03-23 11:00", sent="03-23 11:01", channel="SMS"),
            message("m3", "03-30 10:00", sent="03-30 10:01", clicked="03-30 10:05", campaign="sale"),
        ],
    )
    bulk("events", [event("purchase", "ada", "03-30 11:00"), event("visit", "ada", "03-30 12:00")])


def test_an_empty_workspace(workspace, now):
    report = trends(Ledger(workspace), ask(workspace, now, 3, kind=TrendsQuestion))
    assert report.all.days == ({}, {}, {})
    assert report.meta.data_through is None


def test_numbers_that_can_be_added_up_by_hand(workspace, now, sent):
    report = trends(Ledger(workspace), ask(workspace, now, days(23, 30), kind=TrendsQuestion))
    assert report.all.days[0] == {
        "contacts_new": 1,
        "messages_total": 2,
        "sent": 2,
        "delivered": 1,
        "opened": 1,
        "human_opened": 1,
    }
    assert report.all.days[1] == {"opens": 1}
    assert report.all.days[7] == {
        "messages_total": 1,
        "sent": 1,
        "delivered": 1,
        "opened": 1,
        "clicked": 1,
        "human_opened": 1,
        "human_clicked": 1,
        "opens": 1,
        "clicks": 1,
        "events": 2,
        "conversion_events": 1,
        "orders": 1,
    }
    assert report.all.total() == {
        "contacts_new": 1,
        "messages_total": 3,
        "sent": 3,
        "delivered": 2,
        "opened": 2,
        "clicked": 1,
        "human_opened": 2,
        "human_clicked": 1,
        "opens": 2,
        "clicks": 1,
        "events": 2,
        "conversion_events": 1,
        "orders": 1,
    }
    assert report.all.on([date(2026, 3, 24), date(2026, 3, 25)]).total() == {"opens": 1}


def test_days_taken_together(workspace, now, sent):
    trend = trends(Ledger(workspace), ask(workspace, now, days(23, 31), kind=TrendsQuestion)).all
    weeks = [
        (str(bucket.first_day), dict(numbers).get("messages_total")) for bucket, numbers in trend.by(Interval.WEEK)
    ]
    assert weeks == [("2026-03-23", 2), ("2026-03-30", 1)]


def test_of_one_campaign_or_channel(workspace, now, sent):
    number = Campaign.objects.get(external_id="sale").pk
    of_sale = trends(Ledger(workspace), ask(workspace, now, 30, kind=TrendsQuestion, part=Slice(number))).all.total()
    assert of_sale["messages_total"] == 1
    assert not {"events", "conversion_events"} & set(of_sale)
    of_sms = trends(
        Ledger(workspace), ask(workspace, now, 30, kind=TrendsQuestion, part=Slice(channel="SMS"))
    ).all.total()
    assert of_sms == {"messages_total": 1, "sent": 1}


def test_a_split_adds_up_and_leaves_the_whole_as_it_is(workspace, now, sent):
    whole = trends(Ledger(workspace), ask(workspace, now, 30, kind=TrendsQuestion))
    metrics = ("messages_total", "sent", "opens")
    for by in (BY_CHANNEL, BY_CAMPAIGN):
        split = ask(workspace, now, 30, kind=TrendsQuestion, split=by)
        assert trends(Ledger(workspace), split).all == whole.all
        groups = group_numbers(Ledger(workspace), split, metrics, by_day=True)
        for metric in metrics:
            assert sum(group.trend.total().get(metric, 0) for group in groups) == whole.all.total()[metric]
            assert sum(group.numbers[metric] for group in groups) == whole.all.total()[metric]
    groups = group_numbers(Ledger(workspace), ask(workspace, now, 30, split=BY_CHANNEL), metrics)
    assert {group.group.value: group.numbers["messages_total"] for group in groups} == {"EMAIL": 2, "SMS": 1}
    assert [group.name for group in groups] == ["Email", "SMS"]


def test_only_what_is_asked_for_is_counted(workspace, now, sent):
    asked = ask(workspace, now, 30, kind=TrendsQuestion, metrics=("click_rate",))
    assert trends(Ledger(workspace), asked).all.total() == {"clicked": 1, "sent": 3}


def test_the_numbers_are_those_of_the_overview_and_the_time_series(bulk, workspace, now):
    some_of_all(bulk, 0, 7)
    total = trends(Ledger(workspace), ask(workspace, now, 30, kind=TrendsQuestion)).all.total()
    answer = overview(Ledger(workspace), ask(workspace, now))
    assert total["messages_total"] == answer.numbers["messages_total"]
    assert (total["sent"], total["opened"], total["clicked"]) == (
        7,
        answer.numbers["opened"],
        answer.numbers["clicked"],
    )
    assert (total["events"], total["contacts_new"]) == (answer.numbers["events"], answer.numbers["contacts_new"])
    series = timeseries(Ledger(workspace), ask(workspace, now, 30)).trend
    for row, numbers in zip(
        series.days, trends(Ledger(workspace), ask(workspace, now, 30, kind=TrendsQuestion)).all.days, strict=True
    ):
        assert all(row[key] == numbers[key] for key in ("events", "opens", "clicks"))


def compared_question(workspace, now, shown, compared):
    apart = (shown.first_day - compared.first_day).days
    days_before = ComparedDays(compared, days=apart)
    return ask(workspace, now, shown, kind=TrendsQuestion, compared_days=days_before)


@pytest.mark.parametrize(
    ("shown", "compared"), [((24, 31), (16, 23)), ((30, 31), (1, 2)), ((20, 31), (10, 25)), ((1, 2), (30, 31))]
)
def test_both_windows_at_once_say_what_each_says_alone(workspace, now, sent, shown, compared):
    asked = ask(workspace, now, days(*shown), kind=TrendsQuestion)
    report = compared_trends(Ledger(workspace), compared_question(workspace, now, days(*shown), days(*compared))).report
    alone = trends(Ledger(workspace), asked)
    assert report.all == alone.all
    alone = trends(Ledger(workspace), ask(workspace, now, days(*compared), kind=TrendsQuestion)).all
    assert report.partners == alone


@pytest.mark.long
def test_the_number_of_queries_does_not_grow(bulk, workspace, now, django_assert_num_queries):
    for start, number in [(0, 5), (5, 45)]:
        some_of_all(bulk, start, number)
        with django_assert_num_queries(4):
            assert (
                trends(Ledger(workspace), ask(workspace, now, 30, kind=TrendsQuestion)).all.total()["sent"]
                == start + number
            )
        with django_assert_num_queries(3):
            group_numbers(Ledger(workspace), ask(workspace, now, 30, split=BY_CAMPAIGN), tuple(OF_CAMPAIGNS))
        with django_assert_num_queries(4):
            compared_trends(Ledger(workspace), compared_question(workspace, now, days(25, 31), days(1, 7)))
