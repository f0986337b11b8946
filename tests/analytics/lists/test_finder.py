"""What is found under a name: the same on every database, as plain texts in Python say, and of one workspace alone."""

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from analytics.lists.finder import SearchTerms, findings
from analytics.models import ABTest, Campaign, Contact, SavedFunnel, SavedSegment
from campaignos.texts import plain_text
from tests.examples import examples
from workspaces.models import Workspace

NAMES = (
    "Ada Özil",
    "Özil, Ada",
    "ada ozil@example.com",
    "Zoë",
    "Łukasz Ødegård",
    "STRASSE",
    "",
    "Ünal  Ada",
    "+49 151 23456789",
)
texts = st.sampled_from(
    (
        "ozil",
        "ÖZIL ada",
        "ada",
        "a",
        "lukasz odegard",
        "straße",
        "e",
        "@example",
        "151",
        "u1",
        "u",
        "U1",
        "ada@",
        "x y",
        "'",
        "%",
    )
)


def make_contacts(workspace, *names, first=0):
    now = timezone.now()
    Contact.objects.bulk_create(
        Contact(
            workspace=workspace,
            external_id=f"u{number}",
            person_number=number + 1,
            name=name,
            email=f"{'Ada' if number % 2 else 'Bob'}{number}@example.com",
            signed_up_at=now,
            attributes_at=now,
        )
        for number, name in enumerate(names, first)
    )


def expected(rows, wanted):
    """Ids of contacts, as a reader would find them."""
    words, found = plain_text(wanted.text).split(), set()
    for row in rows:
        is_named = "@" not in wanted.text and all(word in plain_text(row.name) for word in words)
        begins = row.email.lower().startswith(wanted.text.lower()) or row.external_id.startswith(wanted.text)
        if wanted.sees_addresses and (is_named or (begins and " " not in wanted.text)):
            found.add(row.external_id)
        if not wanted.sees_addresses and is_named and "@" not in row.name and "151" not in row.name:
            found.add(row.external_id)
    return found


@pytest.mark.django_db
@examples(30)
@given(names=st.lists(st.sampled_from(NAMES), max_size=6), text=texts, sees_addresses=st.booleans())
def test_contacts_are_found_as_a_reader_would_find_them(names, text, sees_addresses):
    here, there = (
        Workspace.objects.create(name="W", slug=f"w{Workspace.objects.count()}-{place}") for place in range(2)
    )
    make_contacts(here, *names)
    make_contacts(there, *NAMES)
    wanted = SearchTerms.read(text, sees_addresses=sees_addresses)
    found = findings(here, wanted, most=50).contacts
    assert {contact.external_id for contact in found} == expected(Contact.objects.filter(workspace=here), wanted)
    assert {contact.workspace_id for contact in found} <= {here.pk}
    few = findings(here, wanted, most=2).contacts
    assert [*few] == [*found][:2]


def test_each_kind_is_found_by_words_in_any_order_newest_first(workspace):
    for name in ("Café spring sale", "Spring café", "Winter sale"):
        campaign = Campaign.objects.create(workspace=workspace, external_id=name, name=name)
        SavedFunnel.objects.create(workspace=workspace, name=name, steps=["a", "b"])
        SavedSegment.objects.create(workspace=workspace, name=name, condition={})
        ABTest.objects.create(workspace=workspace, external_id=name, name=name, campaign=campaign)
    found = findings(workspace, SearchTerms.read("CAFE spring", sees_addresses=True), most=5)
    for rows in (found.campaigns, found.funnels, found.segments, found.ab_tests):
        assert [row.name for row in rows] == ["Spring café", "Café spring sale"]
    assert [
        row.name for row in findings(workspace, SearchTerms.read("sale", sees_addresses=True), most=1).campaigns
    ] == ["Winter sale"]


def test_what_an_id_names_is_found_by_it(workspace):
    campaign = Campaign.objects.create(workspace=workspace, external_id="c", name="Spring")
    make_contacts(workspace, "Ada")
    contact = Contact.objects.get()
    assert [*findings(workspace, SearchTerms(campaign.api_id), most=5).campaigns] == [campaign]
    assert [*findings(workspace, SearchTerms(contact.api_id), most=5).contacts] == [contact]


def test_joined_contacts_are_found_as_what_they_are_now(workspace):
    make_contacts(workspace, "Ada", "Ada")
    first, second = Contact.objects.order_by("pk")
    second.merged_into = first
    second.save()
    for text in ("ada", "u1", second.api_id):
        assert second not in findings(workspace, SearchTerms(text), most=5).contacts


def test_nothing_is_asked_for_no_word(workspace, django_assert_num_queries):
    with django_assert_num_queries(0):
        for text in ("", "  ", "\0", "x" * 201, "\u0301"):
            assert findings(workspace, SearchTerms.read(text, sees_addresses=True), most=5).contacts == ()
    make_contacts(workspace, "Ada")
    with django_assert_num_queries(8):
        findings(workspace, SearchTerms("ada"), most=5)
