"""What each report is asked by a kept question: its parameters are those of its page, read as strictly as the API's.

Nothing here knows a request: mails, alerts, boards and links ask this way, and so may any command.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

from django.http import QueryDict

from analytics.api import params
from analytics.api.questions.reading import OF_ALL, Asking, QuestionReading
from analytics.api.reports.credit.parameters import credit_rule
from analytics.api.reports.experiments.report import EXPERIMENT_PARAMETERS, experiment_terms
from analytics.api.reports.retention.periods import asked_start, retention_question
from analytics.api.reports.revenue.ltv_params import LTV_PARAMETERS, ltv_terms
from analytics.api.reports.view import COMPARISON
from analytics.api.reports.what_changed.report import metric_of_change, shared_out_by
from analytics.lists.active_people import METRIC_ALLOWED
from analytics.lists.names import campaign_exists, event_type_exists
from analytics.models import ABTest
from analytics.periods import OF_WHOLE_DAYS, Interval
from analytics.presentation.overview import MORE
from analytics.presentation.retention.cells import CohortFigure, RetentionFigures
from analytics.presentation.timeseries import MAX_METRICS, usual_metrics
from analytics.questions.credit import PARAMETERS, CreditRule
from analytics.questions.experiments import ExperimentQuestion
from analytics.questions.fields import Subject
from analytics.questions.filters import NO_CONDITION
from analytics.questions.ltv import LtvQuestion
from analytics.questions.questions import (
    EVENT_METRIC_PREFIX,
    REVENUE,
    CampaignQuestion,
    CohortsQuestion,
    FunnelQuestion,
    OverviewQuestion,
    Question,
    RefundsBy,
    RevenueQuestion,
    TrendsQuestion,
    usual_trend,
)
from analytics.questions.ranges import Comparison
from analytics.questions.saved import QuestionText
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.reports.cohorts.report import subject_of_activity
from analytics.reports.credit.path_report import LONGEST_PATH, MOST_PATHS, PathsQuestion
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.credit.side_by_side import ModelsQuestion
from analytics.reports.credit.touches import CreditBy
from analytics.reports.splits import possible_metrics
from campaignos.commas import comma_values
from campaignos.errors import ParameterError
from campaignos.ids import number_of
from campaignos.parameters import RepeatedParameter, UnknownParameter

_ON_EVENTS = (Subject.PEOPLE, Subject.EVENTS)
_ON_MESSAGES = (Subject.PEOPLE, Subject.MESSAGES)
SPLIT = ("breakdown", "limit")
VIEWS_OF_CREDIT = ("sources", "credit", "models", "paths")
_ROWS_BY = {by.name.lower(): by for by in CreditBy}


@dataclass(frozen=True)
class ReportForm:
    """How a report is asked: beside days and conditions it has parameters of its `own`, of which `several` may be there
    with different values; `endpoint` is the route of the API's answer."""

    read: Callable[[QuestionReading], Question]
    endpoint: str
    own: Sequence[str] = ()
    several: Sequence[str] = ()
    is_compared: bool = True

    @property
    def parameters(self) -> tuple[str, ...]:
        return (*OF_ALL, *(COMPARISON if self.is_compared else ()), *self.own, *self.several)


def read_report(text: QuestionText, asking: Asking) -> Question:
    """What a kept question asks at that instant. Raises ParameterError for the first thing that is not understood, or
    names what there is not (any more). Some queries, as the API's report of the parameters has."""
    form = form_of(text.report)
    query = QueryDict(mutable=True)
    for name, said in text.parameters.items():
        values = [said] if isinstance(said, str) else [*said]
        if name not in form.parameters:
            raise UnknownParameter(name[:100], given=str(said)[:200], allowed=", ".join(sorted(form.parameters)))
        if len({*values}) > 1 and name not in (*form.several, "where", "segment"):
            raise RepeatedParameter(name, given=values)
        query.setlist(name, values)
    return form.read(QuestionReading(query, asking, form.is_compared))


def form_of(report: str) -> ReportForm:
    """Raises ParameterError for a report that there is not."""
    if report not in FORMS:
        raise ParameterError("report", given=report[:100], allowed=", ".join(FORMS))
    return FORMS[report]


def _overview(reading: QuestionReading) -> Question:
    drawn = reading.choice("metric", [*MORE], "")
    return reading.question(tuple(Subject)).with_params(OverviewQuestion, drawn=drawn)


def _campaigns(reading: QuestionReading) -> Question:
    """All of them, or one: over its life, unless days are said."""
    given = reading.texts.get("campaign")
    if given is None:
        return reading.question(_ON_MESSAGES)
    reading.refuse_beside("campaign", ["channel"])
    number = number_of("cmp", given)
    if number is None or not campaign_exists(reading.workspace, given):
        raise ParameterError("campaign", given=given[:200], allowed="a campaign of this workspace")
    life = reading.asking.source.days_of_campaign(number)
    return reading.question(_ON_MESSAGES, life=life).with_params(CampaignQuestion, campaign_id=number)


def _health(reading: QuestionReading) -> Question:
    """Its list is of people: what locks messages would say nothing of it, and show it whole."""
    reading.refuse_locks_but((Subject.PEOPLE,))
    return reading.question(_ON_MESSAGES, comparison=Comparison.OFF)


def _trends(reading: QuestionReading) -> Question:
    asked = reading.question(tuple(Subject))
    possible = possible_metrics(asked)
    given = reading.query.getlist("metric")
    metrics = tuple(dict.fromkeys(name for text in given for name in comma_values(text)))
    if not {*metrics} <= {*possible} or len(metrics) > MAX_METRICS:
        allowed = f"at most {MAX_METRICS} of {', '.join(possible)}"
        raise ParameterError("metric", given=",".join(metrics), allowed=allowed)
    return asked.with_params(TrendsQuestion, metrics=metrics or usual_metrics(possible))


def _what_changed(reading: QuestionReading) -> Question:
    asked = reading.question(tuple(Subject))
    if asked.compared_days is None:
        allowed = ", ".join(kind for kind in Comparison if kind is not Comparison.OFF)
        raise ParameterError("compare", given=reading.texts.get("compare"), allowed=allowed)
    metric = asked.shown_metric(metric_of_change(reading.texts.get("metric"), asked))
    return asked.with_params(
        WhatChangedQuestion, metric=metric, **shared_out_by(reading.texts, metric, reading.workspace)
    )


def _attribution(reading: QuestionReading) -> Question:
    """Sources, or what a rule of credit credits touches with."""
    view = reading.choice("view", VIEWS_OF_CREDIT, "sources")
    if view == "sources":
        reading.refuse_beside("view=sources", _OF_CREDIT)
        return reading.question(_ON_EVENTS)
    reading.refuse_beside(f"view={view}", (*SPLIT, *(("model", "rowsBy") if view == "paths" else ("min", "max"))))
    asked = reading.question(_ON_EVENTS)
    if asked.part.where.sources != NO_CONDITION:
        allowed = "conditions on other things than sources: all touches before a conversion are looked at"
        raise ParameterError("where", given="one on a source", allowed=allowed)
    usual = CreditRule.with_lookback_days(reading.workspace.lookback_days)
    rule = credit_rule({name: _comma_list(reading, name) for name in PARAMETERS if reading.texts.get(name)}, usual)
    if view == "paths":
        return _paths(reading, asked, rule)
    by = _ROWS_BY[reading.choice("rowsBy", _ROWS_BY, CreditBy.SOURCE.name.lower())]
    return asked.with_params(ModelsQuestion if view == "models" else CreditQuestion, rule=rule, by=by)


def _comma_list(reading: QuestionReading, name: str) -> str:
    return ",".join(reading.query.getlist(name))


def _paths(reading: QuestionReading, asked: Question, rule: CreditRule) -> PathsQuestion:
    fewest = reading.number("min", 1, LONGEST_PATH)
    most = reading.number("max", LONGEST_PATH, LONGEST_PATH)
    if fewest > most:
        raise ParameterError("min", given=str(fewest), allowed=f"a whole number from 1 to max, which is {most:,}")
    return asked.with_params(PathsQuestion, rule=rule, by=CreditBy.TOUCH, fewest=fewest, most=most, limit=MOST_PATHS)


def _revenue(reading: QuestionReading) -> Question:
    refunds_by = RefundsBy(reading.choice("refundsBy", [*RefundsBy], RefundsBy.DAY))
    return reading.question(_ON_EVENTS).with_params(RevenueQuestion, refunds_by=refunds_by)


def _experiments(reading: QuestionReading) -> Question:
    asked, given = reading.question((Subject.PEOPLE,)), reading.texts.get("test")
    if given is None:
        for name in filter(reading.texts.get, EXPERIMENT_PARAMETERS):
            raise ParameterError(name, given=reading.texts[name][:200], allowed="nothing without test")
        return asked.with_params(ExperimentQuestion, test_id=0)
    number = number_of("ab", given)
    if number is None or not ABTest.objects.filter(workspace=reading.workspace, pk=number).exists():
        raise ParameterError("test", given=given[:200], allowed="an A/B test of this workspace")
    return asked.with_params(ExperimentQuestion, test_id=number, **experiment_terms(reading.texts))


def _funnel(reading: QuestionReading) -> Question:
    names = reading.asking.names
    steps = params.steps(reading.query, names)
    rules = params.funnel_rules(reading.query, names, steps)
    asked = reading.question((Subject.PEOPLE, steps[0].subject))
    said = reading.texts.get("interval")
    trend = Interval(said) if said in OF_WHOLE_DAYS else usual_trend(asked.window.days)
    return asked.with_params(FunnelQuestion, steps=steps, rules=rules, trend=trend)


def _retention(reading: QuestionReading) -> Question:
    query = reading.texts
    metric = _activity(reading, params.activity(query))
    start = asked_start(query, reading.workspace, sees_addresses=reading.asking.sees_addresses)
    days = "12mo" if query.get("unit") == Interval.MONTH else "12w"
    began = (Subject.PEOPLE, start.act.subject) if start.act else (Subject.PEOPLE,)
    subjects = (Subject.PEOPLE, subject_of_activity(metric))
    asked = reading.question(subjects, range=days, comparison=Comparison.OFF, splits_by=began)
    found = retention_question(query, asked, start, metric)
    figures = [each for each in CohortFigure if each is not CohortFigure.MONEY or metric == REVENUE]
    shows = reading.choice("show", figures, "")
    own = {field.name: getattr(found, field.name) for field in fields(found)}
    return RetentionFigures(**own, shows=CohortFigure(shows) if shows else None)


def _active(reading: QuestionReading) -> Question:
    metric = params.activity(reading.texts)
    if metric == REVENUE:
        raise ParameterError("metric", given=metric, allowed=METRIC_ALLOWED)
    asked = reading.question((Subject.PEOPLE, subject_of_activity(metric)))
    return asked.with_params(CohortsQuestion, metric=_activity(reading, metric))


def _activity(reading: QuestionReading, metric: str) -> str:
    event_type = metric.removeprefix(EVENT_METRIC_PREFIX)
    if event_type != metric and not event_type_exists(reading.workspace, event_type):
        raise ParameterError("metric", given=metric[:200], allowed="the type of an event that has come in")
    return metric


def _ltv(reading: QuestionReading) -> Question:
    terms = ltv_terms(reading.texts, reading.workspace.currency)
    return reading.question((Subject.PEOPLE,), range="12mo").with_params(LtvQuestion, **terms)


def _rfm(reading: QuestionReading) -> Question:
    return reading.question((Subject.PEOPLE,), range="12mo")


_OF_CREDIT = (*(name for name in PARAMETERS if name != "touchpoints"), "touchpoints", "rowsBy", "min", "max")
FORMS: Mapping[str, ReportForm] = {
    "overview": ReportForm(_overview, "api-overview", ("interval", "opens", *SPLIT, "metric")),
    "campaign": ReportForm(_campaigns, "api-campaigns-report", ("interval", "opens", "campaign", "channel", *SPLIT)),
    "health": ReportForm(_health, "api-deliverability", ("interval",)),
    "timeseries": ReportForm(
        _trends, "api-timeseries", ("interval", "channel", "campaign", *SPLIT), several=("metric",)
    ),
    "why": ReportForm(_what_changed, "api-what-changed", ("opens", "metric", "path", *SPLIT, *PARAMETERS)),
    "attribution": ReportForm(
        _attribution,
        "api-attribution",
        ("view", *SPLIT, *(name for name in _OF_CREDIT if name != "touchpoints")),
        several=("touchpoints",),
    ),
    "revenue": ReportForm(_revenue, "api-revenue", ("interval", "refundsBy", *SPLIT)),
    "experiments": ReportForm(_experiments, "api-ab-tests-report", ("test", *EXPERIMENT_PARAMETERS), is_compared=False),
    "funnel": ReportForm(
        _funnel,
        "api-funnel",
        ("interval", "opens", "steps", "funnel", "window", "order", *SPLIT),
        several=("step", "exclude"),
    ),
    "retention": ReportForm(
        _retention,
        "api-cohorts",
        ("metric", "start", "show", "unit", "by", "mode", "clock", "horizon", *SPLIT),
    ),
    "lifecycle": ReportForm(_active, "api-lifecycle", ("interval", "metric", *SPLIT), is_compared=False),
    "stickiness": ReportForm(_active, "api-stickiness", ("interval", "metric", *SPLIT), is_compared=False),
    "ltv": ReportForm(_ltv, "api-ltv", LTV_PARAMETERS, is_compared=False),
    "rfm": ReportForm(_rfm, "api-rfm", is_compared=False),
}
"""By the name of the report in the registry."""
