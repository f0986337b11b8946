"""Touches under a condition: those of the facts that meet it, however they lie in the ledger."""

import uuid
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest.removal.erasure import erase_contact
from analytics.ledger import Ledger, Series, column_names, compaction, storage
from analytics.ledger.rebuild import Difference, verify
from analytics.models import ColumnChoice, Contact, DayPack, EventProperty
from analytics.periods import Window
from analytics.questions.condition_values import ConditionValues
from analytics.questions.filters import AllOf, AnyOf, Not
from analytics.questions.where import read_where
from tests.analytics.ledger.facts import Facts
from tests.examples import examples

pytestmark = pytest.mark.django_db

CONDITIONS = [
    "property.plan:pro",
    "property.plan:Straße,basic",
    "property.plan!:pro",
    "property.plan:*",
    "property.plan~S",
    "property.amount>1",
    "property.amount<=19.99",
    "property.amount:5",
    "property.on:true",
    "property.deep.er:x",
    "property.items.0:x",
    "property.ö:1",
    "property.never:*",
    "event:seen",
    "event~u",
    "utm.source:news",
    "utm.medium!:*",
    "utm.campaign~sal",
    "utm.term:shoes",
    "utm.content!:*",
]
values = st.sampled_from(
    ["pro", "PRO", "STRASSE", "basic", "", "5", "1", 5, 5.0, 19.99, 1, 10**20, True, False, None, ["x"]]
)
properties = st.dictionaries(
    st.sampled_from(["plan", "amount", "on", "ö", "o\u0308", "deep.er"]), values, max_size=4
) | st.sampled_from([{"deep": {"er": "x"}}, {"items": ["x"]}, {"plan": "x" * 300}])
campaigns = st.sampled_from(
    [{}, {"source": "News", "medium": "email"}, {"source": "news", "name": "Sale", "term": "Shoes"}, {"content": "a"}]
)
events = st.tuples(st.sampled_from(["seen", "purchase"]), st.integers(0, 3), st.integers(0, 3), properties, campaigns)


@st.composite
def filters(draw):
    texts = draw(st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3))
    read = [read_where(text, ConditionValues(zone=None)) for text in texts]
    return draw(st.sampled_from([AllOf(tuple(read)), AllOf((AnyOf(tuple(read)),)), AllOf((Not(AnyOf(tuple(read))),))]))


def send(track, now, batch):
    track(
        *(
            {
                "type": "track",
                "messageId": uuid.uuid4().hex,
                "event": event,
                "userId": f"u{person}",
                "timestamp": (now - timedelta(days=age, seconds=person % 2)).isoformat(),
                "properties": stated,
                "context": {"campaign": campaign},
            }
            for event, person, age, stated, campaign in batch
        )
    )


def touches(source, series, window):
    found, _ = source.touches(series, window=window)
    return {
        each: sorted(zip(found[each].people.tolist(), found[each].at.tolist(), found[each].days.tolist(), strict=True))
        for each in series
    }


@pytest.mark.long
@examples(12)
@given(
    st.lists(st.lists(events, max_size=12), min_size=1, max_size=4),
    st.lists(filters(), min_size=1, max_size=4, unique=True),
    st.sampled_from(["", "merge", "erase", "erase and merge", "forget"]),
    st.sampled_from([1, column_names.MAX_COLUMNS]),
    st.sampled_from([0, 3, storage.MOST_TOGETHER]),
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["plan", "amount", "on"]), st.sampled_from(ColumnChoice))),
)
def test_they_are_those_of_the_facts(
    track, workspace, now, batches, conditions, also, kept_names, most_together, switches
):
    with (
        patch.multiple(column_names, MAX_COLUMNS=kept_names, FEWEST_TEXTS=2),
        patch.object(storage, "MOST_TOGETHER", most_together),
    ):
        for place, batch in enumerate(batches):
            for at, name, choice in switches:
                if at == place:
                    given = {"workspace": workspace, "event_type": "seen", "name": name}
                    EventProperty.objects.update_or_create(**given, defaults={"column": choice})
            send(track, now, batch)
        if "erase" in also and (contact := Contact.objects.filter(workspace=workspace).first()):
            erase_contact(workspace, contact)
        if "merge" in also:
            compaction.merge_fully(workspace.pk)
    if also == "forget":
        DayPack.objects.filter(workspace=workspace, day=now.date()).update(columns=None)
    assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
    window = Window.last_days(4, zone=workspace.zone, now=now)
    series = [Series.EVENTS, Series.ATTRIBUTED, Series.of_type("seen")]
    series += [Series("events", None, condition) for condition in conditions]
    series += [Series.of_type("purchase", condition) for condition in conditions]
    assert touches(Ledger(workspace), series, window) == touches(Facts(workspace), series, window)


@pytest.mark.long
@pytest.mark.parametrize("also", ["", "merge", "read before the last look"])
def test_events_of_one_moment_are_all_taken_away_though_columns_are_known_of_some(track, workspace, now, also):
    send(track, now, [("seen", 1, 0, {"plan": "other"}, {})])
    packs = DayPack.objects.filter(workspace=workspace, event_type="seen")
    for number in range(8):
        before = {*packs.values_list("pk", flat=True)}
        send(track, now, [("seen", 0, 0, {"plan": f"plan {number}"}, {})])
        if number % 2:
            packs.exclude(pk__in=before).update(columns=None)
    newest_first = [*packs][::-1]
    packs.delete()
    DayPack.objects.bulk_create(newest_first)  # they lie in another order than their events
    take_away = compaction._take_away
    by_columns = {"by_columns": True} if also == "read before the last look" else {}
    with patch.object(compaction, "_take_away", lambda *of, **how: take_away(*of, **how | by_columns)):
        erase_contact(workspace, Contact.objects.get(workspace=workspace, external_id="u0"))
    if also == "merge":
        compaction.merge_fully(workspace.pk)
    if not by_columns:
        assert not packs.filter(n__lt=0, columns__isnull=False).exists()
    assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
    window = Window.last_days(4, zone=workspace.zone, now=now)
    conditions = [read_where(text, ConditionValues(zone=None)) for text in ("property.plan:*", "property.plan~plan")]
    series = [Series.of_type("seen"), *(Series.of_type("seen", condition) for condition in conditions)]
    found = touches(Ledger(workspace), series, window)
    assert [len(found[each]) for each in series] == [1, 1, 0]
    assert found == touches(Facts(workspace), series, window)
