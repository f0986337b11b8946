"""Lists, filters and searches find the same rows on every database, also beyond ASCII and in odd JSON."""

import json
from datetime import UTC, datetime
from itertools import count
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analytics import ingest
from analytics.api.filters.catalogue import CampaignFilter, ContactFilter
from analytics.lists import ContactList, EventList, ListParameters
from analytics.models import Campaign, Contact
from campaignos.json_paths import MAX_PATH_NAMES
from campaignos.texts import folded_text
from tests.examples import examples
from workspaces.models import Workspace

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
slugs = map("texts{}".format, count())
texts = st.text(st.sampled_from("aAöÖo\u0308ßsSİi.0-9Жж _%'\"\\"), max_size=6)
names = st.sampled_from(["a", "A", "ö", "o\u0308", "0", "1", "a.b", "b", 'say "so"', "it's", "$", "[0]", " ", "名", ""])
scalars = st.none() | st.booleans() | st.integers(-3, 10**18) | st.floats(-9, 9) | texts | st.sampled_from(["1", "1.0"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)


def says(value, text):
    """Whether a value is what the text says; slow, and in other words than the program's."""
    if isinstance(value, bool):
        return text.lower() == json.dumps(value)
    if isinstance(value, str) and folded_text(value) == folded_text(text):
        return True
    try:
        return float(text) == float(value) and not set(text + str(value)) & set(" _\n")
    except ValueError:
        return False


def values_along(value, names):
    """All that the names lead to, the way of most steps first; two spellings of a name in their order."""
    if not names:
        return [] if isinstance(value, dict | list) or value is None else [value]
    if isinstance(value, list):
        return values_along(value[int(names[0])], names[1:]) if names[0] in map(str, range(len(value))) else []
    if not isinstance(value, dict):
        return []
    return [
        inner
        for n in range(1, len(names) + 1)
        for key in sorted(value)
        if normalize("NFC", key) == normalize("NFC", ".".join(names[:n]))
        for inner in values_along(value[key], names[n:])
    ]


def asked(**query):
    return ListParameters(query, zone=UTC, now=NOW)


@pytest.mark.long
@pytest.mark.django_db
@examples(30)
@given(
    sent=st.lists(st.dictionaries(names, values, max_size=3), min_size=1, max_size=5),
    path=st.lists(names.filter(bool), min_size=1, max_size=3).map(".".join),
    text=texts | st.sampled_from(["true", "1", "1.0", "-2", "0"]),
)
@example(sent=[{"größe": "XL"}, {"gro\u0308ße": "xl"}, {"größe": "L"}], path="größe", text="xl")
@example(sent=[{"0": "a"}, {"0": ["a"]}], path="0", text="a")
@example(sent=[{"a.b": 1}, {"a": {"b": "1.0"}}, {"a": [1]}], path="a.b", text="1")
@example(sent=[{"items": [{"sku": "x"}]}, {"items": {"0": {"sku": "x"}}}], path="items.0.sku", text="X")
def test_properties_are_found_by_path_and_value(sent, path, text):
    workspace = Workspace.objects.create(name="W", slug=next(slugs))
    items = [
        {"type": "t", "occurredAt": "2026-03-01", "anonymousId": "d", "messageId": f"m{place}", "properties": one}
        for place, one in enumerate(sent)
    ]
    outcome = ingest.take_events(workspace, items, received_at=NOW)
    assert not outcome.rejected
    one = EventList.read(asked(property=path, value=text))
    if not one.conditions.meant.conditions:
        assert path.count(".") >= MAX_PATH_NAMES or not all(path.strip().split("."))
        return
    found = one.find(workspace, now=NOW).page(size=100).rows
    firsts = [values_along(properties, path.strip().split("."))[:1] for properties in sent]
    expected = {f"m{place}" for place, first in enumerate(firsts) if first and (not text or says(first[0], text))}
    assert {row.message_id for row in found} == expected


@pytest.mark.long
@pytest.mark.django_db
@examples(20)
@given(named=st.lists(texts.filter(str.strip), min_size=1, max_size=6), wanted=texts.filter(str.strip))
@example(named=["Mesut Özil", "mesut o\u0308ZIL", "Ozil"], wanted="özil")
def test_contacts_and_campaigns_are_searched_alike(named, wanted):
    workspace = Workspace.objects.create(name="W", slug=next(slugs))
    contacts = [{"externalId": f"{place}-{name}", "name": name} for place, name in enumerate(named)]
    assert not ingest.take_contacts(workspace, contacts, received_at=NOW).rejected
    assert not ingest.take_campaigns(workspace, contacts, received_at=NOW).rejected
    wanted = wanted.strip()
    expected = {
        place
        for place, one in enumerate(contacts)
        if folded_text(wanted) in folded_text(one["name"].strip())
        or folded_text(wanted) in folded_text(one["externalId"].strip())
    }
    of_workspace = {"workspace": workspace, "sees_addresses": True}
    lists = [
        ContactList.read(asked(q=wanted)).find(workspace, now=NOW).page(size=100).rows,
        ContactFilter({"q": wanted}, Contact.objects.filter(workspace=workspace), **of_workspace).checked_rows(),
        CampaignFilter({"q": wanted}, Campaign.objects.filter(workspace=workspace), **of_workspace).checked_rows(),
    ]
    for rows in lists:
        assert {int(row.external_id.partition("-")[0]) for row in rows} == expected


@pytest.mark.long
@pytest.mark.django_db
def test_names_are_sorted_by_their_code_points(api, workspace):
    named = ["b", "B", "a", "Ä", "ä", "_", "Z", "é", "a b", "ab", "名"]
    items = [{"externalId": name, "name": name} for name in named]
    ingest.take_campaigns(workspace, items, received_at=NOW)
    ingest.take_contacts(workspace, items, received_at=NOW)
    for resource, ordering in (("campaigns", "name"), ("contacts", "name"), ("contacts", "externalId")):
        address, found = f"/api/workspaces/{workspace.api_id}/{resource}?ordering={ordering}&pageSize=3", []
        while address:
            answer = api.get(address).json()
            found += [row["externalId"] for row in answer["results"]]
            address = answer["next"]
        assert found == sorted(named)
