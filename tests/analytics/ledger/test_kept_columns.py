"""What a process keeps of segments changes no answer, whatever happens to them, and takes no more room than it may."""

from datetime import timedelta

import numpy as np
import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.ingest.removal.erasure import erase_contact
from analytics.ingest.senders import TRUSTED
from analytics.ledger import Ledger, compaction, kept_columns, storage
from analytics.ledger.codecs import column_of
from analytics.ledger.kept_columns import MOST_IDLE_SECONDS, KeptValues
from analytics.ledger.rebuild import rebuild
from analytics.models import Contact
from analytics.periods import Window
from analytics.questions.fields import field_of
from analytics.questions.filters import Is, all_of
from analytics.questions.parts import parts_of
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.revenue.report import revenue
from analytics.reports.revenue.told_money import told_money
from tests.analytics.asking import ask
from tests.analytics.reports.money_histories import NOW, histories, sent, workspace_of
from tests.examples import examples
from workspaces.conversions import SALE

pytestmark = pytest.mark.usefixtures("now")
PLAN = field_of("property.plan")
OF_ADA = Slice(where=parts_of(all_of(Is(field_of("contact.known"), ("true",)))))


@pytest.fixture
def segments_read(monkeypatch):
    """How many segments have come with their data."""
    read, segment = [], storage.segment
    monkeypatch.setattr(storage, "segment", lambda *parts: read.append(parts) or segment(*parts))
    return read


def buy(workspace, number, days=1, **properties):
    item = {"type": "purchase", "anonymousId": f"d{number}", "messageId": f"b{number}", "properties": properties}
    ingest.take_events(workspace, [{**item, "occurredAt": (NOW - timedelta(days=days)).isoformat()}], received_at=NOW)


def answers(workspace):
    """Of everything that is read by way of what is kept."""
    window = Window.last_days(8, zone=workspace.zone, now=NOW)
    ledger = Ledger(workspace)
    report = revenue(ledger, ask(workspace, NOW, window))
    told = told_money(ledger, by=PLAN)
    plans = [value for column in told.values for value in column.list()]
    parts = (told.events.people, told.events.at, told.events.units, told.events.orders, told.events.counted_units)
    rows = sorted(map(repr, zip(*(part.tolist() for part in parts), plans, strict=True)))
    people = [ledger.active_people(window=window, part=part).tolist() for part in (EVERYTHING, OF_ADA)]
    return report.total, report.rows, report.meta.data_through, rows, people


def are_as_read_anew(workspace):
    kept = [answers(workspace) for _ in range(2)]
    with override_settings(LEDGER_CACHE_BYTES=0):
        read = answers(workspace)
    return kept == [read, read]


def happen(workspace, step):
    match step:
        case "merge":
            compaction.merge_fully(workspace.pk)
        case "rebuild":
            [*rebuild(workspace)]
        case "erase":
            for contact in Contact.objects.filter(workspace=workspace, external_id="ada"):
                erase_contact(workspace, contact)
        case "join":
            call = {"type": "alias", "previousId": "d1", "userId": "ada"}
            ingest.take_calls(workspace, [call], received_at=NOW, sender=TRUSTED)
        case batch:
            items = [
                {
                    "type": event_type,
                    "occurredAt": (NOW - timedelta(days=days, hours=3)).isoformat(),
                    **({"contact": "ada"} if person == 0 else {"anonymousId": f"d{person}"}),
                    "properties": properties,
                }
                for event_type, person, days, properties in batch
            ]
            ingest.take_events(workspace, items, received_at=NOW)


@pytest.mark.long
@pytest.mark.django_db
@examples(12)
@given(history=histories, steps=st.lists(st.sampled_from(["merge", "rebuild", "erase", "join"]) | sent, max_size=5))
def test_what_is_kept_changes_no_answer(history, steps):
    workspace = workspace_of(history)
    assert are_as_read_anew(workspace)
    for step in steps:
        happen(workspace, step)
        assert are_as_read_anew(workspace), step


@pytest.mark.django_db
def test_only_segments_that_are_new_are_read(workspace, segments_read):
    buy(workspace, 1, revenue=5, plan="pro")
    buy(workspace, 2, revenue=7)
    first = answers(workspace)
    assert segments_read
    segments_read.clear()
    assert answers(workspace) == first
    assert not segments_read
    buy(workspace, 3, revenue=9, plan="free")
    assert answers(workspace)[0].orders == 3
    assert len(segments_read) == 3  # money, money by plan, and who was active


@pytest.mark.django_db
def test_what_was_merged_is_read_once_more(workspace, segments_read):
    for number in range(3):
        buy(workspace, number, revenue=5)
    before = answers(workspace)
    compaction.merge_fully(workspace.pk)
    segments_read.clear()
    assert answers(workspace) == before
    assert segments_read
    segments_read.clear()
    assert answers(workspace) == before
    assert not segments_read


@pytest.mark.django_db
def test_other_rules_of_money_ask_for_other_columns(workspace):
    buy(workspace, 1, revenue=5, total=9)
    assert answers(workspace)[0].by_currency["EUR"].gross == 500
    workspace.money_rules = {"purchase": {**SALE.data, "amount": ["total"]}}
    workspace.save()
    workspace = type(workspace).objects.get(pk=workspace.pk)
    assert answers(workspace)[0].by_currency["EUR"].gross == 900
    assert are_as_read_anew(workspace)


@override_settings(LEDGER_CACHE_BYTES=100)
def test_what_was_asked_for_longest_ago_makes_room():
    kept = KeptValues()
    for key in "abc":
        kept.put(key, key.upper(), 40)
        kept.get("a")
    assert [kept.get(key) for key in "abc"] == ["A", None, "C"]
    assert kept.size == 80
    kept.put("a", "too large", 101)
    assert kept.get("a") is None
    assert kept.size == 40


@override_settings(LEDGER_CACHE_BYTES=100)
def test_what_nobody_asks_for_is_forgotten(monkeypatch):
    kept, clock = KeptValues(), [0.0]
    monkeypatch.setattr(kept_columns.time, "monotonic", lambda: clock[0])
    kept.put("a", 1, 10)
    clock[0] = MOST_IDLE_SECONDS + 1.0
    kept.put("b", 2, 10)
    assert (kept.get("a"), kept.get("b"), kept.size) == (None, 2, 10)


def test_numbers_beside_no_touch_stay_numbers():
    """Also those of no touch have a length of 0, by which Python takes them for nothing."""
    none, some = (column_of(values) for values in ([None], [3, 4]))
    joined = kept_columns.joined_columns([none.at(np.zeros(0, np.intp)), some, some.at(np.zeros(0, np.intp))])
    assert isinstance(joined, type(some))
    assert joined.list() == [3, 4]
