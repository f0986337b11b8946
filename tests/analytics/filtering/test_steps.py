"""Funnels whose steps are events and acts of messages under conditions, looked at fact by fact."""

from dataclasses import replace
from functools import partial
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.models import Campaign, Variant
from analytics.questions.fields import Subject, field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import NO_CONDITION, AllOf, Is, Not, holds
from analytics.questions.parts import Parts
from analytics.questions.questions import FunnelQuestion, Opens
from analytics.questions.slices import Slice
from analytics.questions.steps import STEP_STATUSES, EventStep, MessageStep
from analytics.reports.funnel import funnel, funnel_groups, people_of_step
from tests.analytics.filtering.histories import NOW, TYPES, facts, of_events, of_messages, of_people
from tests.analytics.filtering.recount import Recount
from tests.analytics.filtering.test_reports import SHOWN, assert_groups_add_up
from tests.analytics.ledger.facts import Facts
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db
slugs = count()
PLAN = field_of("property.plan")
IS_PRO = AllOf((Is(PLAN, ("pro", "5")),))
FIELDS = {
    Subject.EVENTS: ["contact.plan", "property.plan", "utm.source", "event"],
    Subject.MESSAGES: ["contact.plan", "channel", "campaign", "variant", "domain"],
}


def depth(acts, steps, since=None):
    """How far one can get by trying every act for every step."""
    best = 0
    for place, (at, act) in enumerate(acts):
        if steps and steps[0](act) and (since is None or at >= since):
            best = max(best, 1 + depth(acts[:place] + acts[place + 1 :], steps[1:], at))
    return best


class Acts:
    """What everybody did in the days shown: by person, instants and what was done."""

    def __init__(self, workspace):
        self.recount = Recount(workspace, SHOWN)
        self.by_person = {person: [] for person in self.recount.everybody}
        for event in self.recount.events:
            self.add(event.occurred_at, event, None)
        for message in self.recount.messages:
            for status in STEP_STATUSES:
                self.add(getattr(message, f"{status}_at"), message, status)

    def add(self, at, fact, status):
        if at is not None and SHOWN.starts_at <= at < SHOWN.ends_at:
            self.by_person[self.recount.root[fact.person_number]].append((at, (fact, status)))

    def counts(self, question):
        people = self.recount.people(question.part.where.people)
        steps = [partial(self.is_step, step) for step in question.counted_steps]
        where = question.part.where.on(question.steps[0].subject)
        first = steps[0]
        steps[0] = lambda act: first(act) and holds(where, partial(self.value(act), act[0]))
        depths = [depth(acts, steps) for person, acts in self.by_person.items() if person in people]
        return [sum(1 for reached in depths if reached > place) for place in range(len(steps))]

    def is_step(self, step, act):
        fact, status = act
        if isinstance(step, EventStep):
            is_kind = status is None and fact.type == step.event_type
        else:
            is_kind = status == step.status
        return is_kind and holds(step.condition, partial(self.value(act), fact))

    def value(self, act):
        return self.recount.value_of_event if act[1] is None else self.recount.value_of_message


def of_steps(workspace):
    few = st.just(NO_CONDITION)
    on_events = st.one_of(few, few, st.just(IS_PRO), st.just(AllOf((Not(IS_PRO),))), of_events().map(canonical))
    on_messages = st.one_of(few, few, of_messages(workspace).map(canonical))
    keys = [None, *sorted(Campaign.objects.filter(workspace=workspace).values_list("pk", flat=True))]
    variants = dict(Variant.objects.filter(workspace=workspace).values_list("pk", "test__campaign"))
    campaigns = st.sampled_from([(key, None) for key in keys] + [(key, pk) for pk, key in sorted(variants.items())])
    events = st.builds(EventStep, st.sampled_from([TYPES[0], *TYPES]), on_events)
    acts = st.builds(
        lambda status, campaign, where: MessageStep(status, *campaign, where),
        st.sampled_from(["opened", "clicked", *STEP_STATUSES]),
        campaigns,
        on_messages,
    )
    return st.lists(st.one_of(events, acts, acts), min_size=1, max_size=4).map(tuple)


@pytest.mark.long
@examples(25)
@given(facts, st.data())
def test_each_step_is_reached_by_an_act_of_its_own_under_conditions_of_its_own(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"steps{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    acts = Acts(workspace)
    for _ in range(3):
        question = drawn_question(workspace, data)
        report = funnel(Ledger(workspace), question)
        counts = [step.count for step in report.steps]
        assert counts == acts.counts(question)
        assert [step.count for step in funnel(Facts(workspace), question).steps] == counts
        by = data.draw(st.sampled_from(FIELDS[question.steps[0].subject]).map(field_of))
        asked = replace(question, by=by)
        for source in (Ledger(workspace), Facts(workspace)):
            for place, number in enumerate(counts, start=1):
                assert len(people_of_step(source, question, place)) == number
            assert_groups_add_up(source, asked, funnel_groups(source, asked, 2))
        groups = [funnel_groups(source, asked, 25) for source in (Ledger(workspace), Facts(workspace))]
        assert groups[0] == groups[1]


def drawn_question(workspace, data):
    steps = data.draw(of_steps(workspace))
    subject = steps[0].subject
    of_facts = of_events() if subject is Subject.EVENTS else of_messages(workspace)
    some = st.one_of(st.just(NO_CONDITION), of_facts.map(canonical))
    people = st.one_of(st.just(NO_CONDITION), of_people(workspace).map(canonical))
    where = Parts(people=data.draw(people), **{subject.value: data.draw(some)})
    opens = data.draw(st.sampled_from(Opens))
    part = Slice(where=where).ending_with(SHOWN.last_day)
    return FunnelQuestion(window=SHOWN, now=NOW, part=part, opens=opens, steps=steps)


@pytest.mark.parametrize(
    ("plans", "wheres", "counts"),
    [
        (["pro", "free"], ["pro", "any"], [1, 1]),
        (["pro", "free"], ["any", "pro"], [1, 1]),
        (["pro"], ["any", "pro"], [1, 0]),
        (["pro", "pro", "free"], ["any", "any", "pro"], [1, 1, 1]),
        (["pro", "free", "free"], ["any", "pro", "pro"], [1, 1, 0]),
        (["free", "free"], ["any", "pro", "any"], [1, 0, 0]),
    ],
)
def test_acts_of_one_instant_are_given_to_the_steps_that_they_suffice_for(workspace, track, now, plans, wheres, counts):
    where = {"any": NO_CONDITION, "pro": AllOf((Is(PLAN, ("pro",)),))}
    calls = [
        {
            "type": "track",
            "userId": "u",
            "event": "visit",
            "timestamp": "2026-03-30T10:00:00Z",
            "properties": {"plan": p},
        }
        for p in plans
    ]
    assert track(*calls).json()["accepted"] == len(plans)
    steps = tuple(EventStep("visit", where[name]) for name in wheres)
    question = FunnelQuestion(window=SHOWN, now=NOW, steps=steps)
    assert [step.count for step in funnel(Ledger(workspace), question).steps] == counts
