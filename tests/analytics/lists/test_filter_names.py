"""What conditions name has to be there: property, attribute, event, campaign, variant, segment."""

import pytest

from analytics.lists.filter_names import known_filter
from analytics.models import Campaign, SavedSegment, Variant
from analytics.questions.condition_values import ConditionValues
from analytics.questions.errors import QuestionError
from analytics.questions.filter_reader import FilterParameters, read_filter
from analytics.questions.filters import AllOf
from tests.analytics.filtering.histories import ZONE, Facts
from workspaces.models import Workspace


@pytest.fixture
def workspace(db):
    workspace = Workspace.objects.create(name="W", slug="w", time_zone="Europe/Berlin")
    facts = Facts(
        people=[
            {"externalId": "u1", "attributes": {"plan": "pro", "gone": None, "é": 1}},
            {
                "messageId": "1",
                "type": "track",
                "userId": "u1",
                "event": "Straße",
                "timestamp": "2026-03-29T12:00:00Z",
                "properties": {"cart": {"sku": 5}, "empty": None, "a.b": True, "é": 1},
            },
        ]
    )
    facts.send(workspace)
    return workspace


def read(*where, **filter_):
    given = FilterParameters(where, filter_.get("segment", ()), filter_.get("filter"))
    return read_filter(given, ConditionValues(ZONE), strict=True)[0]


@pytest.mark.parametrize(
    "condition",
    [
        "property.cart.sku:6",
        "property.a.b!:*",
        "property.e\u0301:5",
        "contact.plan:free",
        "contact.é>5",
        "event:STRASSE,purchase,page_view",
        "event~nothing",
        "utm.source:nothing",
        "contact.signedUpAt>2026-01-01",
        "channel:sms",
    ],
)
def test_what_is_there_may_be_named(workspace, condition):
    assert known_filter(workspace, read(condition), strict=True) == (read(condition), ())


@pytest.mark.parametrize(
    ("data", "allowed"),
    [
        ("property.cart:*", "a property that an event has"),
        ("property.empty:*", "a property that an event has"),
        ("property.plan:pro", "a property that an event has"),
        ("contact.gone:x", "an attribute that a contact has"),
        ({"not": "contact.cart:x"}, "an attribute that a contact has"),
        ("event:Straße,stroll", "the type of an event that has come in, such as Straße"),
        ("campaign:cmp_999999", "campaigns of this workspace"),
        ("variant:999999", "variants of this workspace"),
        ({"did": "stroll"}, "the type of an event that has come in"),
        ({"did": "purchase", "where": ["property.plan:pro"]}, "a property that an event has"),
        ({"message": {"campaign": "cmp_999999"}}, "campaigns of this workspace"),
        ({"any": [{"segment": "seg_1"}, "contact.plan:pro"]}, "a segment of this workspace"),
    ],
)
def test_what_is_not_there_is_refused_or_left_out_with_a_notice(workspace, data, allowed):
    condition = read("channel:sms", data) if isinstance(data, str) else read("channel:sms", filter=data)
    with pytest.raises(QuestionError) as error:
        known_filter(workspace, condition, strict=True)
    assert allowed in error.value.allowed
    kept, (notice,) = known_filter(workspace, condition, strict=False)
    assert kept == read("channel:sms")
    assert allowed in notice
    assert notice.endswith("It is left out.")


def test_names_of_another_workspace_are_not_there(workspace):
    other = Workspace.objects.create(name="O", slug="o", time_zone="UTC")
    Facts().send(other)
    for key in (
        f"campaign:cmp_{Campaign.objects.get(workspace=other, external_id='c1').pk}",
        f"variant:{Variant.objects.filter(workspace=other)[0].pk}",
    ):
        with pytest.raises(QuestionError, match="of this workspace"):
            known_filter(workspace, read(key), strict=True)
        assert known_filter(other, read(key), strict=True) == (read(key), ())


def test_segments_are_those_of_the_workspace(workspace):
    other = Workspace.objects.create(name="O", slug="o", time_zone="UTC")
    own, theirs = (
        SavedSegment.objects.create(workspace=each, name="S", condition="contact.known:true").api_id
        for each in (workspace, other)
    )
    kept, notices = known_filter(workspace, read(segment=[own, theirs]), strict=False)
    assert kept == read(segment=[own])
    assert [theirs in notice for notice in notices] == [True]


def test_as_long_as_there_is_nothing_anything_may_be_named(db):
    empty = Workspace.objects.create(name="E", slug="e", time_zone="UTC")
    condition = read("property.plan:pro", "contact.plan:pro", "event:stroll")
    assert known_filter(empty, condition, strict=True) == (condition, ())
    assert known_filter(empty, AllOf(), strict=True) == (AllOf(), ())
