"""The rule of credit in an address: canonical, there and back, and refused with what is allowed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.questions.credit import (
    TOUCHPOINTS,
    CreditModel,
    CreditRule,
    TouchKind,
    duration,
    duration_text,
    read_credit_models,
    read_credit_rule,
)
from analytics.questions.errors import QuestionError

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
DEFAULT = CreditRule()


def rule(**query):
    names = {name.replace("lookback_", "lookback."): text for name, text in query.items()}
    found, notices = read_credit_rule(names, default=DEFAULT, strict=True)
    assert notices == ()
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, DEFAULT),
        ({"model": "first"}, CreditRule(CreditModel.FIRST)),
        ({"model": "linear:unique"}, CreditRule(CreditModel.LINEAR_UNIQUE)),
        ({"model": "decay"}, CreditRule(CreditModel.DECAY)),
        ({"model": "decay:12h"}, CreditRule(CreditModel.DECAY, half_life=timedelta(hours=12))),
        ({"model": "position:30,30,40"}, CreditRule(CreditModel.POSITION, shares=(30, 30, 40))),
        ({"lookback": "90d"}, CreditRule(lookbacks=((TouchKind.VISIT, 90 * DAY), (TouchKind.CLICKED, 5 * DAY)))),
        ({"touchpoints": "open", "lookback": "2d"}, CreditRule(lookbacks=((TouchKind.OPENED, 2 * DAY),))),
        (
            {"touchpoints": "delivered, utm", "lookback_delivered": "6h"},
            CreditRule(lookbacks=((TouchKind.VISIT, 30 * DAY), (TouchKind.DELIVERED, timedelta(hours=6)))),
        ),
        ({"collapse": "0"}, CreditRule(collapse=timedelta(0))),
        ({"reuse": "false"}, CreditRule(reuse=False)),
    ],
)
def test_what_an_address_asks_for(query, expected):
    assert rule(**query) == expected


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("model", "shapley", "linear:unique"),
        ("model", "decay:0d", "decay:7d"),
        ("model", "position:50,50,0", "together 100"),
        ("model", "position:40,20,41", "together 100"),
        ("touchpoints", "", "utm, click, open, delivered"),
        ("touchpoints", "utm,mail", "utm, click, open, delivered"),
        ("lookback", "366d", "from 1m to 365d"),
        ("lookback", "0", "from 1m to 365d"),
        ("lookback", "a week", "30m, 12h or 7d"),
        ("lookback.open", "1d", "one together with open among the touchpoints"),
        ("collapse", "2d", "from 0 to 1d"),
        ("reuse", "yes", "true or false"),
    ],
)
def test_refusals_name_what_is_allowed(name, given, allowed):
    with pytest.raises(QuestionError) as refused:
        read_credit_rule({name: given}, default=DEFAULT, strict=True)
    assert (refused.value.parameter, refused.value.given) == (name, given)
    assert allowed in refused.value.allowed
    found, [notice] = read_credit_rule({name: given}, default=DEFAULT)
    assert found == DEFAULT
    assert allowed in notice


durations = st.integers(1, 365 * 24 * 60).map(lambda minutes: minutes * MINUTE)


@given(length=durations)
def test_durations_there_and_back(length):
    assert duration(duration_text(length)) == length


rules = st.builds(
    CreditRule,
    model=st.sampled_from(CreditModel),
    half_life=durations,
    shares=st.sampled_from([(40, 20, 40), (30, 30, 40), (1, 0, 99)]),
    lookbacks=st.lists(st.sampled_from([*reversed(TouchKind)]), min_size=1, unique=True).flatmap(
        lambda kinds: st.tuples(
            *(st.tuples(st.just(kind), durations | st.just(5 * DAY)) for kind in sorted(kinds, reverse=True))
        )
    ),
    collapse=st.integers(0, 24 * 60).map(lambda minutes: minutes * MINUTE) | st.just(30 * MINUTE),
    reuse=st.booleans(),
)


@pytest.mark.long
@given(rule=rules)
def test_a_rule_reads_its_own_address(rule):
    assert read_credit_rule(rule.query, default=DEFAULT, strict=True)[0].query == rule.query


@given(rule=rules, days=st.fixed_dictionaries({name: st.sampled_from([1, 5, 30]) for name in TOUCHPOINTS}))
def test_an_address_may_leave_out_what_is_usual_in_the_workspace(rule, days):
    default = CreditRule.with_lookback_days(days)
    known = replace(rule, usual=default.usual)
    assert read_credit_rule(known.unusual_query, default=default, strict=True)[0].query == rule.query
    assert default.unusual_query == {}
    assert rule.unusual_query == rule.query


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("last", ["last"]),
        ("last,first", ["last", "first"]),
        ("position:30,30,40,decay,linear:unique", ["position:30,30,40", "decay:7d", "linear:unique"]),
        ("decay:1d, decay:30d", ["decay:1d", "decay:30d"]),
        ("first,last,first", None),
        ("first,best", None),
        ("first,", None),
        ("", None),
        ("position:40,20", None),
        (",".join(f"decay:{days}d" for days in range(1, 9)), None),
    ],
)
def test_several_models_are_a_list_of_different_ones(text, expected):
    rule = CreditRule(reuse=False)
    if expected is None:
        with pytest.raises(QuestionError, match="models"):
            read_credit_models({"models": text}, default=rule)
    else:
        found = read_credit_models({"models": text}, default=rule)
        assert [each.model_text for each in found] == expected
        assert {each.reuse for each in found} == {False}


def test_a_model_beside_several_is_refused():
    with pytest.raises(QuestionError) as refused:
        read_credit_models({"models": "first,last", "model": "last"}, default=DEFAULT)
    assert refused.value.parameter == "model"
    assert read_credit_models({"model": "last"}, default=DEFAULT) == ()
