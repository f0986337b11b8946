"""The steps of a funnel in addresses and in JSON: what is read, what is refused, and that the same is read again."""

import json
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.fields import field_of
from analytics.questions.filter_json import FilterError, FilterReader
from analytics.questions.filter_reader import MOST_ATOMS
from analytics.questions.filter_texts import canonical, filter_data
from analytics.questions.filters import AllOf, AnyOf, Compares, Is, IsSet, Operator
from analytics.questions.step_texts import StepReader, step_data, step_name, step_text
from analytics.questions.steps import (
    STEP_STATUSES,
    EitherStep,
    EventStep,
    MessageStep,
    SignupStep,
    either_of,
    read_steps,
    steps_text,
    with_where,
)
from tests.analytics.filtering.histories import nested, of_events, of_texts
from tests.examples import examples

READER = StepReader(ConditionValues(ZoneInfo("Europe/Berlin")))
AMOUNT, PLAN, CHANNEL = map(field_of, ("property.amount", "property.plan", "channel"))
AT_LEAST_100 = Compares(AMOUNT, Operator.AT_LEAST, 100)
PRO = Is(PLAN, ("pro",))


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("purchase", EventStep("purchase")),
        ("Viewed, twice", EventStep("Viewed, twice")),
        ('Said "yes", left', EventStep('Said "yes", left')),
        ('5" disk', EventStep('5" disk')),
        ("a@b: where?", EventStep("a@b: where?")),
        (" purchase ", EventStep("purchase")),
        ('"message:clicked"', EventStep("message:clicked")),
        ('"Said ""yes"""', EventStep('Said "yes"')),
        ("purchase where property.amount>=100", EventStep("purchase", AllOf((AT_LEAST_100,)))),
        (
            "purchase where property.amount>=100 where property.plan:pro",
            EventStep("purchase", AllOf((AT_LEAST_100, PRO))),
        ),
        ('"to where" where property.plan:pro', EventStep("to where", AllOf((PRO,)))),
        (
            'purchase where property.plan:"the place where we met",pro',
            EventStep("purchase", AllOf((Is(PLAN, ("the place where we met", "pro")),))),
        ),
        ("message:clicked", MessageStep("clicked")),
        ("message:delivered@cmp_02", MessageStep("delivered", 2)),
        ("message:human_opened@cmp_2/7", MessageStep("human_opened", 2, 7)),
        (
            "message:sent@cmp_2 where channel:email",
            MessageStep("sent", 2, None, AllOf((Is(CHANNEL, ("email",)),))),
        ),
        ("signup|purchase", EitherStep((EventStep("signup"), EventStep("purchase")))),
        ("signup | signup", EventStep("signup")),
        ('"a|b"|c', EitherStep((EventStep("a|b"), EventStep("c")))),
        (
            "signup|purchase where property.plan:pro",
            EitherStep((EventStep("signup", AllOf((PRO,))), EventStep("purchase", AllOf((PRO,))))),
        ),
        ("message:opened|message:clicked@cmp_2", EitherStep((MessageStep("opened"), MessageStep("clicked", 2)))),
        (
            '{"any":["signup",{"did":"a","where":["property.plan:pro"]}]}',
            EitherStep((EventStep("signup"), EventStep("a", AllOf((PRO,))))),
        ),
        ("contact:signup", SignupStep()),
        ('{"contact":"signup"}', SignupStep()),
        ('"contact:signup"', EventStep("contact:signup")),
        ("signup", EventStep("signup")),
        ('{"did":"purchase"}', EventStep("purchase")),
        ('{"did":"purchase","where":"property.amount>=100"}', EventStep("purchase", AllOf((AT_LEAST_100,)))),
        (
            '{"did":"a","where":[{"any":["property.plan:pro","property.amount>=100"]}]}',
            EventStep("a", AllOf((AnyOf((PRO, AT_LEAST_100)),))),
        ),
        ('{"message":{"status":"opened","campaign":"cmp_2","variant":"7"}}', MessageStep("opened", 2, 7)),
    ],
)
def test_texts_say_what_is_done_and_its_conditions(text, step):
    assert READER.text(text) == step
    assert READER.text(step_text(step)) == step


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", "1 to 200 characters"),
        ("x" * 201, "1 to 200 characters"),
        ("purchase where ", "<field><operator><values>"),
        ("purchase where plan:pro", "fields are"),
        ("purchase where channel:email", "conditions on events"),
        ("purchase where contact.plan:pro", "conditions on events"),
        ("message:clicked where property.plan:pro", "conditions on messages"),
        ("message:bounced", "one of sent, delivered"),
        ("message:clicked@2", "message: with one of"),
        ("message:clicked@cmp_2/A", "message: with one of"),
        ("message:", "message: with one of"),
        ("x where " + "y" * 4096, "4,096 bytes"),
        ("a" + " where property.plan:pro" * 2 + " where property.amount<1" * 100, None),
        ("a" + "".join(f" where property.p{n}:1" for n in range(MOST_ATOMS + 1)), f"at most {MOST_ATOMS} conditions"),
        ("{", "JSON"),
        ("{}", '"did" or "message"'),
        ('{"did":"a","message":{}}', '"did" or "message"'),
        ('{"did":"a","within":"30d"}', "without 'within'"),
        ('{"did":5}', "1 to 200 characters"),
        ('{"did":"\\ud800"}', "1 to 200 characters"),
        ('{"did":"a","where":[{"did":"b"}]}', "conditions on events"),
        ('{"did":"a","where":["property.plan:pro",{"field":"x"}]}', "at where[1]"),
        ('{"message":{"status":"opened","variant":"7"}}', "identifier of a campaign"),
        ('{"message":{"status":"opened","campaign":"cmp_1","variant":"A"}}', "number of a variant"),
        ('{"message":{"status":["opened"]}}', "as texts"),
        ('{"message":{"status":"opened","of":1}}', "status, campaign and variant"),
        ('{"message":[]}', "status, campaign and variant"),
        ("signup|message:clicked", "all events or all acts of messages"),
        ("signup|contact:signup", "all events or all acts of messages"),
        ("a||b", "1 to 200 characters"),
        ("a|b|c|d|e|f", "up to 5 alternatives"),
        ("contact:signup where contact.plan:pro", "conditions on people"),
        ('{"any":"a"}', "a list of steps"),
        ('{"any":["a"],"did":"b"}', "without others beside it"),
        ('{"any":["a",{"any":["b"]}]}', "without another any"),
        ('{"any":["a",5]}', '"did" or "message"'),
        ('{"any":[]}', "up to 5 alternatives"),
    ],
)
def test_what_is_no_step_is_refused_with_what_is_allowed(text, allowed):
    if allowed is None:
        assert len(READER.text(text).where.conditions) == 2, "each once"
        return
    with pytest.raises(ConditionError) as error:
        READER.text(text)
    assert allowed in str(error.value)


def test_where_addresses_are_hidden_no_step_asks_for_one():
    hidden = StepReader(ConditionValues(ZoneInfo("UTC"), sees_addresses=False))
    with pytest.raises(ConditionError, match="email address"):
        hidden.text("purchase where property.user:ada@example.com")


names = (
    (
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
        | st.lists(
            st.sampled_from(['"', " where ", "message:", "{", ",", "@", ":", " ", "a", "where"]), min_size=1
        ).map("".join)
    )
    .map(str.strip)
    .filter(bool)
)
odd_texts = st.lists(st.sampled_from(['"', " where ", "a", ",", "\\"]), min_size=1, max_size=5).map("".join)
odd = of_texts(
    "property.plan", "property.a where b", 'property."x', values=st.lists(odd_texts, min_size=1, unique=True).map(tuple)
)
conditions_on_events = st.one_of(of_events(), nested(odd))
conditions_on_messages = nested(
    st.one_of(of_texts("domain"), st.builds(Is, st.just(CHANNEL), st.just(("email",))), st.just(IsSet(CHANNEL)))
)


def of_conditions(conditions):
    return st.lists(conditions, max_size=3).map(lambda some: canonical(AllOf(tuple(filter(can_be_asked, some)))))


def can_be_asked(condition):
    """Fields of texts have no empty ones; JSON is as deep as it may be."""
    try:
        return FilterReader(READER.values).read(filter_data(condition)) is not None
    except FilterError:
        return False


keys = st.none() | st.integers(0, 10**17)
single = (
    st.builds(EventStep, names, of_conditions(conditions_on_events)),
    st.builds(
        lambda status, campaign, variant, where: MessageStep(
            status, campaign, None if campaign is None else variant, where
        ),
        st.sampled_from(STEP_STATUSES),
        keys,
        keys,
        of_conditions(conditions_on_messages),
    ),
)
steps = st.one_of(
    *single,
    st.just(SignupStep()),
    *(st.lists(some, min_size=2, max_size=5).map(either_of) for some in single),
    st.builds(
        lambda types, where: with_where(either_of([*map(EventStep, types)]), where),
        st.lists(names, min_size=2, max_size=3),
        of_conditions(conditions_on_events),
    ),
)


@pytest.mark.long
@examples(400)
@given(steps)
def test_every_step_is_read_again_from_its_text_and_its_json(step):
    assert READER.text(step_text(step)) == step
    assert READER.data(json.loads(json.dumps(step_data(step)))) == step
    assert step_text(READER.text(step_text(step))) == step_text(step), "it is canonical"


@examples(200)
@given(names)
def test_an_event_type_alone_is_called_by_its_name(name):
    assert step_name(EventStep(name)) == step_data(EventStep(name)) == name
    if "|" in name:
        assert steps_text([EventStep(name)]) is None, "it is said as a step by itself"
        return
    assert read_steps(steps_text([EventStep(name), EventStep("a,b")])) == (EventStep(name), EventStep("a,b"))
    either = either_of([EventStep(name), EventStep("c")])
    text = steps_text([EventStep("a"), either])
    assert text is None or read_steps(text) == (EventStep("a"), either)
    assert steps_text([EventStep(name), EventStep(name, AllOf((PRO,)))]) is None
    assert steps_text([EventStep(name), MessageStep("sent")]) is None


def test_a_campaign_and_a_variant_are_conditions_on_messages():
    step = MessageStep("sent", 2, 7, AllOf((Is(CHANNEL, ("email",)),)))
    assert step.condition == AllOf(
        (Is(field_of("campaign"), ("cmp_2",)), Is(field_of("variant"), ("7",)), Is(CHANNEL, ("email",)))
    )
    assert replace(step, campaign_id=None, variant_id=None).condition == step.where
