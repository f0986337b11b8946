"""Lists have exactly the rows that meet their conditions, and come back from their address the same."""

from datetime import timedelta
from itertools import chain, count
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ingest
from analytics.lists import (
    ClickList,
    ContactList,
    Conversions,
    EnrollmentList,
    EventList,
    ListConditions,
    ListParameters,
    MessageList,
    PeopleList,
)
from analytics.lists.messages import INSTANT_FIELDS
from analytics.models import DayPack, Enrolment, PackKind
from analytics.periods import Window, hours_of_day
from analytics.questions.fields import FieldKind
from analytics.questions.filter_json import DEEPEST
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf, Is, atoms
from analytics.questions.parts import parts_of
from analytics.questions.segments import depth_of
from analytics.questions.where import where_text
from campaignos.pages import all_pages
from tests.analytics.filtering.histories import (
    ASKED,
    EMAILS,
    NOW,
    TYPES,
    ZONE,
    facts,
    of_events,
    of_messages,
    of_people,
)
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


def keys(rows, workspace, key=attrgetter("pk")):
    """Of all rows, as the list comes back from its address, two at a time."""
    parameters = ListParameters(rows.query, zone=ZONE, now=NOW)
    assert type(rows).read(parameters).query == rows.query
    assert parameters.notices == []
    found = type(rows).read(parameters).find(workspace, now=NOW)
    listed = [*map(key, chain.from_iterable(all_pages(lambda after: found.page(after, 2))))]
    assert [*map(key, found.page(size=100).rows)] == listed
    assert found.total == len(listed) == len(set(listed))
    return set(listed)


def drawn(data, people, of_facts, recount, *, facts, values):
    """Conditions, and of the facts those that meet them."""
    asked = data.draw(conditions(people, of_facts))
    meant = parts_of(asked.meant)
    whose, which = recount.people(meant.people), values(meant)
    return asked, [one for one in facts if one.pk in which and recount.root[one.person_number] in whose]


def windows():
    """Days of the history, an hour of one, or none."""
    days = st.integers(0, 11).map(lambda n: NOW.date() - timedelta(days=n))
    of_days = st.builds(lambda day, n: Window.between(day, day + timedelta(days=n), zone=ZONE), days, st.integers(0, 3))
    of_hours = st.builds(lambda day, n: hours_of_day(day, ZONE)[n], days, st.integers(0, 22))
    return st.one_of(st.none(), of_days, of_hours)


def inside(facts, instant, window):
    return {
        fact.pk
        for fact in facts
        if (at := getattr(fact, instant)) and (window is None or window.starts_at <= at < window.ends_at)
    }


@pytest.mark.long
@pytest.mark.django_db
@examples(10)
@given(facts, st.data())
def test_lists_have_the_rows_that_are_counted_by_hand(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"listed{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    enrollments = [{"campaign": c, "contact": u, "enrolledAt": NOW.isoformat()} for c in ("c1", "c2") for u in EMAILS]
    ingest.take_enrollments(workspace, enrollments, received_at=NOW)
    recount = Recount(workspace, ASKED)
    people, window = of_people(workspace), data.draw(windows())

    asked, events = drawn(
        data, people, of_events(), recount, facts=recount.events, values=lambda of: recount.matching_events(of.events)
    )
    assert keys(EventList(conditions=asked), workspace) == inside(events, "occurred_at", None)
    assert keys(EventList(window, conditions=asked), workspace) == inside(events, "occurred_at", window)
    packs = DayPack.objects.filter(workspace_id=workspace.pk).exclude(kind=PackKind.CONTACT)  # those always have some
    columns = dict(packs.values_list("pk", "columns"))
    packs.update(columns=None)  # as of events from before there were any
    assert keys(EventList(window, conditions=asked), workspace) == inside(events, "occurred_at", window)
    for pk, data_of_columns in columns.items():
        packs.filter(pk=pk).update(columns=data_of_columns)
    for event_type in TYPES:
        of_type = [event for event in events if event.type == event_type]
        assert keys(EventList(window, event_type, conditions=asked), workspace) == inside(
            of_type, "occurred_at", window
        )
    purchases = [event for event in events if event.type == "purchase"]
    assert keys(EventList(conversions=Conversions.ANY, conditions=asked), workspace) == inside(
        purchases, "occurred_at", None
    )
    for person in recount.everybody:
        theirs = [event for event in events if recount.root[event.person_number] == person]
        assert keys(EventList(window, person=person, conditions=asked), workspace) == inside(
            theirs, "occurred_at", window
        )

    asked, messages = drawn(
        data,
        people,
        of_messages(workspace),
        recount,
        facts=recount.messages,
        values=lambda of: recount.matching_messages(of.messages),
    )
    for by, instant in INSTANT_FIELDS.items():
        assert keys(MessageList(window, by, conditions=asked), workspace) == inside(messages, instant, window)
    of_messages_meant = {message.pk for message in messages if message.clicked_at}
    clicks = {one.pk for one in recount.reports if one.type == "clicked" and one.message_id in of_messages_meant}
    assert keys(ClickList(conditions=asked), workspace) == clicks

    asked = data.draw(conditions(people, people))
    whose = recount.people(asked.meant)
    contacts = [contact for person, contact in recount.contacts.items() if person in whose]
    assert keys(ContactList(window, conditions=asked), workspace) == inside(contacts, "signed_up_at", window)
    enrolled = Enrolment.objects.filter(workspace=workspace).select_related("contact")
    meant = [one for one in enrolled if recount.root[one.contact.person_number] in whose]
    assert keys(EnrollmentList(conditions=asked), workspace) == inside(meant, "enrolled_at", None)
    if asked.meant.conditions:
        assert keys(PeopleList(conditions=asked), workspace, attrgetter("number")) == whose
