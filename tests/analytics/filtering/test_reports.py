"""Every report under conditions is that of the facts that meet them, looked at one by one."""

from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.ledger.column_building import build_next_day
from analytics.ledger.rebuild import Difference, verify
from analytics.models import Campaign, ColumnChoice, EventProperty
from analytics.operations.jobs import build_columns
from analytics.periods import Interval, Window
from analytics.properties import change_property
from analytics.questions.fields import field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.parts import parts_of
from analytics.questions.questions import (
    TREND_METRICS,
    CampaignQuestion,
    CohortsQuestion,
    FunnelQuestion,
    Opens,
    Question,
    TrendsQuestion,
)
from analytics.questions.reader import OF_API, read_question
from analytics.questions.slices import Slice
from analytics.questions.steps import EventStep
from analytics.reports.attribution.report import attribution
from analytics.reports.attribution.source_tree import source_counts, source_tree
from analytics.reports.campaigns.one import campaign
from analytics.reports.campaigns.side_by_side import campaigns
from analytics.reports.cohorts.report import active_contacts, cohorts
from analytics.reports.funnel.report import funnel, funnel_groups, people_of_step
from analytics.reports.outcomes import outcomes
from analytics.reports.overview import overview
from analytics.reports.timeseries import timeseries
from analytics.reports.trends import trends
from tests.analytics.filtering.histories import NOW, ZONE, facts, of_events, of_messages, of_people
from tests.analytics.ledger.facts import Facts
from tests.examples import examples
from workspaces.models import User, Workspace

pytestmark = pytest.mark.long

slugs = count()
SHOWN = Window.between(date(2026, 3, 22), date(2026, 3, 31), zone=ZONE)
FIELDS = [*map(field_of, ("contact.plan", "property.plan", "utm.source"))]
STEPS = [("visit", "purchase"), ("visit", "visit", "visit"), ("Straße", "visit", "Straße")]


def answers(source, question, campaign_id):
    """Of every report, without the instant at which the newest fact was received, and what was read from facts."""
    steps = [question.with_params(FunnelQuestion, steps=tuple(map(EventStep, steps))) for steps in STEPS]
    activities = ("events", "opens", "clicks", "conversions", "event:visit")
    cohort_questions = [question.with_params(CohortsQuestion, metric=metric) for metric in activities]
    reports = [
        overview(source, question),
        timeseries(source, question),
        timeseries(source, replace(question, interval=Interval.HOUR)),
        campaign(source, question.with_params(CampaignQuestion, campaign_id=campaign_id)),
        campaigns(source, question),
        attribution(source, question),
        source_tree(source, question),
        *(funnel(source, asked) for asked in steps),
        *(cohorts(source, asked) for asked in cohort_questions),
        *(
            trends(source, asked.with_params(TrendsQuestion, metrics=TREND_METRICS))
            for asked in (question, replace(question, interval=Interval.HOUR))
        ),
    ]
    by = [replace(asked, by=field) for asked, field in zip(steps, FIELDS, strict=True)]
    grouped = [funnel_groups(source, asked, limit) for asked, limit in zip(by, (1, 2, 25), strict=True)]
    for asked, groups in zip(by, grouped, strict=True):
        assert_groups_add_up(source, asked, groups)
    lists = [people_of_step(source, asked, len(asked.steps)).tolist() for asked in steps]
    lists += [active_contacts(source, asked, 0).tolist() for asked in cohort_questions]
    metas = [replace(report.meta, data_through=None, facts_read=()) for report in reports]
    reports = [replace(report, meta=meta) for report, meta in zip(reports, metas, strict=True)]
    return [*reports, outcomes(source, question)], lists, grouped


def assert_groups_add_up(source, asked, groups):
    """In every step: each person is in one group, whose list has as many."""
    whole = [step.count for step in funnel(source, asked).steps]
    in_groups = [sum(group.steps[place].count for group in groups) for place in range(len(whole))]
    assert in_groups == whole
    for group in groups:
        for place, step in enumerate(group.steps, start=1):
            assert len(people_of_step(source, asked, place, group=group.group)) == step.count


@pytest.mark.django_db
@examples(4)
@given(facts, st.data())
def test_every_report_is_that_of_the_facts_that_are_meant(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"asked{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    campaign_id = Campaign.objects.filter(workspace=workspace).first().pk
    for of_facts in (of_events(), of_messages(workspace), of_people(workspace)):
        condition = st.one_of(of_people(workspace), of_facts, of_facts)
        meant = canonical(AllOf(tuple(data.draw(st.lists(condition, min_size=1, max_size=2)))))
        part = Slice(where=parts_of(meant), until=SHOWN.last_day)
        question = Question(window=SHOWN, now=NOW, part=part, opens=data.draw(st.sampled_from(Opens)))
        assert answers(Ledger(workspace), question, campaign_id) == answers(Facts(workspace), question, campaign_id)
        assert source_counts(Ledger(workspace), question) == {**source_tree(Facts(workspace), question).counts()}


@pytest.mark.django_db
@examples(4)
@given(facts, st.data())
def test_a_funnels_groups_are_compared_with_themselves_in_the_other_days(history, data):
    """Each has as many as its list of those days, whatever values these have that the others lack."""
    workspace = Workspace.objects.create(name="W", slug=f"asked{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    shown = {"from": "2026-03-25", "to": "2026-03-31", "compare": data.draw(st.sampled_from(("previous", "off")))}
    asked, _ = read_question(shown, now=NOW, zone=ZONE, earliest=lambda: SHOWN.first_day, defaults=OF_API)
    steps, by = data.draw(st.sampled_from(STEPS)), data.draw(st.sampled_from(FIELDS))
    question = asked.with_params(FunnelQuestion, steps=tuple(map(EventStep, steps)), by=by)
    source = Ledger(workspace)
    groups = funnel_groups(source, question, data.draw(st.integers(1, 3)))
    windows = question.compared_questions or ()
    for name, of_days in zip(("report", "complete", "compared"), (question, *windows), strict=False):
        whole = [step.count for step in funnel(source, of_days).steps]
        parts = [getattr(group.answer, name) for group in groups]
        assert [sum(part.steps[place].count for part in parts) for place in range(len(whole))] == whole
        for group, part in zip(groups, parts, strict=True):
            for place, step in enumerate(part.steps, start=1):
                assert len(people_of_step(source, of_days, place, group=group.group)) == step.count
    assert bool(windows) == (shown["compare"] == "previous")


@pytest.mark.django_db
@examples(5)
@given(facts, st.data())
def test_no_switch_of_a_column_changes_an_answer(history, data):
    """Neither before it is built, nor between two steps, nor afterwards."""
    workspace = Workspace.objects.create(name="W", slug=f"asked{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    campaign_id = Campaign.objects.filter(workspace=workspace).first().pk
    meant = canonical(AllOf(tuple(data.draw(st.lists(of_events(), min_size=1, max_size=2)))))
    question = Question(window=SHOWN, now=NOW, part=Slice(where=parts_of(meant), until=SHOWN.last_day))
    expected = answers(Ledger(workspace), question, campaign_id)
    owner = User.objects.create_user(f"{workspace.slug}@example.com")
    of_switch = st.tuples(
        st.sampled_from(["visit", "purchase", "Straße"]),
        st.sampled_from(["plan", "amount"]),
        st.sampled_from(ColumnChoice),
    )
    for event_type, name, column in data.draw(st.lists(of_switch, min_size=1, max_size=4)):
        given = {"event_type": event_type, "name": name, "column": column}
        change_property(workspace=workspace, by=owner, now=NOW, **given)
        assert answers(Ledger(workspace), question, campaign_id) == expected
        for wanted in EventProperty.objects.filter(workspace=workspace, building_before__isnull=False):
            build_next_day(workspace, wanted)
        assert answers(Ledger(workspace), question, campaign_id) == expected
    build_columns(NOW)
    assert answers(Ledger(workspace), question, campaign_id) == expected
    assert [found for found in verify(workspace) if isinstance(found, Difference)] == []
