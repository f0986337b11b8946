"""Ids for what is sent without one: the same content again, and how often it came before."""

import itertools
from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ingest.calls import take_calls, take_events
from analytics.ingest.formats.made_ids import ContentsOfFile, MadeIds, id_after
from analytics.models import Event
from tests.conftest import NOW
from tests.examples import examples
from workspaces.models import Workspace

AT = NOW
numbers = count()
batches = st.lists(
    st.tuples(st.sampled_from([0, 1, 60]), st.lists(st.sampled_from(["now a", "now b", "at a", "at b"]), max_size=5)),
    max_size=5,
)
contents = st.lists(st.sampled_from("abcdefgh"), max_size=12)


def ids_of(batch: list[str]) -> list[str]:
    made_ids = MadeIds()
    return [made_ids.id_of({"event": letter}) for letter in batch]


@examples(100)
@given(contents)
def test_equal_items_of_a_batch_have_different_ids_and_any_order_has_the_same(batch: list[str]) -> None:
    ids = ids_of(batch)

    assert len(set(ids)) == len(batch)
    assert set(ids_of(sorted(batch))) == set(ids)
    assert set(ids_of([*batch, "a"])) > set(ids)


@examples(100)
@given(contents, st.sets(st.integers(1, 11)))
def test_a_file_has_the_same_ids_however_it_is_cut_into_blocks(lines: list[str], cuts: set[int]) -> None:
    places = [0, *sorted(cut for cut in cuts if cut < len(lines)), len(lines)]
    file = ContentsOfFile()
    ids = []
    for start, end in itertools.pairwise(places):
        block = ids_of(lines[start:end])
        ids += [id_after(id, before) for id, before in zip(block, file.before(block), strict=True)]

    assert ids == ids_of(lines)


def test_what_says_nothing_of_the_content_makes_no_other_id() -> None:
    item = {"event": "did", "userId": "u1"}
    same = {"userId": "u1", "event": "did", "messageId": "", "sentAt": "now", "writeKey": "k", "timestamp": None}

    assert MadeIds().id_of(item) == MadeIds().id_of(same)


def test_the_second_of_receipt_counts_only_where_it_is_given() -> None:
    item = {"event": "did", "userId": "u1"}
    seconds = [MadeIds().id_of(item, received_at=AT + timedelta(seconds=seconds)) for seconds in (0, 0.9, 1)]

    assert seconds[0] == seconds[1] != seconds[2]
    assert MadeIds().id_of(item) not in seconds


def test_a_file_of_very_many_contents_keeps_count() -> None:
    file, counts = ContentsOfFile(), Counter[str]()
    for block in range(50):
        letters = [str(number) for number in range(block * 10, block * 10 + 97)]
        ids = [MadeIds().id_of({"event": letter}) for letter in letters]

        assert file.before(ids) == [counts[letter] for letter in letters]
        counts.update(letters)


@pytest.mark.django_db
@examples(25)
@given(batches)
def test_calls_count_by_content_by_how_often_and_without_an_instant_by_the_second(
    workspace: Workspace, sent: list[tuple[int, list[str]]]
) -> None:
    run, seen = next(numbers), set[Any]()
    for later, names in sent:
        received_at = NOW + timedelta(seconds=later)
        calls = [
            {"type": "track", "event": name, "userId": f"u{run}"}
            | ({"timestamp": NOW.isoformat()} if name.startswith("at") else {})
            for name in names
        ]
        keys = {
            (name, names[:place].count(name), None if name.startswith("at") else later)
            for place, name in enumerate(names)
        }

        outcome = take_calls(workspace, calls, received_at=received_at, sent_at=received_at.isoformat())

        assert (outcome.accepted, outcome.duplicates) == (len(keys - seen), len(keys & seen))
        seen |= keys


@pytest.mark.django_db
@examples(25)
@given(st.lists(contents, max_size=5))
def test_of_overlapping_exports_in_any_order_each_event_counts_as_often_as_one_of_them_has_it(
    workspace: Workspace, exports: list[list[str]]
) -> None:
    run, most = f" {next(numbers)}.", Counter[str]()
    for export in exports:
        items = [{"type": letter + run, "occurredAt": NOW.isoformat(), "contact": "u1"} for letter in export]
        take_events(workspace, items, received_at=NOW)
        most |= Counter(item["type"] for item in items)

    assert Counter(Event.objects.filter(type__endswith=run).values_list("type", flat=True)) == most
