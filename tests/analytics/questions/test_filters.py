"""What conditions say of a value, and how they are joined and taken apart."""

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.periods import Window
from analytics.questions.fields import FIELD_KEYS, Subject, field_of
from analytics.questions.filters import (
    AllOf,
    AnyOf,
    Compares,
    Contains,
    Did,
    EventAct,
    InSegment,
    Is,
    IsSet,
    Not,
    Operator,
    all_of,
    atoms,
    holds,
)
from analytics.questions.parts import MixtureError, Parts, parts_of
from analytics.questions.values import Day
from tests.examples import examples

BERLIN = ZoneInfo("Europe/Berlin")
PLAN, AMOUNT, SOURCE = field_of("property.plan"), field_of("property.amount"), field_of("utm.source")
CHANNEL, COUNTRY = field_of("channel"), field_of("contact.country")
SIGNED_UP = field_of("contact.signedUpAt")


@pytest.mark.parametrize(
    ("wanted", "value", "is_meant"),
    [
        ("Straße", "STRASSE", True),
        ("e\u0301", "É", True),
        ("pro", "prox", False),
        ("5", 5, True),
        ("5", "5.0", True),
        ("5.00", Decimal(5), True),
        ("0.1", 0.1, True),
        ("5", "five", False),
        ("1", True, False),
        ("TRUE", True, True),
        ("false", "False", True),
        ("", "", True),
        ("", None, False),
        ("None", None, False),
    ],
)
def test_texts_are_compared_by_folding_and_numbers_as_numbers(wanted, value, is_meant):
    assert Is(PLAN, (wanted, "other")).matches(value) is is_meant


@pytest.mark.parametrize(
    ("key", "wanted", "value"), [("campaign", "cmp_12", 12), ("variant", "12", 12), ("channel", "email", "EMAIL")]
)
def test_ids_and_channels_are_compared_as_addresses_say_them(key, wanted, value):
    assert Is(field_of(key), (wanted,)).matches(value)
    assert not Is(field_of(key), (wanted,)).matches("SMS" if key == "channel" else 13)


def test_a_day_is_met_by_its_instants():
    condition = Is(SIGNED_UP, (Day(date(2026, 5, 12), BERLIN),))
    day = Window.between(date(2026, 5, 12), date(2026, 5, 12), zone=BERLIN)
    assert condition.matches(day.starts_at)
    assert condition.matches(date(2026, 5, 12))
    assert not condition.matches(day.ends_at)


@pytest.mark.parametrize(
    ("text", "value", "is_meant"),
    [("ASS", "Straße", True), ("12", 10123.0, True), ("ru", True, True), ("x", "y", False), ("x", None, False)],
)
def test_parts_are_found_in_texts_numbers_and_flags(text, value, is_meant):
    assert Contains(PLAN, ("nowhere", text)).matches(value) is is_meant


@pytest.mark.parametrize(("operator", "matching"), [(">", [101]), (">=", [100, 101]), ("<", [99]), ("<=", [99, 100])])
def test_numbers_are_compared_with_numbers_and_nothing_else(operator, matching):
    condition = Compares(AMOUNT, Operator(operator), Decimal(100))
    values = [99, 100, 101, None, True, "many", "2026-05-12"]
    assert [value for value in values if condition.matches(value)] == matching
    assert [
        int(value) for value in ("99", "100.0", "101") if condition.matches(value) for value in [float(value)]
    ] == matching


def test_days_are_compared_with_days_and_instants_and_nothing_else():
    condition = Compares(AMOUNT, Operator.AT_LEAST, Day(date(2026, 5, 12), BERLIN))
    values = ["2026-05-12", "2026-05-11T22:00:00Z", "2026-05-11", 20260512, None, True]
    assert [value for value in values if condition.matches(value)] == values[:2]


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 12),
    st.sampled_from([0.5, "5", "Straße", "strasse", "x", "", "2026-05-12"]),
)
facts = st.fixed_dictionaries({PLAN: values, AMOUNT: values, SOURCE: values})
fields = st.sampled_from([PLAN, AMOUNT, SOURCE])
texts = st.lists(st.sampled_from(["5", "STRASSE", "x", "", "true", "2026-05-12"]), min_size=1, max_size=3).map(tuple)
leaves = st.one_of(
    st.builds(Is, fields, texts),
    st.builds(Contains, fields, texts),
    st.builds(IsSet, fields),
    st.builds(Compares, fields, st.sampled_from(Operator), st.integers(-1, 11).map(Decimal)),
    st.builds(Compares, fields, st.sampled_from(Operator), st.just(Day(date(2026, 5, 12), BERLIN))),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@pytest.mark.long
@examples(150, times=2)
@given(conditions, conditions, facts)
def test_a_condition_and_its_negation_are_everything_and_de_morgan_holds(one, other, fact):
    def is_true(condition):
        return holds(condition, fact.get)

    assert is_true(one) is not is_true(Not(one))
    assert is_true(AnyOf((one, Not(one))))
    assert not is_true(AllOf((one, Not(one))))
    assert is_true(Not(AllOf((one, other)))) is is_true(AnyOf((Not(one), Not(other))))
    assert is_true(Not(AnyOf((one, other)))) is is_true(AllOf((Not(one), Not(other))))
    assert is_true(all_of(one, other)) is (is_true(one) and is_true(other))


def test_what_all_must_hold_is_joined_flat():
    one, two, three = (InSegment(number) for number in (1, 2, 3))
    assert all_of(one, AllOf((two, AllOf((three,))))) == AllOf((one, two, three))
    assert all_of() == AllOf()


def test_conditions_on_what_somebody_did_are_among_the_atoms():
    where = AllOf((Is(PLAN, ("pro",)),))
    did = Did(EventAct("purchase"), where)
    assert list(atoms(AllOf((Not(did), AnyOf((InSegment(4),)))))) == [did, *where.conditions, InSegment(4)]


@pytest.mark.parametrize(
    ("at_least", "at_most", "met"), [(1, None, [1, 2, 3]), (2, 2, [2]), (0, 1, [0, 1]), (0, 0, [0])]
)
def test_how_often_somebody_did_it(at_least, at_most, met):
    did = Did(EventAct("purchase"), AllOf(), at_least, at_most)
    assert [times for times in range(4) if did.is_met(times)] == met


def test_within_days_ends_where_the_range_ends():
    asked = Window.between(date(2026, 4, 1), date(2026, 4, 30), zone=BERLIN)
    found = Did(EventAct("purchase"), AllOf(), within=7).window(asked)
    assert found == Window.between(date(2026, 4, 24), date(2026, 4, 30), zone=BERLIN)
    assert Did(EventAct("purchase"), AllOf()).window(asked) is None


def test_a_filter_is_taken_apart_into_people_events_and_messages():
    plan, email, country = Is(PLAN, ("pro",)), Is(CHANNEL, ("email",)), Not(Is(COUNTRY, ("de",)))
    either = AnyOf((InSegment(4), Did(EventAct("purchase"), all_of(plan))))
    found = parts_of(all_of(plan, AllOf((email, country)), either))
    assert found == Parts(AllOf((country, either)), AllOf((plan,)), AllOf((email,)))
    assert set(found.all.conditions) == {plan, email, country, either}


@pytest.mark.parametrize("joined", [AnyOf, lambda conditions: Not(AllOf(conditions))])
def test_what_is_about_people_and_facts_at_once_means_nothing(joined):
    with pytest.raises(MixtureError, match="conditions on events and people"):
        parts_of(joined((Is(COUNTRY, ("de",)), Is(PLAN, ("pro",)))))
    with pytest.raises(MixtureError, match="conditions on events and messages"):
        parts_of(joined((Is(CHANNEL, ("email",)), Is(PLAN, ("pro",)))))


def test_fields_are_known_by_their_keys():
    assert field_of("property.cart.0.sku").path == "cart.0.sku"
    assert field_of("contact.e\u0301").key == "contact.é"
    assert field_of("contact.known").path is None
    assert (PLAN.subject, CHANNEL.subject, COUNTRY.subject) == (Subject.EVENTS, Subject.MESSAGES, Subject.PEOPLE)
    assert all(field_of(key).key == key for key in FIELD_KEYS)


@pytest.mark.parametrize(
    "key", ["", "plan", "property", "property.", "property.a..b", "property." + "a." * 10 + "a", "utm.id"]
)
def test_what_is_no_field_is_none(key):
    assert field_of(key) is None
