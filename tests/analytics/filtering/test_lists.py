"""Lists have exactly the rows that meet their conditions, and come back from their address the same."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.lists import ContactList, EventList, ListConditions, ListParameters, MessageList
from analytics.questions.fields import FieldKind
from analytics.questions.filter_json import DEEPEST
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf, Is, atoms
from analytics.questions.parts import parts_of
from analytics.questions.segments import depth_of
from analytics.questions.where import where_text
from tests.analytics.filtering.histories import ASKED, NOW, ZONE, facts, of_events, of_messages, of_people
from tests.analytics.filtering.recount import Recount
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()


def conditions(people, of_facts):
    """Fields of texts have no empty ones, and cannot be asked for them; JSON is as deep as it may be."""
    several = st.lists(st.one_of(people, of_facts), max_size=3)
    return several.map(lambda found: ListConditions(joined(tuple(filter(can_be_asked, found))), until=ASKED.last_day))


def joined(found):
    """All of them, or the first where they are too deep together."""
    whole = canonical(AllOf(found))
    in_json = AllOf(tuple(each for each in whole.conditions if where_text(each) is None))
    return whole if depth_of(in_json) <= DEEPEST else canonical(AllOf(found[:1]))


def can_be_asked(condition):
    texts = [one for one in atoms(condition) if isinstance(one, Is) and one.field.kind is FieldKind.TEXT]
    is_flat = where_text(condition) is not None or depth_of(condition) <= DEEPEST
    return is_flat and all("" not in one.values for one in texts)


def keys(rows, workspace):
    """Of all rows, as the list comes back from its address."""
    parameters = ListParameters(rows.query, zone=ZONE, now=NOW)
    assert type(rows).read(parameters).query == rows.query
    assert parameters.notices == []
    found = type(rows).read(parameters).find(workspace, now=NOW)
    listed = [row.pk for row in found.page(size=100).rows]
    assert found.total == len(listed) == len(set(listed))
    return set(listed)


@pytest.mark.django_db
@examples(15)
@given(facts, st.data())
def test_lists_have_the_rows_that_are_counted_by_hand(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"listed{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    recount = Recount(workspace, ASKED)
    people = of_people(workspace)

    asked = data.draw(conditions(people, of_events()))
    meant = parts_of(asked.meant)
    whose, which = recount.people(meant.people), recount.matching_events(meant.events)
    expected = {one.pk for one in recount.events if one.pk in which and recount.root[one.person_number] in whose}
    assert keys(EventList(conditions=asked), workspace) == expected

    asked = data.draw(conditions(people, of_messages(workspace)))
    meant = parts_of(asked.meant)
    whose, which = recount.people(meant.people), recount.matching_messages(meant.messages)
    expected = {one.pk for one in recount.messages if one.pk in which and recount.root[one.person_number] in whose}
    assert keys(MessageList(conditions=asked), workspace) == expected

    asked = data.draw(conditions(people, people))
    whose = recount.people(asked.meant)
    expected = {contact.pk for person, contact in recount.contacts.items() if person in whose}
    assert keys(ContactList(conditions=asked), workspace) == expected
