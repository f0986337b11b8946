"""Filters of addresses: what is read, what is refused and with which words, and that the same is read again."""

import json
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.questions.condition_values import ConditionValues
from analytics.questions.errors import QuestionError
from analytics.questions.fields import field_of
from analytics.questions.filter_reader import FILTER_PARAMETERS, MOST_ATOMS, FilterParameters, read_filter
from analytics.questions.filter_texts import canonical, filter_data, filter_query
from analytics.questions.filters import (
    ACT_STATUSES,
    AllOf,
    AnyOf,
    Compares,
    Contains,
    Did,
    EventAct,
    InSegment,
    Is,
    IsSet,
    MessageAct,
    Not,
    Operator,
    all_of,
    atoms,
)
from analytics.questions.values import Day
from tests.examples import examples

BERLIN = ZoneInfo("Europe/Berlin")
VALUES = ConditionValues(BERLIN)
SOURCE, PLAN, COUNTRY, SIGNED_UP = map(
    field_of, ("utm.source", "property.plan", "contact.country", "contact.signedUpAt")
)
MAY = Day(date(2026, 5, 12), BERLIN)


def read(*where, segment=(), values=VALUES, **filter_):
    found, notices = read_filter(FilterParameters(where, segment, filter_.get("filter")), values, strict=True)
    assert notices == ()
    return found


def read_query(query):
    given = {name: [text for key, text in query if key == name] for name in FILTER_PARAMETERS}
    assert len(given["filter"]) <= 1
    return read(*given["where"], segment=given["segment"], filter=next(iter(given["filter"]), None))


@pytest.mark.parametrize(
    ("where", "condition"),
    [
        ("utm.source:newsletter,direct", Is(SOURCE, ("newsletter", "direct"))),
        (' utm.source : "a, b" , c ', Is(SOURCE, ("a, b", "c"))),
        ("utm.source!:x", Not(Is(SOURCE, ("x",)))),
        ("property.plan~pro", Contains(PLAN, ("pro",))),
        ("property.plan!~pro", Not(Contains(PLAN, ("pro",)))),
        ("property.plan:*", IsSet(PLAN)),
        ("property.plan!:*", Not(IsSet(PLAN))),
        ('property.plan:"*"', Is(PLAN, ("*",))),
        ('property.plan:""', Is(PLAN, ("",))),
        ("property.plan>=1e2", Compares(PLAN, Operator.AT_LEAST, Decimal(100))),
        ("property.plan<-0.5", Compares(PLAN, Operator.LESS, Decimal("-0.5"))),
        ("property.plan>2026-05-12", Compares(PLAN, Operator.GREATER, MAY)),
        ("contact.signedUpAt:2026-05-12", Is(SIGNED_UP, (MAY,))),
        ("contact.signedUpAt<=2026-05-12", Compares(SIGNED_UP, Operator.AT_MOST, MAY)),
        ('"property.a:b!":x', Is(field_of("property.a:b!"), ("x",))),
        ("campaign:cmp_02", Is(field_of("campaign"), ("cmp_2",))),
        ("channel:EMAIL", Is(field_of("channel"), ("email",))),
        ("contact.known:true", Is(field_of("contact.known"), ("true",))),
        ("event:a: b", Is(field_of("event"), ("a: b",))),
    ],
)
def test_the_text_form_is_read(where, condition):
    assert read(where) == AllOf((condition,))


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        ({"field": "contact.country", "is": ["de", 5, 0.10, True]}, Is(COUNTRY, ("de", "5", "0.1", "true"))),
        ({"field": "contact.country", "is": "de"}, Is(COUNTRY, ("de",))),
        ({"field": "contact.country", "contains": ["d"]}, Contains(COUNTRY, ("d",))),
        ({"field": "property.plan", "gt": 5}, Compares(PLAN, Operator.GREATER, Decimal(5))),
        ({"field": "property.plan", "lte": "2026-05-12"}, Compares(PLAN, Operator.AT_MOST, MAY)),
        ({"field": "property.plan", "isSet": True}, IsSet(PLAN)),
        ({"field": "property.plan", "isSet": False}, Not(IsSet(PLAN))),
        ({"not": "contact.country:de"}, Not(Is(COUNTRY, ("de",)))),
        ({"any": [{"segment": "seg_4"}, {"did": "x"}]}, AnyOf((InSegment(4), Did(EventAct("x"), AllOf())))),
        (
            {"did": "purchase", "where": ["property.plan:pro"], "times": {"gte": 2}, "within": "30d"},
            Did(EventAct("purchase"), AllOf((Is(PLAN, ("pro",)),)), 2, None, 30),
        ),
        ({"did": "purchase", "times": {"lte": 3}}, Did(EventAct("purchase"), AllOf(), 0, 3)),
        (
            {"message": {"campaign": "cmp_2", "status": "clicked"}, "within": "30d"},
            Did(MessageAct("clicked", 2), AllOf(), within=30),
        ),
        ({"message": {}, "where": "channel:email"}, Did(MessageAct(), AllOf((Is(field_of("channel"), ("email",)),)))),
    ],
)
def test_the_json_form_is_read(data, condition):
    assert read(filter=json.dumps(data)) == read(filter=data) == AllOf((condition,))


@pytest.mark.parametrize(
    ("where", "allowed"),
    [
        ("plan", "<field><operator><values>, such as utm.source:newsletter; fields are utm.source"),
        ("plan:pro", "fields are utm.source, utm.medium"),
        ("property..a:x", "fields are"),
        ("utm.source:", 'values after :, * for any, or ""'),
        ('utm.source:""', "a value; !:* are those without utm.source"),
        ("utm.source>5", ":, !:, ~, !~ after utm.source"),
        ("channel~mail", ":, !: after channel"),
        ("channel:fax", "email, sms, push, in_app"),
        ("campaign:12", "identifiers of campaigns, such as cmp_12"),
        ("variant:a", "keys of variants"),
        ("contact.known:yes", "true, false"),
        ("contact.known:*", "true or false"),
        ("contact.signedUpAt:2026-02-30", "days from 1970-01-01 to 2099-12-31"),
        ("contact.signedUpAt>5", "a day such as 2026-05-12"),
        ("property.plan>many", "a number, or a day such as 2026-05-12"),
        ("property.plan>1e99", "at most 60 digits"),
        ("property.plan>5,6", "a single number or day"),
        ("property.plan~", "values after ~"),
        ('property.plan~x,""', "none of them empty"),
        ("property.plan:" + "x" * 256, "texts of at most 255 characters"),
        ("property.plan:a\0", "texts of at most 255 characters"),
        ("property.plan:" + "x" * 4096, "at most 4,096 bytes"),
        ("property.plan:" + "x," * 1000, "1 to 1,000 values"),
    ],
)
def test_a_refusal_says_what_is_allowed(where, allowed):
    with pytest.raises(QuestionError) as error:
        read(where)
    assert (error.value.parameter, error.value.given) == ("where", where[:200])
    assert allowed in error.value.allowed


def alls(times):
    """An all of one condition in another, so many times."""
    return {"all": [alls(times - 1)]} if times else {"segment": "seg_4"}


DEEP = {"not": {"any": [{"not": {"all": [{"segment": "seg_4"}, {"segment": "seg_5"}]}}]}}


@pytest.mark.parametrize(
    ("data", "place", "allowed"),
    [
        ("{", "filter", "JSON ("),
        ("NaN", "filter", "NaN is not a JSON number"),
        ("[" * 4096, "filter", "JSON ("),
        ("[]", "filter", "an object with one of all, any, not, field, did, message, segment"),
        ({"all": []}, "filter.all", "a list of conditions, not empty"),
        ({"all": [{"segment": "seg_4"}, {"any": [{"segment": 4}]}]}, "filter.all[1].any[0].segment", "such as seg_12"),
        ({"not": DEEP}, "filter.not.not.any[0].not", "at most 4 deep"),
        (alls(33), f"filter{'.all[0]' * 32}", "at most 4 deep"),
        ({"field": "plan", "is": "pro"}, "filter", "fields are"),
        ({"field": "property.plan"}, "filter", "a field with one of is, contains, gt"),
        ({"field": "property.plan", "is": "x", "gt": 5}, "filter", "a field with one of is"),
        ({"field": "property.plan", "is": None}, "filter", "texts, numbers, true or false"),
        ({"field": "property.plan", "equals": "x"}, "filter", "without 'equals'"),
        ({"field": "property.plan", "isSet": 1}, "filter", "isSet is true or false"),
        ({"did": ""}, "filter.did", "an event type"),
        ({"did": "x", "message": {}}, "filter", "without 'message'"),
        ({"did": "x", "where": ["channel:email"]}, "filter.where", "conditions on events alone"),
        ({"did": "x", "where": ["contact.a:b"]}, "filter.where", "conditions on events alone"),
        ({"message": {}, "where": ["event:a"]}, "filter.where", "conditions on messages alone"),
        ({"message": {"status": "read"}}, "filter.message.status", "sent, delivered, opened"),
        ({"message": "clicked"}, "filter.message", "an object with status and campaign"),
        ({"did": "x", "times": {}}, "filter.times", "gte and lte"),
        ({"did": "x", "times": {"gte": 0}}, "filter.times", "alone at least 1"),
        ({"did": "x", "times": {"gte": 3, "lte": 2}}, "filter.times", "gte no more than lte"),
        ({"did": "x", "times": {"gte": True}}, "filter.times", "whole numbers"),
        ({"did": "x", "within": 30}, "filter.within", "from 1d to 3653d"),
        ({"did": "x", "within": "0d"}, "filter.within", "from 1d to 3653d"),
    ],
)
def test_a_refusal_of_json_says_which_condition_is_meant(data, place, allowed):
    with pytest.raises(QuestionError) as error:
        read(filter=data if isinstance(data, str) else json.dumps(data))
    assert error.value.parameter == "filter"
    assert error.value.allowed.startswith(f"at {place}")
    assert allowed in error.value.allowed


def test_depth_is_counted_without_the_conditions_themselves():
    assert read(filter=json.dumps(DEEP))


def test_an_all_of_one_condition_or_within_an_all_adds_no_depth():
    """As `depth_of` counts it: what may be asked may be read again from its address."""
    assert read(filter=json.dumps({"all": [DEEP]}))
    assert read(filter=json.dumps({"not": {"any": [{"not": {"all": [{"all": [{"segment": "seg_4"}] * 2}] * 2}}]}}))
    assert read(filter=json.dumps({"did": "x", "where": [{"not": {"any": [{"not": {"all": ["property.a:b"]}}]}}]}))
    assert read(filter=json.dumps(alls(32)))


def test_people_and_facts_under_one_any_are_refused():
    with pytest.raises(QuestionError, match="conditions on events and people each in an all at the top"):
        read(filter='{"any":["contact.country:de","property.plan:pro"]}')


def test_a_text_longer_than_an_address_is_refused_but_not_as_a_body():
    data = {"field": "property.plan", "is": ["x" * 250] * 20 + [str(number) for number in range(900)]}
    with pytest.raises(QuestionError, match="at most 4,096 bytes; longer ones by POST"):
        read(filter=json.dumps(data))
    assert len(read(filter=data).conditions[0].values) == 901


def test_at_most_twenty_conditions_together():
    wheres = [f"property.p{number}:x" for number in range(18)]
    did = {"did": "x", "where": ["property.plan:pro"]}
    assert len(read(*wheres, filter=json.dumps(did)).conditions) == 19
    with pytest.raises(QuestionError, match="at most 20 conditions together"):
        read(*wheres, segment=("seg_1",), filter=json.dumps(did))


def test_pages_leave_out_what_they_do_not_understand_and_say_so():
    given = FilterParameters(["plan:pro", "", "utm.source:x"], ["4", "seg_4"], "{")
    found, notices = read_filter(given, VALUES, strict=False)
    assert found == AllOf((Is(SOURCE, ("x",)), InSegment(4)))
    assert [notice.split(" cannot be ")[0] for notice in notices] == ["where", "segment", "filter"]
    assert all(notice.endswith("It is left out.") for notice in notices)


@pytest.mark.parametrize("where", ["contact.login:ada@example.com", "property.x~+49 171 1234567", "contact.email~ada"])
def test_who_sees_no_addresses_can_look_for_none(where):
    assert read(where)
    with pytest.raises(QuestionError, match="hidden for your role"):
        read(where, values=ConditionValues(BERLIN, sees_addresses=False))


def test_the_same_in_another_order_and_twice_is_the_same():
    one = read("utm.source:a", "property.plan:b", "utm.source:a", filter={"all": ["contact.country:c", {"did": "x"}]})
    assert one == read("utm.source:a", "property.plan:b", "contact.country:c", filter={"did": "x"})


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
odd_texts = st.one_of(
    texts, st.sampled_from(['"', ",", "*", " a ", "a,b", '""', "x\ny", "\u00a0", "!:", "é", "e\u0301"])
)
names = odd_texts.filter(lambda name: "." not in name and name)
json_fields = st.builds(
    lambda prefix, name: field_of(f"{prefix}.{name}"), st.sampled_from(["property", "contact"]), names
)
days = st.dates(date(1970, 1, 1), date(2099, 12, 31)).map(lambda day: Day(day, BERLIN))
numbers = st.decimals(-(10**20), 10**20, places=4).map(
    lambda number: VALUES.compares(PLAN, Operator.LESS, str(number)).bound
)


def atoms_of(prefix):
    fields = names.map(lambda name: field_of(f"{prefix}.{name}"))
    return st.one_of(
        st.builds(Is, fields, st.lists(odd_texts, min_size=1, max_size=3, unique=True).map(tuple)),
        st.builds(Contains, fields, st.lists(odd_texts.filter(bool), min_size=1, max_size=3, unique=True).map(tuple)),
        st.builds(IsSet, fields),
        st.builds(Compares, fields, st.sampled_from(Operator), st.one_of(days, numbers)),
    )


atoms_of_events = atoms_of("property")
on_days = st.builds(Is, st.just(SIGNED_UP), st.lists(days, min_size=1, max_size=2, unique=True).map(tuple))
atoms_of_people = st.one_of(atoms_of("contact"), on_days)
times = st.sampled_from([(1, None), (2, None), (0, 3), (2, 2), (0, 0)])
dids = st.builds(
    lambda act, times, within: Did(act, AllOf(), *times, within),
    st.one_of(
        st.builds(EventAct, odd_texts.filter(bool)),
        st.builds(MessageAct, st.sampled_from([None, *ACT_STATUSES]), st.sampled_from([None, 12])),
    ),
    times,
    st.sampled_from([None, 1, 3653]),
)
of_people = st.one_of(atoms_of_people, st.builds(InSegment, st.integers(1, 9)), dids)


def nested(inner):
    several = st.lists(inner, min_size=1, max_size=2).map(tuple)
    return st.one_of(inner, st.builds(Not, inner), st.builds(AllOf, several), st.builds(AnyOf, several))


conditions = st.one_of(nested(nested(nested(leaves))) for leaves in (of_people, atoms_of_events))
filters = st.lists(conditions, max_size=3).map(lambda found: all_of(*found))


@pytest.mark.long
@examples(100, times=2)
@given(filters.filter(lambda found: len([*atoms(found)]) <= MOST_ATOMS))
def test_what_is_written_is_read_as_the_same(condition):
    found = canonical(condition)
    query = filter_query(condition)
    assert read_query(query) == found
    assert filter_query(found) == query
    assert not found.conditions or read(filter=json.loads(json.dumps(filter_data(found)))) == found
