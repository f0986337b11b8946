"""What is found by a text is the same on every database: as `folded_text` says, in Python."""

import sys
from unicodedata import category, normalize

import pytest
from django.db import connection
from django.db.models import F, Func, TextField
from hypothesis import example, given
from hypothesis import strategies as st

from analytics.models import Campaign
from campaignos.texts import AsciiLower, CodePoints, ascii_lower, folded_text, plain_text
from tests.examples import examples
from workspaces.models import Workspace

TRICKY = "aAäÄßẞſsSﬀﬁfFiIıİKkKåÅÅςσΣéÉЖжǰjᾈᾀιΪ́̌ꭰᎠ𐐀𐐨 0_%.\\[](){}^$*+?|&'\"–日\n"
CASED = [c for c in map(chr, range(sys.maxunicode + 1)) if c.casefold() != c]
texts = st.text(st.sampled_from(TRICKY) | st.sampled_from(CASED), max_size=6)


@pytest.mark.django_db
@examples(40)
@given(names=st.lists(texts, max_size=8), wanted=texts.filter(bool))
@example(names=["Özil", "o\u0308ZIL", "Ozil"], wanted="özil")
@example(names=["STRASSE", "Straße", "STRAẞE"], wanted="strasse")
@example(names=["Maß", "Mas"], wanted="s")
@example(names=["a.c", "abc"], wanted="A.C")
@example(names=["Łukasz Ødegård", "lukasz odegard", "LUKÁSZ O\u0308DEGA\u030aRD"], wanted="lukasz ODEGÅRD")
@example(names=["Æon", "Ǽon", "aeon", "Œuvre"], wanted="aeo")
@example(names=["\u0301", "é", "e", "एिे"], wanted="\u0301")
def test_every_database_finds_what_folding_finds(names, wanted):
    workspace = Workspace.objects.create(name="W", slug=f"w{Workspace.objects.count()}")
    Campaign.objects.bulk_create(
        Campaign(workspace=workspace, external_id=str(place), name=name) for place, name in enumerate(names)
    )
    rows = Campaign.objects.filter(workspace=workspace)
    containing = rows.filter(name__contains_text=wanted).values_list("name", flat=True)
    assert sorted(containing) == sorted(name for name in names if folded_text(wanted) in folded_text(name))
    plainly = rows.filter(name__contains_plain_text=wanted).values_list("name", flat=True)
    assert sorted(plainly) == sorted(name for name in names if plain_text(wanted) in plain_text(name))
    same = rows.filter(name__same_text=wanted).values_list("name", flat=True)
    assert sorted(same) == sorted(name for name in names if folded_text(wanted) == folded_text(name))


@pytest.mark.long
@pytest.mark.django_db
def test_each_letter_is_found_by_its_other_cases():
    workspace = Workspace.objects.create(name="W", slug="w")
    Campaign.objects.bulk_create(
        Campaign(workspace=workspace, external_id=str(place), name=letter) for place, letter in enumerate(CASED)
    )
    for wanted in CASED[::60]:
        same = Campaign.objects.filter(workspace=workspace, name__same_text=wanted).values_list("name", flat=True)
        assert sorted(same) == sorted(letter for letter in CASED if folded_text(letter) == folded_text(wanted))


def test_plain_texts_have_no_accents_but_all_letters():
    accented = ("Özil", "O\u0308zil", "Łukasz", "ÆRØ", "İzmir", "ıd", "Straße", "Ångström", "Ёлка", "ΆΓΙΑ")
    plain = ("ozil", "ozil", "lukasz", "aero", "izmir", "id", "strasse", "angstrom", "елка", "αγια")
    assert tuple(map(plain_text, accented)) == plain
    assert plain_text("हिन्दी") == normalize("NFD", "हिन्दी")
    assert plain_text("한국") == plain_text("한국".encode().decode()) != plain_text("한구")


@pytest.mark.long
@pytest.mark.django_db
def test_every_database_lowers_letters_of_ascii_alone():
    workspace = Workspace.objects.create(name="W", slug="w")
    Campaign.objects.bulk_create(
        Campaign(workspace=workspace, external_id=str(place), name=f"{letter}Z") for place, letter in enumerate(CASED)
    )
    rows = Campaign.objects.filter(workspace=workspace).annotate(lowered=AsciiLower("name"))
    assert not [row for row in rows.values_list("name", "lowered") if ascii_lower(row[0]) != row[1]]
    assert (ascii_lower("ÖzIL@X.de"), ascii_lower("İI")) == ("Özil@x.de", "İi")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="The others know no order by languages.")
@pytest.mark.django_db
def test_code_points_are_the_order_wherever_a_server_was_set_up():
    """That of tests may be set up to sort by them anyway, so that rows cannot show it."""
    workspace = Workspace.objects.create(name="W", slug="w")
    of_name = Workspace.objects.filter(pk=workspace.pk).values_list(
        _collation(F("name")), _collation(CodePoints("name"))
    )
    assert of_name.get() == ('"default"', '"C"')


def _collation(text):
    return Func(text, function="pg_collation_for", output_field=TextField())


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor == "sqlite", reason="Python itself normalizes there")
def test_postgresql_normalizes_every_character_that_python_knows_as_python_does():
    """Alone, decomposed, and behind a letter. Of what is newer than Python's Unicode nothing is promised."""
    known = [c for c in map(chr, range(1, sys.maxunicode + 1)) if category(c) not in ("Cn", "Cs")]
    wanted = [*known, *(normalize("NFD", c) for c in known), *(f"a\u0323{c}" for c in known)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT normalize(text, NFC) FROM UNNEST(%s::text[]) WITH ORDINALITY AS t (text, place) ORDER BY place",
            [wanted],
        )
        found = [text for (text,) in cursor.fetchall()]
    assert [ascii(one) for one, text in zip(wanted, found, strict=True) if normalize("NFC", one) != text] == []
