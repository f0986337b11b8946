"""Who was given which variant: the ledger has what the rows say, whoever turns out to be one person."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Assignments, Entries, Ledger
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.models import ABTest, Assignment, DayPack, Person, Variant
from tests.analytics.ledger.facts import Facts
from tests.analytics.rows import AT, row

HOUR = timedelta(hours=1)


@pytest.fixture
def variants(workspace):
    test = row(ABTest, workspace, campaign=None, external_id="price")
    return [row(Variant, workspace, test=test, name=name, position=place) for place, name in enumerate("AB")]


@transaction.atomic
def assign(variant, person, at, *, withheld=False):
    entries = Entries.begin(variant.workspace, received_at=at)
    fields = {"test": variant.test, "variant": variant, "person_number": person, "assigned_at": at, "received_at": at}
    assignment = row(Assignment, variant.workspace, withheld=withheld, **fields)
    entries.change_assignment(None, assignment)
    entries.write()
    return assignment


@transaction.atomic
def join(workspace, gone, kept):
    row(Person, workspace, number=kept)
    row(Person, workspace, number=gone, joined_to=kept)
    entries = Entries.begin(workspace, received_at=AT)
    entries.join(gone, kept)
    entries.write()


def rows_of(found):
    arrays = (found.people, found.at, found.variants, found.withheld, found.of_several)
    return sorted(zip(*(array.tolist() for array in arrays), strict=True))


def assert_as_the_facts(workspace, test):
    (found, through), (expected, received) = (of(workspace).assignments(test.pk) for of in (Ledger, Facts))
    assert rows_of(found) == rows_of(expected)
    assert through == received


def differences(workspace):
    return [str(found) for found in verify(workspace) if isinstance(found, Difference)]


def test_the_first_variant_of_a_person_counts_and_joins_are_followed(workspace, variants):
    a, b = variants
    assign(a, 1, AT + HOUR)
    assign(b, 2, AT)
    assign(b, 3, AT + 30 * HOUR, withheld=True)
    assign(a, 4, AT)
    assign(b, 4, AT)
    join(workspace, 1, 2)
    found, _ = Ledger(workspace).assignments(a.test_id)
    of_several = {person: several for person, _, _, _, several in rows_of(found)}
    assert of_several == {2: True, 3: False, 4: True}
    assert dict(zip(found.people.tolist(), found.variants.tolist(), strict=True)) == {2: b.pk, 3: b.pk, 4: a.pk}
    assert_as_the_facts(workspace, a.test)
    assert Ledger(workspace).assignments(0)[1] is None


@pytest.mark.long
def test_a_rebuild_has_assignments_and_verify_compares_them(workspace, variants):
    taken = assign(variants[0], 1, AT)
    assign(variants[1], 2, AT + 30 * HOUR, withheld=True)
    assert differences(workspace) == []
    with transaction.atomic():
        entries = Entries.begin(workspace, received_at=AT)
        entries.change_assignment(taken, None)
        taken.delete()
        entries.write()
    assert_as_the_facts(workspace, variants[0].test)
    DayPack.objects.filter(kind="assignment").delete()
    [found] = differences(workspace)
    assert "assignment" in found
    list(rebuild(workspace))
    assert differences(workspace) == []
    assert_as_the_facts(workspace, variants[0].test)


ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(2, 9)), max_size=12)


@given(ROWS)
def test_the_first_of_each_person_is_that_of_a_plain_search(rows):
    people, at, values = (np.array(column, kind) for column, kind in zip(columns(rows), KINDS, strict=True))
    found = Assignments.first_of_each(people, at, values)
    expected = {}
    for person, instant, value in sorted(rows, key=lambda row: (row[0], row[1], row[2] // 2, not row[2] % 2)):
        expected.setdefault(person, []).append((instant, value // 2, bool(value % 2)))
    assert rows_of(found) == [
        (person, *given[0], len({variant for _, variant, _ in given}) > 1) for person, given in expected.items()
    ]


KINDS = (np.int32, np.int64, np.int32)


def columns(rows):
    return zip(*rows, strict=True) if rows else ((), (), ())
