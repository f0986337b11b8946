"""Fatigue: by hand, and recounted from random emails by its definition."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ledger import Ledger, compaction
from analytics.models import Message, Person
from analytics.periods import Window
from analytics.reports.emails.fatigue import EmailsBefore, fatigue, people_by_emails_before
from tests.analytics.asking import ask
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, message, report
from tests.examples import examples
from workspaces.models import Workspace

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BY_NUMBER = [(0, "0"), (1, "1"), (3, "2-3"), (7, "4-7"), (15, "8-15"), (10**9, "16+")]
slugs = count()


def asked(workspace, first, last, now=NOW):
    return ask(workspace, now, Window.between(date(2026, 3, first), date(2026, 3, last), zone=workspace.zone))


@pytest.fixture
def emails(bulk):
    """Ada got five in March, Bob one; one of Ada's is a push message, and one did not arrive. She clicked in the first,
    and after a week in the last but one."""
    bulk("contacts", [contact(name, "01-01 08:00") for name in ("ada", "bob")])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])

    def sent(name, day, who="ada", **more):
        at = f"03-{day:02} 09:00"
        return message(name, at, contact=who, sent=at, **{"delivered": at, **more})

    bulk(
        "messages",
        [
            sent("m1", 1, clicked="03-01 10:00"),
            sent("m2", 2, channel="PUSH"),
            sent("m3", 10),
            message("m4", "03-11 09:00", sent="03-11 09:00"),
            sent("m5", 20, clicked="03-27 10:00"),
            sent("m6", 21),
            sent("m7", 30),
            sent("b1", 21, "bob"),
        ],
    )
    bulk("message-events", [report("m3", "unsubscribed", "03-12 09:00")])


def test_emails_that_can_be_counted_by_hand(emails, workspace, now):
    """That of the 30th is not three days old."""
    told = fatigue(Ledger(workspace), asked(workspace, 1, 31))
    assert {row.before: (row.people, row.emails, row.clicked, row.unsubscribed) for row in told.rows} == {
        EmailsBefore.NONE: (2, 2, 1, 0),
        EmailsBefore.ONE: (1, 1, 0, 1),
        EmailsBefore.FEW: (1, 2, 0, 0),
        EmailsBefore.SEVERAL: (0, 0, 0, 0),
        EmailsBefore.MANY: (0, 0, 0, 0),
        EmailsBefore.MOST: (0, 0, 0, 0),
    }
    assert told.rows[0].click_rate.rate == 0.5
    assert told.rows[3].click_rate is None
    assert told.window.last_day == date(2026, 3, 27)
    assert told.slope is None


def test_days_that_are_all_too_young_have_nothing(emails, workspace, now):
    told = fatigue(Ledger(workspace), asked(workspace, 30, 31))
    assert (told.window.days, sum(row.emails for row in told.rows)) == (0, 0)


def test_the_same_person_is_compared_with_themselves(bulk, workspace, now):
    """Whoever gets a second email clicks in the first alone."""
    people = [f"u{n}" for n in range(40)]
    bulk("contacts", [contact(name, "01-01 08:00") for name in people])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    for day, clicks in ((10, True), (12, False)):
        at = f"03-{day} 09:00"
        clicked = {"clicked": f"03-{day} 10:00"} if clicks else {}
        bulk(
            "messages",
            [message(f"{name} {day}", at, contact=name, sent=at, delivered=at, **clicked) for name in people],
        )
    slope = fatigue(Ledger(workspace), asked(workspace, 1, 31)).slope
    assert (slope.slope, slope.low, slope.high, slope.people) == (-1.0, -1.0, -1.0, 40)


MAILS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 24 * 60),
        st.booleans(),
        st.sampled_from([None, 1, 60, 80]),
        st.sampled_from([None, None, 5]),
        st.sampled_from(["EMAIL", "EMAIL", "EMAIL", "PUSH"]),
    ),
    min_size=5,
    max_size=60,
)


@pytest.mark.long
@pytest.mark.django_db
@examples(10)
@given(MAILS, st.booleans(), st.integers(1, 50))
def test_rows_are_those_of_their_definition(mails, is_joined, days):
    workspace = Workspace.objects.create(name="W", slug=f"tired{next(slugs)}", time_zone="Europe/Berlin")
    names = ["ada", "bob", "cy"]
    ingest.take_contacts(workspace, [{"externalId": name} for name in names], received_at=NOW)
    items, left = [], []
    for place, (who, hours, arrives, click, leave, channel) in enumerate(mails):
        at = NOW - timedelta(hours=hours, seconds=place % 3)
        reached = {"sentAt": at}
        if arrives:
            reached["deliveredAt"] = at
        if click is not None:
            reached["clickedAt"] = at + timedelta(hours=click)
        if leave is not None and arrives and at + timedelta(hours=leave) <= NOW:
            left.append(
                {"message": f"m{place}", "type": "unsubscribed", "at": (at + timedelta(hours=leave)).isoformat()}
            )
        instants = {name: moment.isoformat() for name, moment in reached.items() if moment <= NOW}
        base = {"externalId": f"m{place}", "contact": names[who], "channel": channel, "createdAt": at.isoformat()}
        items.append({**base, **instants})
    ingest.take_messages(workspace, items, received_at=NOW)
    ingest.take_message_events(workspace, left, received_at=NOW)
    if is_joined:
        compaction.merge_fully(workspace.pk)
    question = ask(workspace, NOW, Window.last_days(days, zone=workspace.zone, now=NOW))
    report = fatigue(Ledger(workspace), question)
    assert report.rows == fatigue(Facts(workspace), question).rows
    check(workspace, question, report)


def check(workspace, question, report):
    root = dict(Person.objects.filter(workspace_id=workspace.pk).values_list("number", "joined_to"))
    soon = timedelta(days=3)
    got = [
        (root[row.person_number] or row.person_number, row.created_at.replace(microsecond=0), row)
        for row in Message.objects.filter(workspace_id=workspace.pk, channel="EMAIL")
        if row.delivered_at and row.delivered_at - row.created_at <= soon
    ]
    found = defaultdict(lambda: [set(), 0, 0, 0])
    for who, at, row in got:
        if not (report.window.days and report.window.starts_at <= row.created_at < report.window.ends_at):
            continue
        before = sum(other == who and at - timedelta(days=30) <= then < at for other, then, _ in got)
        told = found[next(name for most, name in BY_NUMBER if before <= most)]
        told[0].add(who)
        told[1] += 1
        told[2] += bool(row.human_clicked_at and row.human_clicked_at - row.created_at <= soon)
        told[3] += bool(row.unsubscribed_at and row.unsubscribed_at - row.created_at <= soon)
    for row in report.rows:
        people, emails, clicked, unsubscribed = found[row.before.value]
        assert (row.people, row.emails) == (len(people), emails), row
        assert (row.clicked, row.unsubscribed) == (clicked, unsubscribed), row
        assert {*people_by_emails_before(Ledger(workspace), question, row.before).tolist()} == people
