"""Conditions in the words of the people who ask."""

from zoneinfo import ZoneInfo

import pytest

from analytics.presentation.conditions import ConditionNames, condition_text
from analytics.questions.condition_values import ConditionValues
from analytics.questions.filter_reader import FilterParameters, read_filter
from analytics.questions.filters import ACT_STATUSES, AllOf, Did, MessageAct, Not

NAMES = ConditionNames(campaigns={2: "Spring"}, variants={3: "Subject B"}, segments={4: "Regulars"})


def text(*where, **filter_):
    given = FilterParameters(where, (), filter_.get("filter"))
    found, _ = read_filter(given, ConditionValues(ZoneInfo("Europe/Berlin")), strict=True)
    return condition_text(found, NAMES)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("utm.source:newsletter", "Source is newsletter"),
        ("utm.source:newsletter,direct", "Source is newsletter or direct"),
        ("utm.source!:newsletter,direct", "Source is not newsletter or direct"),
        ("utm.campaign:spring", "UTM campaign is spring"),
        ("property.sku:a,b,c,d,e,f", "Sku is a, b, c or 3 others"),
        ("property.path~blog,docs", "Path contains blog or docs"),
        ("property.path!~blog", "Path does not contain blog"),
        ("contact.country:*", "Country is set"),
        ("contact.country!:*", "Country is not set"),
        ('contact.country:""', "Country is empty"),
        ("property.amount>=100", "Amount is at least 100"),
        ("property.amount<12400.50", "Amount is less than 12,400.5"),
        ("contact.renewal>2026-05-12", "Renewal is after Tue 12 May 2026"),
        ("contact.signedUpAt>=2026-05-12", "Signed up on or after Tue 12 May 2026"),
        ("contact.signedUpAt:2026-05-12", "Signed up on Tue 12 May 2026"),
        ("contact.signedUpAt!:2026-05-12", "Signed up not on Tue 12 May 2026"),
        ("contact.known:true", "Is a known contact"),
        ("contact.known:false", "Is no known contact"),
        ("contact.known!:true", "Is no known contact"),
        ("event:purchase", "Event is purchase"),
        ("channel:in_app,email", "Channel is In-app or Email"),
        ("campaign:cmp_2,cmp_9", "Campaign is Spring or cmp_9"),
        ("variant:3", "Variant is Subject B"),
    ],
)
def test_conditions_on_fields(where, sentence):
    assert text(where) == sentence


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"did": "purchase"}, "Did purchase"),
        ({"did": "purchase", "times": {"gte": 2}, "within": "30d"}, "Did purchase at least 2 times within 30 days"),
        ({"did": "purchase", "times": {"lte": 1}, "within": "1d"}, "Did purchase at most 1 time within 1 day"),
        ({"did": "purchase", "times": {"gte": 2, "lte": 2}}, "Did purchase exactly 2 times"),
        ({"did": "purchase", "times": {"gte": 2, "lte": 1000}}, "Did purchase 2 to 1,000 times"),
        ({"did": "purchase", "times": {"gte": 0, "lte": 0}}, "Never did purchase"),
        ({"not": {"did": "purchase"}}, "Did not do purchase"),
        ({"did": "purchase", "where": ["property.plan:pro"]}, "Did purchase (plan is pro)"),
        ({"message": {"campaign": "cmp_2", "status": "clicked"}}, "Clicked in a message of Spring"),
        ({"not": {"message": {"status": "clicked"}}}, "Did not click in a message"),
        ({"message": {"status": "opened"}, "where": ["channel:sms"]}, "Opened a message (Channel is SMS)"),
        ({"segment": "seg_4"}, "In segment Regulars"),
        ({"not": {"segment": "seg_5"}}, "Not in segment seg_5"),
        (
            {"any": ["contact.a:b", {"all": [{"segment": "seg_4"}, {"did": "x"}]}]},
            "A is b or (in segment Regulars and did x)",
        ),
        ({"not": {"any": ["contact.a:b", "contact.c:d"]}}, "Not (a is b or c is d)"),
    ],
)
def test_conditions_on_people_and_joined_ones(data, sentence):
    assert text(filter=data) == sentence


def test_several_conditions_are_joined_and_none_says_nothing():
    assert text("utm.source:a", "event:b") == "Source is a and Event is b"
    assert text() == ""


@pytest.mark.parametrize("status", [None, *ACT_STATUSES])
def test_every_act_of_messages_has_words_of_its_own(status):
    did = Did(MessageAct(status), AllOf())
    texts = {condition_text(did), condition_text(Not(did))}
    others = {condition_text(Did(MessageAct(other), AllOf())) for other in (None, *ACT_STATUSES) if other != status}
    assert len(texts) == 2
    assert not texts & others
