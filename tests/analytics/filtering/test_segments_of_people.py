"""Segments mean what their conditions mean, over random facts, on every database."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.models import SavedSegment
from analytics.models.people_filters import PeopleConditions
from analytics.questions.filter_json import FilterError
from analytics.questions.filters import AllOf, AnyOf, InSegment, Not
from analytics.questions.segments import segment_condition, segment_data
from tests.analytics.filtering.histories import ASKED, ZONE, facts, of_people
from tests.analytics.filtering.recount import Recount
from tests.examples import examples
from workspaces.models import Workspace

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
    conditions = of_people(workspace).filter(readable)
    one, other = data.draw(conditions), data.draw(conditions)
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
