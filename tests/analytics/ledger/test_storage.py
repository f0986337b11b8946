"""Large segments have their columns in rows of their own: what is read of them, and what is left when they go."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.test.utils import CaptureQueriesContext

from analytics.ingest.removal.erasure import erase_contact, erase_workspace
from analytics.ledger import Ledger, Series, compaction, storage
from analytics.ledger.columns import MAX_COLUMN_NAME
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.models import Contact, DayColumn, DayPack
from analytics.periods import Window
from analytics.questions.condition_values import ConditionValues
from analytics.questions.filters import AllOf
from analytics.questions.where import read_where
from tests.analytics.ledger.facts import Facts
from workspaces.changes import change_time_zone
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def events(track, now, monkeypatch):
    """Ten views of three people in two batches, and one of another type."""
    monkeypatch.setattr(storage, "MOST_TOGETHER", 5)
    for batch in range(2):
        track(*(_call(now, "view", batch * 5 + place) for place in range(5)))
    track(_call(now, "seen", 10))


def _call(now, event, number):
    return {
        "type": "track",
        "event": event,
        "messageId": f"m{number}",
        "userId": f"u{number % 3}",
        "timestamp": (now - timedelta(seconds=number)).isoformat(),
        "properties": {"plan": f"plan {number % 2}", "amount": number / 4, "n": number},
    }


def series(text, event_type="view"):
    return Series.of_type(event_type, AllOf((read_where(text, ConditionValues(zone=None)),)))


def numbers(source, of, now):
    window = Window.last_days(2, zone=source.workspace.zone, now=now)
    return sorted(source.touches([of], window=window)[0][of].at.tolist())


def names(workspace):
    """Of columns that lie by themselves, those of events."""
    events = DayPack.objects.filter(workspace=workspace, kind="event").values("pk")
    columns = DayColumn.objects.filter(workspace=workspace)
    lost = ~Exists(DayPack.objects.filter(workspace=OuterRef("workspace"), pk=OuterRef("segment_id")))
    return sorted(columns.filter(Q(segment_id__in=events) | lost).values_list("name", flat=True))


def differences(workspace):
    return [str(found) for found in verify(workspace) if isinstance(found, Difference)]


ALL = ["property.amount", "property.n", "property.plan"]


def test_a_merge_beyond_the_limit_puts_each_column_into_a_row(events, workspace, now):
    assert names(workspace) == []
    compaction.merge_fully(workspace.pk)
    assert names(workspace) == ALL
    for condition in ("property.plan:plan 1", "property.amount>1", "property.never:*", "property.never!:*"):
        found = numbers(Ledger(workspace), series(condition), now)
        assert found == numbers(Facts(workspace), series(condition), now)
    assert differences(workspace) == []


def test_only_the_columns_that_are_asked_for_are_fetched_in_one_statement(events, workspace, now):
    compaction.merge_fully(workspace.pk)
    of = series("property.plan:plan 1")
    with CaptureQueriesContext(connection) as queries:
        assert len(numbers(Ledger(workspace), of, now)) == 5
    of_packs = [query["sql"] for query in queries if "analytics_daypack" in query["sql"]]
    assert [sql.count('FROM "analytics_daycolumn"') for sql in of_packs] == [1]
    assert len([query for query in queries if "analytics_daycolumn" in query["sql"]]) == 1


def test_segments_that_were_written_before_are_read_as_they_are(events, workspace, now, monkeypatch):
    monkeypatch.setattr(storage, "MOST_TOGETHER", 1_000)
    compaction.merge_fully(workspace.pk)
    assert names(workspace) == []
    monkeypatch.setattr(storage, "MOST_TOGETHER", 5)
    assert len(numbers(Ledger(workspace), series("property.n>=5"), now)) == 5
    assert differences(workspace) == []


def test_what_is_merged_again_leaves_no_column_of_what_it_was_made_of(events, workspace, track, now):
    compaction.merge_fully(workspace.pk)
    track(*(_call(now, "view", number) for number in range(20, 23)))
    compaction.merge_fully(workspace.pk)
    assert names(workspace) == ALL
    assert len(numbers(Ledger(workspace), series("property.n>=5"), now)) == 8
    assert differences(workspace) == []


@pytest.mark.long
def test_an_erasure_takes_values_out_of_the_columns(events, workspace, now):
    compaction.merge_fully(workspace.pk)
    erase_contact(workspace, Contact.objects.get(workspace=workspace, external_id="u1"))
    assert set(DayPack.objects.filter(event_type="view").values_list("n", flat=True)) == {7}
    assert len(numbers(Ledger(workspace), series("property.n>=5"), now)) == 4
    assert differences(workspace) == []
    assert not storage.lost_columns(workspace.pk).exists()


@pytest.mark.long
@pytest.mark.parametrize(
    "change",
    [
        lambda workspace: list(rebuild(workspace)),
        lambda workspace: change_time_zone(workspace, "Asia/Tokyo"),
    ],
)
def test_what_is_made_anew_leaves_no_old_column(events, workspace, now, change):
    compaction.merge_fully(workspace.pk)
    change(workspace)
    assert names(workspace) == ALL
    assert not storage.lost_columns(workspace.pk).exists()
    assert differences(workspace) == []


def test_with_a_workspace_its_columns_go_and_no_other_ones(events, workspace):
    compaction.merge_fully(workspace.pk)
    other = Workspace.objects.create(name="Other", slug="other")
    DayColumn.objects.create(workspace=other, segment_id=DayPack.objects.first().pk, name="utm", data=b"")
    erase_workspace(workspace)
    assert [*DayColumn.objects.values_list("workspace_id", flat=True)] == [other.pk]


@pytest.mark.long
def test_a_column_that_is_lost_is_told_answered_from_the_facts_and_mended(events, workspace, now):
    compaction.merge_fully(workspace.pk)
    DayColumn.objects.filter(name="property.n").delete()
    assert len(numbers(Ledger(workspace), series("property.n>=5"), now)) == 5
    assert differences(workspace) == ["2026-03-31: columns without data: the ledger has 1, the facts say 0"]
    list(rebuild(workspace))
    assert differences(workspace) == []


@pytest.mark.long
def test_columns_of_no_segment_are_told_and_mended(events, workspace):
    compaction.merge_fully(workspace.pk)
    DayPack.objects.filter(event_type="view").update(columns=None)
    DayPack.objects.filter(event_type="view").delete()
    assert any("columns of no segment: the ledger has 3" in found for found in differences(workspace))
    list(rebuild(workspace))
    assert differences(workspace) == []


def test_a_property_with_a_very_long_name_has_no_column_there(workspace, track, now, monkeypatch):
    monkeypatch.setattr(storage, "MOST_TOGETHER", 1)
    name = "x" * MAX_COLUMN_NAME
    for number in range(2):
        track({**_call(now, "view", number), "properties": {name: number}})
    compaction.merge_fully(workspace.pk)
    assert names(workspace) == []
    assert len(numbers(Ledger(workspace), series(f"property.{name}>=1"), now)) == 1
    assert differences(workspace) == []
