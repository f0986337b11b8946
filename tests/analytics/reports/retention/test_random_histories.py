"""Retention of random histories, in which people become known and one, equals a recount of the facts; so do its groups
and the people of its cells."""

from dataclasses import replace
from itertools import count, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.models import Message
from analytics.periods import Interval, buckets
from analytics.questions.fields import Subject, field_of
from analytics.questions.groups import Breakdown, can_be_broken_down_by
from analytics.questions.retention import BY_SIGNUP, CohortClock, CohortStart, RetentionQuestion, ReturnMode
from analytics.questions.steps import EventStep, MessageStep
from analytics.reports.retention.groups import cohort_people, retention_groups
from analytics.reports.retention.report import retention_report
from tests.analytics.filtering.histories import ASKED, NOW, facts
from tests.analytics.filtering.recount import Recount
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.retention import recount
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()
WAYS = [*product((Interval.DAY, Interval.WEEK, Interval.MONTH), ReturnMode, CohortClock)]
STARTS = [
    BY_SIGNUP,
    CohortStart(EventStep("visit")),
    CohortStart(EventStep("purchase"), is_first=True),
    CohortStart(MessageStep("human_clicked")),
]
KEYS = ("contact.plan", "contact.known", "utm.source", "property.plan", "channel", "campaign")
RETURNS = ("events", "event:visit", "opens", "conversions")


class World:
    """Who did what when, by the numbers that people are known by, of a workspace's rows."""

    def __init__(self, workspace):
        self.recount = Recount(workspace, ASKED)
        self.messages = list(Message.objects.filter(workspace=workspace))

    def events(self, *types):
        root = self.recount.root
        events = [event for event in self.recount.events if not types or event.type in types]
        return [(root[event.person_number], event.occurred_at) for event in events]

    def reached(self, status):
        root, name = self.recount.root, f"{status}_at"
        return [(root[each.person_number], at) for each in self.messages if (at := getattr(each, name)) is not None]

    def starts(self, start):
        if start.act is None:
            return [(person, contact.signed_up_at) for person, contact in self.recount.contacts.items()]
        is_event = isinstance(start.act, EventStep)
        return self.events(start.act.event_type) if is_event else self.reached(start.act.status)

    def returns(self, metric):
        of_metric = {"events": self.events, "opens": lambda: self.reached("opened")}
        others = {"event:visit": lambda: self.events("visit"), "conversions": lambda: self.events("purchase")}
        return {**of_metric, **others}[metric]()


def asked(data, start, way):
    unit, mode, clock = way
    by = data.draw(st.sampled_from([Interval.DAY, Interval.WEEK]))
    return RetentionQuestion(
        window=ASKED,
        now=NOW,
        interval=by,
        metric=data.draw(st.sampled_from(RETURNS)),
        start=start,
        unit=unit,
        mode=mode,
        clock=clock,
        horizon=3,
    )


@pytest.mark.django_db
@examples(10)
@given(facts, st.data())
def test_it_equals_a_recount_of_the_facts(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"retention{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    world, start = World(workspace), data.draw(st.sampled_from(STARTS))
    for way in data.draw(st.lists(st.sampled_from(WAYS), min_size=6, max_size=6, unique=True)):
        question = asked(data, start, way)
        cohorts = buckets(ASKED, question.interval)
        expected = recount.retention(question, cohorts, world.starts(start), world.returns(question.metric))
        report = retention_report(Ledger(workspace), question)
        assert recount.shown(report) == expected, way
        assert people_add_up(workspace, question, report)


def people_add_up(workspace, question, report):
    """Whether each cell is as many as its people, in the ledger and the facts."""
    period = question.horizon - 1
    for cohort in report.cohorts[:2]:
        asked = question.on(cohort.bucket.window(question.window.zone))
        for source in (Ledger(workspace), Facts(workspace)):
            assert len(cohort_people(source, asked, None, None, are_back=False)) == cohort.size
            if len(cohort.cells) > period:
                found = [len(cohort_people(source, asked, period, None, are_back=back)) for back in (False, True)]
                assert found == [cohort.cells[period].size, cohort.cells[period].active]
    return True


@pytest.mark.django_db
@examples(8)
@given(facts, st.data())
def test_groups_add_up_and_are_as_many_as_their_people(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"kept{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    start = data.draw(st.sampled_from(STARTS))
    subjects = (Subject.PEOPLE, start.act.subject) if start.act else (Subject.PEOPLE,)
    keys = [key for key in KEYS if can_be_broken_down_by(field_of(key), subjects)]
    for key in keys:
        split = Breakdown(field_of(key), limit=data.draw(st.sampled_from([1, 25])))
        question = replace(asked(data, start, data.draw(st.sampled_from(WAYS))), split=split)
        whole, groups = retention_report(Ledger(workspace), question), retention_groups(Ledger(workspace), question)
        shown = [(group.group, recount.shown(group.report)) for group in groups]
        of_facts = retention_groups(Facts(workspace), question)
        assert shown == [(group.group, recount.shown(group.report)) for group in of_facts]
        assert sum(group.report.size for group in groups) == whole.size
        for cohort in whole.cohorts:
            same = [of for group in groups for of in group.report.cohorts if of.bucket == cohort.bucket]
            for period, cell in enumerate(cohort.cells):
                assert sum(of.cells[period].active for of in same if len(of.cells) > period) == cell.active
            of_days = question.on(cohort.bucket.window(ASKED.zone))
            people = [len(cohort_people(Ledger(workspace), of_days, 0, g.group, are_back=True)) for g in groups]
            assert sum(people) == cohort.cells[0].active
