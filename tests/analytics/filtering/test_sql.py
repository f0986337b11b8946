"""Conditions as SQL and by the ledger mean what they mean in Python, over random facts, on every database."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger, LedgerPeople
from analytics.models import Event, Message
from analytics.models.fact_filters import EventConditions, MessageConditions
from analytics.models.people_filters import PeopleConditions
from analytics.questions.filters import AllOf, AnyOf, Not
from tests.analytics.filtering.histories import ASKED, facts, of_events, of_messages, of_people
from tests.analytics.filtering.recount import Recount
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()


def sent(history):
    workspace = Workspace.objects.create(name="W", slug=f"filtered{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    return workspace


@pytest.mark.long
@pytest.mark.django_db
@examples(20)
@given(facts, st.data())
def test_conditions_on_facts_are_those_of_python(history, data):
    workspace = sent(history)
    recount = Recount(workspace, ASKED)
    events = Event.objects.filter(workspace_id=workspace.pk)
    for condition in data.draw(st.lists(of_events(), min_size=4, max_size=6)):
        found = EventConditions(workspace.pk).matching(events, condition)
        assert {event.pk for event in found} == recount.matching_events(condition), condition
    messages = Message.objects.filter(workspace_id=workspace.pk)
    for condition in data.draw(st.lists(of_messages(workspace), min_size=4, max_size=6)):
        found = MessageConditions(workspace.pk).matching(messages, condition)
        assert {message.pk for message in found} == recount.matching_messages(condition), condition


@pytest.mark.long
@pytest.mark.django_db
@examples(20)
@given(facts, st.data())
def test_conditions_on_people_are_those_of_python(history, data):
    workspace = sent(history)
    recount = Recount(workspace, ASKED)
    filter_, ledger = PeopleConditions(workspace.pk, ASKED), LedgerPeople(Ledger(workspace), ASKED)
    for condition in data.draw(st.lists(of_people(workspace), min_size=4, max_size=6)):
        assert filter_.people(condition) == recount.people(condition), condition
        assert set(ledger.people(condition).tolist()) == recount.people(condition), condition
        assert set(ledger.meant_people(condition).numbers.tolist()) == {*filter_.numbers_of(filter_.people(condition))}


@pytest.mark.long
@pytest.mark.django_db
@examples(10)
@given(facts, st.data())
def test_a_set_and_its_complement_are_everybody_and_de_morgan_holds(history, data):
    workspace = sent(history)
    filter_ = PeopleConditions(workspace.pk, ASKED)
    one, other = data.draw(of_people(workspace)), data.draw(of_people(workspace))
    people = filter_.people
    assert people(one) | people(Not(one)) == people(AllOf()) == filter_.everybody
    assert not people(one) & people(Not(one))
    assert people(Not(AllOf((one, other)))) == people(AnyOf((Not(one), Not(other))))
    assert people(Not(AnyOf((one, other)))) == people(AllOf((Not(one), Not(other))))
