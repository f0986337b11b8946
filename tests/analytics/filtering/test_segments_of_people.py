"""Segments mean what their conditions mean, over random facts, on every database."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.lists import ContactList, EventList, ListConditions, MessageList, PeopleList
from analytics.models import Campaign, SavedSegment
from analytics.models.people_filters import PeopleConditions
from analytics.questions.filter_json import FilterError
from analytics.questions.filters import AllOf, AnyOf, InSegment, Not
from analytics.questions.parts import parts_of
from analytics.questions.questions import Question
from analytics.questions.segments import segment_condition, segment_data
from analytics.questions.slices import EVERYTHING, Slice
from tests.analytics.filtering.histories import ASKED, NOW, ZONE, facts, of_people
from tests.analytics.filtering.recount import Recount
from tests.analytics.filtering.test_reports import answers
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = pytest.mark.long

slugs = count()


def sent(history):
    workspace = Workspace.objects.create(name="W", slug=f"segments{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    return workspace


def readable(condition):
    """Values that no text can ask for, such as an empty source, are no segment's, either."""
    try:
        segment_condition(segment_data(AllOf((condition,))), ZONE)
    except FilterError:
        return False
    return True


def kept(workspace, condition):
    names = SavedSegment.objects.filter(workspace=workspace).count()
    data = segment_data(AllOf((condition,)))
    return InSegment(SavedSegment.objects.create(workspace=workspace, name=f"S{names}", condition=data).pk)


@pytest.mark.django_db
@examples(15)
@given(facts, st.data())
def test_a_segment_is_the_people_of_its_conditions(history, data):
    workspace = sent(history)
    recount = Recount(workspace, ASKED)
    one, other = data.draw(of_people(workspace)), data.draw(of_people(workspace))
    assume(readable(one) and readable(other))
    first, second = kept(workspace, one), kept(workspace, other)
    people = PeopleConditions(workspace.pk, ASKED).people
    assert people(first) == recount.people(one)
    assert people(first) | people(Not(first)) == people(AllOf())
    assert not people(first) & people(Not(first))
    assert people(Not(AllOf((first, second)))) == people(AnyOf((Not(first), Not(second))))
    assert people(Not(AnyOf((first, second)))) == people(AllOf((Not(first), Not(second))))
    assert people(AllOf((first, Not(second)))) == recount.people(one) - recount.people(other)
    outer = kept(workspace, AnyOf((first, Not(second))))
    assert people(outer) == people(AnyOf((one, Not(other)))) == recount.people(AnyOf((one, Not(other))))


@pytest.mark.django_db
@examples(4)
@given(facts, st.data())
def test_lists_and_reports_under_a_segment_are_those_under_its_conditions(history, data):
    workspace = sent(history)
    meant, other = data.draw(of_people(workspace)), data.draw(of_people(workspace))
    assume(readable(meant) and readable(other))
    inner = kept(workspace, meant)
    segment, expansion = kept(workspace, AnyOf((inner, Not(kept(workspace, other))))), AnyOf((meant, Not(other)))
    size = len(PeopleConditions(workspace.pk, ASKED).people(segment))
    campaign_id = Campaign.objects.filter(workspace=workspace).first().pk
    for by_name, by_conditions in ((segment, expansion), (Not(segment), Not(expansion))):
        named, written = (ListConditions(AllOf((each,)), ASKED.last_day) for each in (by_name, by_conditions))
        for kind in (PeopleList, ContactList, EventList, MessageList):
            first, second = (keys_of_rows(kind(conditions=each), workspace) for each in (named, written))
            assert first == second
        asked = [
            Question(window=ASKED, now=NOW, part=Slice(where=parts_of(AllOf((each,)))))
            for each in (by_name, by_conditions)
        ]
        first, second = (numbers(answers(Ledger(workspace), question, campaign_id)) for question in asked)
        assert first == second
    assert (
        len(keys_of_rows(PeopleList(conditions=ListConditions(AllOf((segment,)), ASKED.last_day)), workspace)) == size
    )


def numbers(answered):
    """Reports but for what was asked, and all that is answered beside them."""
    reports, *others = answered
    return [replace(report, part=EVERYTHING) if hasattr(report, "part") else report for report in reports], others


def keys_of_rows(rows, workspace):
    found = rows.find(workspace, now=NOW)
    listed = [getattr(row, "pk", None) or row.number for row in found.page(size=100).rows]
    assert found.total == len(listed)
    return listed
