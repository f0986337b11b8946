"""Many rows and values in one statement: nothing in a text can change what is stored or looked for."""

import threading
import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from analytics.models import Contact, DayPack, Event, bulk
from analytics.models.bulk import array_text, in_binary, insert_columns
from analytics.periods import microseconds
from workspaces.scope import scope

AWKWARD = [
    "",
    " ",
    "NULL",
    '"',
    "\\",
    '\\"',
    "{a,b}",
    "a,b",
    "'",
    "%s",
    "\n\t\r\x01\x7f",
    "\\N",
    "\\.",
    "\\x41",
    '","',
    "ünï ☃ 😀",
    "\\u0000",
]
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
storable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def store(workspace, texts, **more):
    count = len(texts)
    columns = {
        "id": [f"{number:032x}" for number in range(count)],
        "message_id": texts,
        "person_number": [7] * count,
        "type": ["seen"] * count,
        "occurred_at": [NOW] * count,
        "stated_at": [None if number % 2 else NOW for number in range(count)],
        "utm_id": [None] * count,
        "properties": ["{}"] * count,
        "context": ['{"a":"\\"\\\\ü"}'] * count,
    }
    return insert_columns(Event, {**columns, **more}, workspace_id=workspace.pk, received_at=NOW)


@pytest.fixture(params=[len(AWKWARD), 0], ids=["in a statement", "copied"])
def either_way(request, monkeypatch):
    """Rows go into an INSERT, or on PostgreSQL by COPY, as very many do."""
    monkeypatch.setattr(bulk, "MOST_INSERTED", request.param)


@pytest.mark.usefixtures("either_way")
def test_rows_are_stored_as_they_are(workspace):
    assert len(store(workspace, AWKWARD)) == len(AWKWARD)
    rows = list(Event.objects.filter(workspace=workspace).order_by("pk"))
    assert [row.message_id for row in rows] == AWKWARD
    assert [row.stated_at for row in rows[:2]] == [NOW, None]
    assert {row.received_at for row in rows} == {row.occurred_at for row in rows} == {NOW}
    assert rows[0].context == {"a": '"\\ü'}


@pytest.mark.usefixtures("either_way")
def test_instants_are_the_same_by_array_and_one_by_one(workspace):
    whole, early = NOW + timedelta(microseconds=1), datetime(1970, 1, 1, tzinfo=UTC)
    instants = [NOW, whole, early, NOW - timedelta(seconds=1), NOW + timedelta(milliseconds=5)] + [NOW] * 12
    array = np.array([microseconds(at) for at in instants], "M8[us]")
    store(workspace, AWKWARD, occurred_at=array, stated_at=[None, *instants[1:]])
    rows = list(Event.objects.filter(workspace=workspace).order_by("pk"))
    assert [row.occurred_at for row in rows] == instants
    assert [row.stated_at for row in rows] == [None, *instants[1:]]
    exactly = Event.objects.filter(workspace=workspace, occurred_at=models.F("stated_at"))
    assert exactly.count() == len(instants) - 1, "SQLite compares them as texts"
    assert Event.objects.filter(workspace=workspace, occurred_at=NOW).count() == 13


def test_among_finds_what_in_finds(workspace):
    store(workspace, AWKWARD)
    of = Event.objects.filter(workspace=workspace)
    for value in AWKWARD:
        assert of.filter(message_id__among=[value, "no such"]).count() == 1
    assert of.filter(message_id__among=[]).count() == 0
    assert of.filter(person_number__among={7, 8}, pk__among=[f"{3:032x}"]).get().message_id == AWKWARD[3]


@pytest.mark.usefixtures("either_way")
def test_what_is_there_is_not_inserted_again_on_postgresql(workspace):
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite the caller looks before")
    store(workspace, ["a"])
    assert store(workspace, ["b", "c"]) == {f"{1:032x}"}
    assert set(Event.objects.values_list("message_id", flat=True)) == {"a", "c"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("either_way")
def test_what_another_writer_stores_meanwhile_is_not_inserted_again_on_postgresql(workspace):
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite every writer is alone")
    is_stored = threading.Event()

    def other():
        try:
            with scope(workspace), transaction.atomic():
                store(workspace, ["theirs"])
                is_stored.set()
                time.sleep(0.2)
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    assert is_stored.wait(10)
    assert store(workspace, ["ours", "b"]) == {f"{1:032x}"}
    thread.join()
    assert set(Event.objects.values_list("message_id", flat=True)) == {"theirs", "b"}


@pytest.mark.usefixtures("either_way")
def test_a_text_that_is_too_long_is_refused_and_not_cut(workspace):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no lengths")
    with pytest.raises(Exception, match="value too long"):
        store(workspace, ["x" * 300])


def test_very_many_rows_are_copied_where_no_row_level_security_forbids_it(workspace, monkeypatch, settings):
    monkeypatch.setattr(bulk, "MOST_INSERTED", 1)
    with CaptureQueriesContext(connection) as captured:
        store(workspace, ["a", "b"])
    copies = [query["sql"] for query in captured if "COPY" in query["sql"]]
    assert len(copies) == (connection.vendor == "postgresql" and not settings.ROW_LEVEL_SECURITY)


@given(values=st.lists(st.none() | storable, max_size=8))
def test_an_array_is_read_as_what_it_was_made_of(values):
    assert parsed(array_text(values)) == values


def parsed(text):
    """PostgreSQL's notation of an array, read letter by letter."""
    assert (text[0], text[-1]) == ("{", "}")
    found, place = [], 1
    while text[place] != "}":
        if text.startswith("NULL", place):
            found.append(None)
            place += 4
        else:
            assert text[place] == '"'
            place += 1
            value = ""
            while text[place] != '"':
                place += text[place] == "\\"
                value += text[place]
                place += 1
            found.append(value)
            place += 1
        place += text[place] == ","
    return found


@pytest.mark.django_db
def test_rows_in_binary_are_those_that_the_orm_answers(workspace):
    at = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    for n in (1, 2):
        DayPack.objects.create(
            workspace_id=workspace.pk,
            kind="event",
            event_type="ä'\"%s",
            day=date(2026, 3, n),
            n=-n,
            through=at,
            data=bytes(range(256)) * n,
        )
    rows = (
        DayPack.objects.filter(workspace_id=workspace.pk, event_type="ä'\"%s", day__range=(date(2026, 3, 2), at.date()))
        .order_by()
        .values_list("kind", "day", "event_type", "n", "through", "data")
    )
    [(*values, data)] = in_binary(rows)
    assert (*values, bytes(data)) == ("event", date(2026, 3, 2), "ä'\"%s", -2, at, bytes(range(256)) * 2)
    assert values[4].utcoffset() == timedelta()


@pytest.mark.django_db
def test_rows_in_binary_are_those_of_django(workspace):
    store(workspace, AWKWARD)
    of = Event.objects.filter(workspace_id=workspace.pk).order_by("pk")
    rows = of.values_list("pk", "message_id", "occurred_at", "stated_at", "utm_id")
    assert list(in_binary(rows)) == list(rows)
    contacts = Contact.objects.filter(workspace_id=workspace.pk).values_list("pk", "signup_is_stated", "signed_up_at")
    Contact.objects.create(
        workspace=workspace, external_id="ada", person_number=1, signed_up_at=NOW, attributes_at=NOW, received_at=NOW
    )
    [(_, is_stated, _)] = in_binary(contacts)
    assert isinstance(is_stated, bool)
    assert list(in_binary(contacts)) == list(contacts)


@pytest.mark.django_db
def test_what_the_database_says_of_them_is_an_error_of_djangos(workspace):
    with pytest.raises(DatabaseError), transaction.atomic():
        list(in_binary(DayPack.objects.filter(workspace_id=workspace.pk).extra(where=["nonsense"]).values_list("n")))
