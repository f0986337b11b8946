"""Funnels whose steps are events and acts of messages under conditions, looked at fact by fact."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache, partial
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.metrics import seconds_of
from analytics.models import Campaign, Contact, Variant
from analytics.periods import OF_WHOLE_DAYS, Window, instant_of, local_day, microseconds
from analytics.questions.entrants import Entrants, TimeTaken
from analytics.questions.fields import Subject, field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import NO_CONDITION, AllOf, Is, Not, holds
from analytics.questions.funnel_rules import Exclusion, FunnelRules, StepOrder
from analytics.questions.parts import Parts
from analytics.questions.questions import FunnelQuestion, Opens
from analytics.questions.slices import Slice
from analytics.questions.steps import STEP_STATUSES, EitherStep, EventStep, MessageStep, SignupStep, either_of
from analytics.reports.funnel.report import funnel, funnel_groups, people_of_step
from analytics.reports.funnel.steps import steps_reached
from analytics.reports.funnel.times import PERCENTILES, funnel_times
from analytics.reports.funnel.trend import funnel_trend
from analytics.reports.reached import NEVER
from tests.analytics.filtering.histories import NOW, TYPES, facts, of_events, of_messages, of_people
from tests.analytics.filtering.recount import Recount
from tests.analytics.filtering.test_reports import SHOWN, assert_groups_add_up
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports import funnel_oracle
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db
slugs = count()
PLAN = field_of("property.plan")
IS_PRO = AllOf((Is(PLAN, ("pro", "5")),))
FIELDS = {
    Subject.EVENTS: ["contact.plan", "property.plan", "utm.source", "event"],
    Subject.MESSAGES: ["contact.plan", "channel", "campaign", "variant", "domain"],
    Subject.PEOPLE: ["contact.plan", "contact.known"],
}


def depth(acts, steps, since=None):
    """How far one can get by trying every act for every step."""
    served = ((at, tuple(step(act) for step in steps)) for at, act in acts)
    return _depth(tuple(sorted((at, serves) for at, serves in served if any(serves))), 0, len(steps), since)


@cache
def _depth(acts, place, last, since):
    best = 0
    for number, (at, serves) in enumerate(acts):
        if place < last and serves[place] and (since is None or at >= since) and (at, serves) not in acts[:number]:
            best = max(best, 1 + _depth(acts[:number] + acts[number + 1 :], place + 1, last, at))
    return best


class Acts:
    """What everybody did in some days: by person, instants and what was done."""

    def __init__(self, workspace, days=SHOWN):
        self.recount, self.days = Recount(workspace, SHOWN), days
        self.by_person = {person: [] for person in self.recount.everybody}
        for event in self.recount.events:
            self.add(event.occurred_at, event, None)
        for message in self.recount.messages:
            for status in STEP_STATUSES:
                self.add(getattr(message, f"{status}_at"), message, status)
        for contact in Contact.objects.current().filter(workspace=workspace):
            self.add(contact.signed_up_at, contact, "signup")

    def add(self, at, fact, status):
        if at is not None and self.days.starts_at <= at < self.days.ends_at:
            self.by_person[self.recount.root[fact.person_number]].append((at, (fact, status)))

    def counts(self, question):
        people = self.recount.people(question.part.where.people)
        steps = self.are_steps(question)
        depths = [depth(acts, steps) for person, acts in self.by_person.items() if person in people]
        return [sum(1 for reached in depths if reached > place) for place in range(len(steps))]

    def are_steps(self, question):
        """Of each step, what says of an act whether it is one."""
        steps = [partial(self.is_step, step) for step in question.counted_steps]
        subject = question.steps[0].subject
        where = NO_CONDITION if subject is Subject.PEOPLE else question.part.where.on(subject)
        first = steps[0]
        steps[0] = lambda act: first(act) and holds(where, partial(self.value(act), act[0]))
        return steps

    def furthest(self, question):
        """By person, when the attempt that counts began and when it reached each step, in microseconds."""
        rules, steps = question.rules, self.are_steps(question)
        asked = funnel_oracle.Rules(
            steps=tuple(steps),
            order=rules.order,
            window=rules.window and rules.window // timedelta(microseconds=1),
            last_entry=question.last_entry,
            exclusions=tuple(
                (partial(self.is_step, counted.step), *each.places(len(steps)))
                for each, counted in zip(rules.exclude, question.counted_exclusions, strict=True)
            ),
            breaks=lambda act: act[1] is None or any(step(act) for step in steps),
        )
        people = self.recount.people(question.part.where.people)
        timed = {
            person: [(microseconds(at), act) for at, act in acts]
            for person, acts in self.by_person.items()
            if person in people
        }
        found = {person: funnel_oracle.furthest(acts, asked) for person, acts in timed.items()}
        return {person: attempt for person, attempt in found.items() if attempt}

    def is_step(self, step, act):
        fact, status = act
        if isinstance(step, EitherStep):
            return any(self.is_step(each, act) for each in step.steps)
        if isinstance(step, SignupStep):
            return status == "signup"
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
    either = [st.lists(of_kind, min_size=2, max_size=3).map(either_of) for of_kind in (events, acts)]
    kinds = [events, events, acts, acts, *either, st.just(SignupStep())]
    return st.lists(st.one_of(*kinds), min_size=1, max_size=4).map(tuple)


@pytest.mark.long
@examples(7)
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


EARLIER = Window.between(date(2026, 3, 22), date(2026, 3, 28), zone=SHOWN.zone)
"""Days after which there are more."""


@pytest.mark.long
@examples(6)
@given(facts, st.data())
def test_the_furthest_attempt_of_each_person_counts_by_every_rule(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"steps{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    for _ in range(4):
        question = replace(drawn_question(workspace, data), window=EARLIER)
        question = replace(question, rules=data.draw(of_rules(workspace, question.steps)))
        by = data.draw(st.sampled_from(FIELDS[question.steps[0].subject]).map(field_of))
        asked = replace(question, by=by)
        attempts = Acts(workspace, question.last_days).furthest(question)
        for source in (Ledger(workspace), Facts(workspace)):
            reached, _, _ = steps_reached(source, question)
            assert found_attempts(reached) == attempts
            counts = [step.count for step in funnel(source, question).steps]
            assert counts == [sum(len(steps) > n for _, steps in attempts.values()) for n in range(len(counts))]
            assert [len(people_of_step(source, question, n)) for n in range(1, len(counts) + 1)] == counts
            assert_groups_add_up(source, asked, funnel_groups(source, asked, 2))
        groups = [funnel_groups(source, asked, 25) for source in (Ledger(workspace), Facts(workspace))]
        assert groups[0] == groups[1]
        assert_depth(Ledger(workspace), replace(question, trend=data.draw(st.sampled_from(OF_WHOLE_DAYS))), attempts)


def assert_depth(source, question, attempts):
    """Who is mature, how long they took, when they entered, and the lists of these, are what the attempts say."""
    window, last = question.rules.microseconds, len(question.steps)
    mature = {
        person: steps
        for person, (entered, steps) in attempts.items()
        if window and entered + window <= microseconds(NOW)
    }
    if window:
        report = funnel(source, question)
        counts = [sum(len(steps) > n for steps in mature.values()) for n in range(last)]
        assert [step.count for step in report.mature] == counts
        for is_mature, number in ((True, counts[0]), (False, report.steps[0].count - counts[0])):
            assert len(people_of_step(source, question, 1, entrants=Entrants(is_mature=is_mature))) == number
    assert_times(source, question, {person: attempts[person] for person in (mature if window else attempts)}, last)
    trend = funnel_trend(source, question)
    for each in trend:
        inside = [
            steps
            for entered, steps in attempts.values()
            if each.bucket.contains(local_day(instant_of(entered), SHOWN.zone))
        ]
        assert (each.entrants, each.finishers) == (len(inside), sum(len(steps) == last for steps in inside))
        entered_on = each.bucket.window(SHOWN.zone)
        assert len(people_of_step(source, question, 1, entrants=Entrants(entered_on=entered_on))) == each.entrants
        assert each.is_complete == (microseconds(entered_on.ends_at) + window <= microseconds(NOW) if window else True)


def assert_times(source, question, attempts, last):
    times = funnel_times(source, question)
    if last == 1:
        assert times is None
        return
    took = sorted(steps[-1] - entered for entered, steps in attempts.values() if len(steps) == last)
    overall = times.overall
    assert (overall.people, sum(each.people for each in overall.bins)) == (len(took), len(took))
    for share, found in zip(PERCENTILES, overall.percentiles, strict=True):
        least = next((each for each in took if 100 * sum(one <= each for one in took) >= share * len(took)), None)
        assert found == (None if least is None else seconds_of(least))
    is_mature = None if question.rules.window is None else True
    for each in overall.bins:
        inside = [one for one in took if each.at_least * 10**6 <= one < (each.below or 10**9) * 10**6]
        some = Entrants(is_mature=is_mature, took=TimeTaken(1, each.at_least, each.below))
        assert each.people == len(inside) == len(people_of_step(source, question, last, entrants=some))


def found_attempts(reached):
    """By person, when the attempt began and when it reached each step."""
    people = np.flatnonzero(reached.at[0] != NEVER).tolist()
    steps = {person: [int(at[person]) for at in reached.at if at[person] != NEVER] for person in people}
    return {person: (int(reached.entered[person]), at) for person, at in steps.items()}


def of_rules(workspace, steps):
    windows = st.sampled_from([None, timedelta(hours=1), timedelta(days=1), timedelta(days=3)])
    places = st.lists(st.integers(1, len(steps)), min_size=2, max_size=2, unique=True).map(sorted).map(tuple)

    def of_order(order):
        between = st.none() if order is StepOrder.ANY else st.none() | places
        exclusions = st.builds(Exclusion, of_steps(workspace).map(lambda some: some[0]), between)
        some = st.lists(exclusions, max_size=2).map(tuple) if len(steps) > 1 else st.just(())
        return st.builds(FunnelRules, windows, st.just(order), some)

    return st.sampled_from(StepOrder).flatmap(of_order)


def drawn_question(workspace, data):
    steps = data.draw(of_steps(workspace))
    subject = steps[0].subject
    of_facts = of_events() if subject is Subject.EVENTS else of_messages(workspace)
    some = st.one_of(st.just(NO_CONDITION), of_facts.map(canonical))
    people = st.one_of(st.just(NO_CONDITION), of_people(workspace).map(canonical))
    facts = {} if subject is Subject.PEOPLE else {subject.value: data.draw(some)}
    where = Parts(people=data.draw(people), **facts)
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
