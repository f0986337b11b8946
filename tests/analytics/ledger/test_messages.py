"""Messages in the ledger: on the day of their creation by status, first opens and clicks, and what conditions ask."""

from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.ledger import Ledger, LedgerPeople, Series, compaction, storage
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.metrics import Counted, Dimension
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


def test_a_changed_message_leaves_nothing_of_what_it_was(history, bulk, workspace, now):
    bulk("messages", [{"externalId": "m0", "contact": "u0", "campaign": "d", "channel": "SMS"}])
    part = people_part(0)
    assert counts(Ledger(workspace), now, part) == counts(Facts(workspace), now, part)
    assert differences(workspace) == []
    compaction.merge_fully(workspace.pk)
    assert counts(Ledger(workspace), now, part) == counts(Facts(workspace), now, part)
    assert differences(workspace) == []
    assert not DayPack.objects.filter(n__lt=0).exists()


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
