"""Lifecycle and stickiness broken down: groups of random histories, in which people become known and one, add up to the
whole, and each number is as many as its people, in the ledger and in the facts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.periods import Interval, Window
from analytics.questions.fields import Subject, field_of
from analytics.questions.groups import Breakdown, can_be_broken_down_by
from analytics.questions.questions import CohortsQuestion
from analytics.reports.activity.groups import lifecycle_groups, stickiness_groups
from analytics.reports.activity.lifecycle import LifecycleState, lifecycle, people_in_state
from analytics.reports.activity.stickiness import people_active, stickiness
from analytics.reports.cohorts.report import subject_of_activity
from tests.analytics.filtering.histories import ASKED, NOW, facts
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, event
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()
KEYS = ("contact.plan", "contact.known", "utm.source", "property.plan", "channel", "campaign")
METRICS = ("events", "event:visit", "opens", "conversions")
UNITS = (Interval.DAY, Interval.WEEK, Interval.MONTH)


def counts(period):
    return [period.count(state) for state in LifecycleState]


@pytest.mark.django_db
@examples(8)
@given(facts, st.data())
def test_groups_add_up_and_are_as_many_as_their_people(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"activity{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    metric, interval = data.draw(st.sampled_from(METRICS)), data.draw(st.sampled_from(UNITS))
    fields = [field_of(key) for key in KEYS]
    for field in fields:
        if not can_be_broken_down_by(field, (Subject.PEOPLE, subject_of_activity(metric))):
            continue
        split = Breakdown(field, limit=data.draw(st.sampled_from([1, 25])))
        asked = CohortsQuestion(window=ASKED, now=NOW, interval=interval, metric=metric, split=split)
        check_lifecycle(workspace, asked)
        check_stickiness(workspace, asked)


def check_lifecycle(workspace, asked):
    whole, groups = lifecycle(Ledger(workspace), asked), lifecycle_groups(Ledger(workspace), asked)
    shown = [(group.group, [counts(period) for period in group.shown.periods]) for group in groups]
    of_facts = lifecycle_groups(Facts(workspace), asked)
    assert shown == [(group.group, [counts(period) for period in group.shown.periods]) for group in of_facts]
    for place, period in enumerate(whole.periods):
        of_groups = [counts(group.shown.periods[place]) for group in groups]
        assert [sum(numbers) for numbers in zip(*of_groups, strict=True)] == (counts(period) if groups else [])
    last = asked.on(whole.periods[-1].bucket.window(ASKED.zone))
    for group in groups:
        of_last = group.shown.periods[-1]
        for source in (Ledger(workspace), Facts(workspace)):
            found = [len(people_in_state(source, last, state, group.group)) for state in LifecycleState]
            assert found == counts(of_last)
            assert len(people_active(source, last, None, group.group)) == of_last.active


def check_stickiness(workspace, asked):
    whole, groups = stickiness(Ledger(workspace), asked), stickiness_groups(Ledger(workspace), asked)
    assert groups == stickiness_groups(Facts(workspace), asked)
    for number, people in enumerate(whole.people, 1):
        assert sum(group.shown[number - 1] for group in groups if len(group.shown) >= number) == people
    for group in groups:
        for number, people in enumerate(group.shown, 1):
            assert len(people_active(Ledger(workspace), asked, number, group.group)) == people
        more = people_active(Ledger(workspace), asked, 2, group.group, or_more=True)
        assert len(more) == sum(group.shown[1:])


@pytest.mark.usefixtures("now")
def test_a_value_of_what_they_did_is_that_of_the_first_ever(bulk, workspace):
    """Ada and cy came by a link long before these days, and without one on them; bob the other way round."""
    bulk("contacts", [contact(name, "01-02 10:00") for name in ("ada", "bob", "cy")])
    news = {"utm": {"source": "news"}}
    visits = [("ada", "01-03 09:00", news), ("ada", "03-24 09:00", {}), ("bob", "03-18 09:00", {})]
    visits += [("cy", "01-03 09:00", news), ("cy", "03-24 09:00", {})]
    bulk("events", [event("visit", who, when, **more) for who, when, more in [*visits, ("bob", "03-25 09:00", news)]])
    window = Window.between(date(2026, 3, 23), date(2026, 3, 29), zone=workspace.zone)
    asked = CohortsQuestion(window=window, now=datetime(2026, 3, 31, 12, tzinfo=UTC), interval=Interval.WEEK)
    asked = replace(asked, split=Breakdown(field_of("utm.source")))
    groups = lifecycle_groups(Ledger(workspace), asked)
    assert [(group.name, counts(group.shown.periods[0])) for group in groups] == [
        ("news", [0, 0, 2, 0]),
        (None, [0, 1, 0, 0]),
    ]
    assert [(group.name, group.shown) for group in stickiness_groups(Ledger(workspace), asked)] == [
        ("news", (2,)),
        (None, (1,)),
    ]
