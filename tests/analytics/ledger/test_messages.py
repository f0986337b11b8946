"""Messages in the ledger: on the day of their creation by status, what they reached when, and what conditions ask."""

from datetime import date, timedelta
from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.ingest.removal.erasure import erase_contact
from analytics.ledger import Ledger, LedgerPeople, Series, compaction, storage
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.lists import MessageList
from analytics.metrics import STATUSES, Counted, Dimension
from analytics.models import Contact, DayPack, PersonNumbers
from analytics.periods import Window, local_day
from analytics.questions.condition_values import ConditionValues
from analytics.questions.fields import field_of
from analytics.questions.filters import AllOf, Compares, Did, MessageAct, Operator
from analytics.questions.parts import Parts
from analytics.questions.slices import Slice
from analytics.questions.where import read_where
from tests.analytics.ledger.facts import Facts
from tests.copied_rows import copied

pytestmark = pytest.mark.django_db


@pytest.fixture
@copied
def history(bulk, workspace, now):
    tests = [{"externalId": "t", "name": "T", "variants": [{"name": "A"}, {"name": "B"}]}]
    bulk("campaigns", [{"externalId": "c", "name": "C", "abTests": tests}, {"externalId": "d", "name": "D"}])
    bulk("contacts", [{"externalId": f"u{n}", "email": f"u{n}@gmail.com", "attributes": {"n": n}} for n in range(4)])
    sent = {"createdAt": "2026-03-28T23:30:00Z", "sentAt": "2026-03-28T23:31:00Z"}
    bulk(
        "messages",
        [
            {"externalId": "m0", "contact": "u0", "campaign": "c", "channel": "EMAIL", **sent},
            {"externalId": "m1", "contact": "u1", "campaign": "c", "channel": "SMS", **sent},
            {"externalId": "m2", "contact": "u2", "campaign": "d", "channel": "EMAIL", **sent},
            {"externalId": "m3", "contact": "u3", "campaign": "c", "channel": "PUSH", "abTest": "t", "variant": "A"},
        ],
    )
    reports = [(f"m{n}", kind) for n in (0, 1, 2) for kind in ("delivered", "opened")]
    for message, kind in [*reports, ("m2", "clicked"), ("m3", "bounced")]:
        bulk("message-events", [{"message": message, "type": kind, "at": "2026-03-29T10:00:00Z"}])


COUNTED = [
    *(Counted.MESSAGES, Counted.SENT, Counted.DELIVERED, Counted.OPENED, Counted.HUMAN_OPENED, Counted.BOUNCED),
    *(Counted.OPENS, Counted.CLICKS),
]
BY = (Dimension.DAY, Dimension.CAMPAIGN, Dimension.CHANNEL, Dimension.VARIANT)


def asked(workspace, now):
    return Window.last_days(5, zone=workspace.zone, now=now)


def counts(source, now, part, by=BY):
    return dict(source.counts(COUNTED, window=asked(source.workspace, now), by=by, part=part).by_key)


def people_part(least):
    return Slice(where=Parts(people=AllOf((Compares(field_of("contact.n"), Operator.AT_LEAST, least),))))


def facts_read(ask):
    with CaptureQueriesContext(connection) as queries:
        ask()
    return [query["sql"] for query in queries if 'FROM "analytics_message"' in query["sql"]]


def differences(workspace):
    return [str(found) for found in verify(workspace) if isinstance(found, Difference)]


@pytest.mark.parametrize(
    "part", [people_part(1), Slice(channel="EMAIL", where=people_part(0).where)], ids=["n", "email"]
)
@pytest.mark.parametrize("by", [BY, (Dimension.HOUR, Dimension.CHANNEL), ()])
@pytest.mark.parametrize("is_large", [False, True])
def test_messages_of_people_are_counted_from_packs(history, workspace, now, part, by, is_large, monkeypatch):
    if is_large:
        monkeypatch.setattr(storage, "MOST_TOGETHER", 1)
        compaction.merge_fully(workspace.pk)
    if Dimension.HOUR not in by:
        assert counts(Ledger(workspace), now, part, by) == counts(Facts(workspace), now, part, by)
    assert counts(Ledger(workspace), now, part, by)
    assert facts_read(lambda: counts(Ledger(workspace), now, part, by)) == []


def test_first_opens_under_a_condition_are_those_of_packs(history, workspace, now):
    where = AllOf((read_where("channel:email", ConditionValues(workspace.zone)),))
    series = [Series.of_status(status, where) for status in ("created", "opened", "clicked")]
    found, _ = Ledger(workspace).touches(series, window=asked(workspace, now))
    expected, _ = Facts(workspace).touches(series, window=asked(workspace, now))
    assert [sorted(found[each].people) for each in series] == [sorted(expected[each].people) for each in series]
    assert [len(found[each].people) for each in series] == [2, 2, 1]
    assert facts_read(lambda: Ledger(workspace).touches(series, window=asked(workspace, now))) == []


def test_who_was_written_to_and_opened_is_found_without_the_messages(history, workspace, now):
    today = local_day(now, workspace.zone)
    people = LedgerPeople(Ledger(workspace), Window.between(today, today, zone=workspace.zone))

    def who(act, **how):
        found = people.people(Did(act, AllOf(), **how)).tolist()
        return sorted(Contact.objects.filter(person_number__in=found).values_list("external_id", flat=True))

    assert who(MessageAct("opened")) == ["u0", "u1", "u2"]
    assert who(MessageAct(), within=1) == ["u3"]
    assert who(MessageAct("clicked"), at_least=0, at_most=0) == ["u0", "u1", "u3"]
    assert facts_read(lambda: who(MessageAct("opened"))) == []
    assert who(MessageAct("delivered")) == ["u0", "u1", "u2"]
    assert who(MessageAct("bounced"), within=3) == ["u3"]
    assert facts_read(lambda: who(MessageAct("delivered"), within=3)) == []


@pytest.fixture
@copied
def acts(history, bulk):
    """Of messages of several days: reached at once, days later, long after, and before they were created."""
    created = [("a", "03-02"), ("b", "03-20"), ("c", "03-28"), ("d", "03-30")]
    of = {"contact": "u1", "campaign": "d", "channel": "EMAIL"}
    bulk("messages", [{"externalId": name, "createdAt": f"2026-{day}T08:00Z", **of} for name, day in created])
    kinds = [*("sent", "delivered", "opened", "clicked", "failed", "complained", "unsubscribed"), "bounced", "bounced"]
    for name, _ in created:
        for place, kind in enumerate(kinds):
            at = f"2026-03-{(24, 27, 29, 29)[place % 4]}T22:{place:02}:00.{place:06}Z"
            bounce = {"bounce": ("hard", "soft")[place % 2]} if kind == "bounced" else {}
            bulk("message-events", [{"message": name, "type": kind, "at": at, **bounce}])


@pytest.mark.long
@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("condition", ["", "domain:google", "channel!:sms"])
def test_what_messages_reached_on_some_days_is_that_of_packs(acts, workspace, now, condition, merged):
    if merged:
        compaction.merge_fully(workspace.pk)
    where = AllOf((read_where(condition, ConditionValues(workspace.zone)),) if condition else ())
    series = [Series.of_status(status, where, field_of("domain")) for status in STATUSES]
    for days in (1, 2, 5, 40):
        window = Window.last_days(days, zone=workspace.zone, now=now)
        (found, through), (expected, newest) = (
            source(workspace).touches(series, window=window) for source in (Ledger, Facts)
        )
        assert {each.status: reached(found[each]) for each in series} == {
            each.status: reached(expected[each]) for each in series
        }
        assert through == newest
        assert facts_read(lambda window=window: Ledger(workspace).touches(series, window=window)) == []
    assert differences(workspace) == []
    for status, late in (("complained", (2, 28, 30)), ("unsubscribed", (2, 20))):
        packs = DayPack.objects.filter(kind="late_act", event_type=status)
        assert {*packs.values_list("day", flat=True)} == {date(2026, 3, day) for day in late}


def reached(touches):
    arrays = (touches.at, touches.days, touches.people)
    return sorted(zip(*map(np.ndarray.tolist, arrays), touches.values.list(), strict=True))


@pytest.mark.long
@pytest.mark.parametrize("by", ["domain", "contact.n"])
def test_messages_are_split_without_being_read(acts, bulk, workspace, now, by):
    bulk("contacts", [{"externalId": "u2", "email": "bo@hotmail.com"}])
    for part in (Slice(channel="EMAIL"), people_part(1), Slice()):
        asking = {"window": asked(workspace, now), "by": field_of(by), "part": part}
        found, expected = (source(workspace).valued_counts(COUNTED, **asking) for source in (Ledger, Facts))
        for counted in COUNTED:
            assert totals(found, counted) == totals(expected, counted), counted
        assert facts_read(lambda asking=asking: Ledger(workspace).valued_counts(COUNTED, **asking)) == []


@pytest.mark.long
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("by", ["domain", "channel", "campaign"])
def test_messages_are_found_that_reached_a_status_by_an_age(acts, workspace, now, by, is_known):
    if not is_known:
        PersonNumbers.objects.filter(workspace_id=workspace.pk).update(ledger_layout=0)
    window, where = Window.last_days(40, zone=workspace.zone, now=now), AllOf()
    for age in (0, 1, 3, 300):
        time = timedelta(days=age)
        series = [Series.of_messages(status, where, field_of(by), time) for status in ("", *STATUSES)]
        found, expected = (source(workspace).touches(series, window=window)[0] for source in (Ledger, Facts))
        for each in series:
            assert reached(found[each]) == reached(expected[each]), each
        for status in STATUSES:
            listed = MessageList(window, reached=status, age=age).find(workspace, now=now).total
            assert listed == len(found[Series.of_messages(status, where, field_of(by), time)].at)
        assert len(found[Series.of_messages("", where, field_of(by), time)].at) == 8
    assert 0 < MessageList(window, reached="human_opened", age=3).find(workspace, now=now).total < 7


def totals(found, counted):
    return {value: n for value, n in zip(found.values, found.totals(counted).tolist(), strict=True) if n}


@pytest.mark.long
def test_a_message_that_was_erased_leaves_no_act(acts, workspace):
    contact = Contact.objects.get(external_id="u1")
    erase_contact(workspace, contact)
    assert differences(workspace) == []
    compaction.merge_fully(workspace.pk)
    assert not DayPack.objects.filter(kind="late_act", event_type="complained").exists()


@pytest.mark.long
def test_a_changed_message_leaves_nothing_of_what_it_was(history, bulk, workspace, now):
    bulk("messages", [{"externalId": "m0", "contact": "u0", "campaign": "d", "channel": "SMS"}])
    part = people_part(0)
    assert counts(Ledger(workspace), now, part) == counts(Facts(workspace), now, part)
    assert differences(workspace) == []
    compaction.merge_fully(workspace.pk)
    assert counts(Ledger(workspace), now, part) == counts(Facts(workspace), now, part)
    assert differences(workspace) == []
    assert not DayPack.objects.filter(n__lt=0).exists()


@pytest.mark.long
def test_a_ledger_that_does_not_know_all_messages_is_not_asked_for_them(history, bulk, workspace, now):
    """As a former release left it, and went on for a while: whole again by `rebuild`."""
    DayPack.objects.filter(kind="message").delete()
    DayPack.objects.filter(kind__in=("open", "click")).update(columns=None)
    PersonNumbers.objects.update(ledger_layout=2)
    bulk("message-events", [{"message": "m1", "type": "clicked", "at": "2026-03-30T10:00:00Z"}])
    part = people_part(1)
    assert counts(Ledger(workspace), now, part) == counts(Facts(workspace), now, part)
    assert differences(workspace) == []
    with patch.object(Ledger, "_knows_messages", new=True):
        assert counts(Ledger(workspace), now, part) != counts(Facts(workspace), now, part)
    half = rebuild(workspace)
    next(half)
    half.close()
    assert counts(Ledger(workspace), now, part) == counts(Facts(workspace), now, part)
    assert facts_read(lambda: counts(Ledger(workspace), now, part)) != []
    list(rebuild(workspace))
    assert counts(Ledger(workspace), now, part) == counts(Facts(workspace), now, part)
    assert facts_read(lambda: counts(Ledger(workspace), now, part)) == []
    assert differences(workspace) == []
