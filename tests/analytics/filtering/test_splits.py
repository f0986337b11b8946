"""The groups of every report are what the report says under their conditions, and add up to the whole."""

from dataclasses import replace
from functools import partial
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.metrics import METRICS, Unit
from analytics.models import Campaign
from analytics.questions.fields import field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.groups import Breakdown, can_be_broken_down_by
from analytics.questions.parts import parts_of
from analytics.questions.questions import TREND_METRICS, CampaignQuestion, CohortsQuestion, Question, TrendsQuestion
from analytics.questions.slices import Slice
from analytics.reports.attribution.groups import attributed_metrics, attribution_groups
from analytics.reports.attribution.report import attribution
from analytics.reports.campaigns.one import campaign
from analytics.reports.cohorts.report import cohorts
from analytics.reports.cohorts.splits import split_cohorts
from analytics.reports.overview import overview
from analytics.reports.splits import CONTACTS_EVER, divided_metrics, group_numbers, in_group
from analytics.reports.trends import trends
from tests.analytics.filtering.histories import NOW, facts, of_events, of_messages, of_people
from tests.analytics.filtering.test_reports import SHOWN
from tests.analytics.ledger.facts import Facts
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()
KEYS = (
    *("contact.plan", "contact.known", "contact.p.0", "contact.plan.deep"),
    *("utm.source", "utm.term", "event", "property.plan", "property.p.0", "property.é"),
    *("channel", "campaign", "variant", "domain"),
)
OF_OVERVIEW = (CONTACTS_EVER, "events", "contacts_new", "messages_total", "sent", "human_opened", "open_rate")


def asked_of(workspace, data):
    """A question under conditions that its split can go with."""
    split = Breakdown(field_of(data.draw(st.sampled_from(KEYS))), limit=data.draw(st.sampled_from([1, 2, 25])))
    conditions = {
        "events": of_events,
        "messages": partial(of_messages, workspace),
        "people": partial(of_people, workspace),
    }
    of_facts = conditions.get(data.draw(st.sampled_from(["", *conditions])))
    where = AllOf() if of_facts is None else canonical(AllOf((data.draw(of_facts()),)))
    part = Slice(where=parts_of(where)).ending_with(SHOWN.last_day)
    return Question(window=SHOWN, now=NOW, part=part, split=split)


def whole_numbers(source, question):
    """What the groups of a question should add up to."""
    of_days = trends(source, question.with_params(TrendsQuestion, metrics=TREND_METRICS)).all.total()
    return {**of_days, CONTACTS_EVER: overview(source, question).numbers[CONTACTS_EVER]}


def counts_of(numbers, metrics):
    return {key: numbers.get(key, 0) for key in metrics if METRICS[key].unit is Unit.COUNT}


@pytest.mark.long
@pytest.mark.django_db
@examples(14)
@given(facts, st.data())
def test_groups_are_what_is_counted_under_their_conditions_and_add_up(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"split{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    for _ in range(3):
        question, ledger = asked_of(workspace, data), Ledger(workspace)
        metrics = divided_metrics((*OF_OVERVIEW, *TREND_METRICS), question)
        if not metrics:
            continue
        groups = group_numbers(ledger, question, metrics, by_day=True)
        assert groups == group_numbers(Facts(workspace), question, metrics, by_day=True)
        assert len(groups) <= question.split.limit + 2
        whole = whole_numbers(ledger, question)
        for key in counts_of({}, metrics):
            assert sum(group.numbers[key] for group in groups) == whole.get(key, 0), key
        for group in groups:
            asked = in_group(question, group.group)
            asked_for = counts_of({}, divided_metrics(metrics, replace(asked, split=question.split)))
            alone = whole_numbers(ledger, asked)
            assert counts_of(group.numbers, asked_for) == counts_of(alone, asked_for)
            assert group.trend.total().items() <= dict(group.numbers).items()


@pytest.mark.long
@pytest.mark.django_db
@examples(25)
@given(facts, st.data())
def test_groups_of_an_attribution_are_what_it_says_under_their_conditions_and_add_up(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"credit{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    for _ in range(3):
        question, ledger = asked_of(workspace, data), Ledger(workspace)
        if question.split.subject == "messages" or question.split.field.key == "utm.source":
            continue
        groups, divided = attribution_groups(ledger, question), attributed_metrics(question)
        assert groups == attribution_groups(Facts(workspace), question)
        whole = attribution(ledger, question)
        assert sum(group.numbers["conversions"] for group in groups) == whole.conversions
        if "attributed_events" in divided:
            assert sum(group.numbers["attributed_events"] for group in groups) == whole.total_attributed_events
        for group in groups:
            alone = attribution(ledger, in_group(question, group.group))
            assert group.numbers["conversions"] == alone.conversions
            if "attributed_events" in divided:
                assert group.numbers["attributed_events"] == alone.total_attributed_events


@pytest.mark.long
@pytest.mark.django_db
@examples(15)
@given(facts, st.data())
def test_cohorts_of_groups_have_each_contact_once(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"cohort{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    metric = data.draw(st.sampled_from(["events", "conversions", "opens", "event:visit"]))
    subjects = ("people", "messages" if metric == "opens" else "events")
    keys = [key for key in KEYS if can_be_broken_down_by(field_of(key), subjects)]
    split = Breakdown(field_of(data.draw(st.sampled_from(keys))), limit=data.draw(st.sampled_from([1, 25])))
    question = Question(window=SHOWN, now=NOW, split=split).with_params(CohortsQuestion, metric=metric)
    whole, groups = cohorts(Ledger(workspace), question), split_cohorts(Ledger(workspace), question)
    assert without_meta(groups) == without_meta(split_cohorts(Facts(workspace), question))
    assert sum(group.report.size for group in groups) == whole.size
    for number, cohort in enumerate(whole.cohorts):
        same = [of_day for group in groups for of_day in group.report.cohorts if of_day.day == cohort.day]
        assert sum(of_day.size for of_day in same) == cohort.size, number
        weeks = zip(*(of_day.active_by_week for of_day in same), strict=True)
        assert tuple(map(sum, weeks)) == cohort.active_by_week
    for group in groups if split.subject == "people" else ():
        alone = cohorts(Ledger(workspace), in_group(question, group.group))
        assert group.report.cohorts == alone.cohorts


def without_meta(groups):
    return [replace(group, report=replace(group.report, meta=None)) for group in groups]


@pytest.mark.django_db
@examples(10)
@given(facts, st.data())
def test_groups_of_a_campaign_are_what_it_says_under_their_conditions(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"groups{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    pk = Campaign.objects.filter(workspace=workspace).first().pk
    key = data.draw(
        st.sampled_from([key for key in KEYS if can_be_broken_down_by(field_of(key), ("people", "messages"))])
    )
    question = Question(window=SHOWN, now=NOW, split=Breakdown(field_of(key)))
    asked = question.with_params(CampaignQuestion, campaign_id=pk)
    asked = replace(asked, part=asked.part_of_campaign)
    metrics = divided_metrics(("messages_total", "delivered", "human_opened", "enrollments_total"), asked)
    groups = group_numbers(Ledger(workspace), asked, metrics)
    for group in groups:
        of_group = in_group(asked, group.group).with_params(TrendsQuestion, metrics=metrics)
        alone = trends(Ledger(workspace), of_group).all.total()
        assert dict(group.numbers) == {key: alone[key] for key in group.numbers}
    whole = campaign(Ledger(workspace), asked).numbers
    assert {key: sum(group.numbers[key] for group in groups) for key in metrics} == {key: whole[key] for key in metrics}
