"""What each report shows, by its name in the registry, whatever of it is asked and whoever asks."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from analytics.ledger import Ledger, Source
from analytics.presentation.activity.report import show_lifecycle, show_stickiness
from analytics.presentation.audience import Audience
from analytics.presentation.campaigns.one import campaign_answer, show_campaign
from analytics.presentation.campaigns.side_by_side import show_campaigns
from analytics.presentation.conditions import NO_NAMES, ConditionNames
from analytics.presentation.credit.attribution import show_attribution
from analytics.presentation.credit.models import not_compared, show_models
from analytics.presentation.credit.paths import show_paths
from analytics.presentation.credit.report import show_credit
from analytics.presentation.emails.health import show_health
from analytics.presentation.experiments.holdouts import holdout_tables
from analytics.presentation.experiments.report import experiment_presentation, show_experiments
from analytics.presentation.funnel.report import show_funnel, shown_funnel
from analytics.presentation.overview import show_overview
from analytics.presentation.presentation import Presentation
from analytics.presentation.retention.report import show_retention
from analytics.presentation.revenue.ltv import show_ltv
from analytics.presentation.revenue.report import show_revenue
from analytics.presentation.revenue.rfm import show_rfm
from analytics.presentation.timeseries import show_trends
from analytics.presentation.what_changed import show_what_changed
from analytics.questions.experiments import ExperimentQuestion
from analytics.questions.questions import CampaignQuestion, FunnelQuestion, Question
from analytics.questions.retention import RetentionQuestion
from analytics.reports.credit.path_report import PathsQuestion
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.credit.side_by_side import ModelsQuestion
from analytics.reports.experiments.holdouts import holdouts
from analytics.reports.experiments.report import experiment
from analytics.reports.funnel.splits import split_funnel

Show = Callable[[Source, Question], Presentation]


def presentation_of(
    report: str, source: Ledger, question: Question, audience: Audience, names: ConditionNames = NO_NAMES
) -> Presentation:
    """What the report's page shows of a question, without the numbers that its conditions cannot apply to.

    `names` are those of what a funnel's steps name, or of what people begin with. Texts that people wrote, such as
    names, are as they are: who writes them out hides the addresses in them from an audience that sees none. Raises
    ObjectDoesNotExist for a campaign or a test that there is not.
    """
    if isinstance(question, CampaignQuestion):
        shown = show_campaign(source, question, campaign_answer(source, question), audience.text)
    elif isinstance(question, FunnelQuestion):
        groups = split_funnel(source, question) if question.split else ()
        shown = shown_funnel(source, question, groups, names)
    elif isinstance(question, RetentionQuestion):
        shown = show_retention(source, question, names)
    else:
        shown = SHOW_REPORT[report](source, question)
    return shown.under(question.part)


def _show_credited(source: Source, question: Question) -> Presentation:
    """Where people came from or, by a rule of credit, what it credits touches with."""
    match question:
        case PathsQuestion():
            return show_paths(source, question)
        case ModelsQuestion():
            shown, of_holdouts = show_models(source, question), holdouts(source, not_compared(question))
            return replace(shown, tables=(*shown.tables, *holdout_tables(of_holdouts, question.window)))
        case CreditQuestion():
            return show_credit(source, question)
    return show_attribution(source, question)


def _show_tests(source: Source, question: Question) -> Presentation:
    """All tests of the days, or one over its own life."""
    if not isinstance(question, ExperimentQuestion) or not question.test_id:
        return show_experiments(source, question)
    return experiment_presentation(experiment(source, question), question)


SHOW_REPORT: Mapping[str, Show] = {
    "overview": show_overview,
    "campaign": show_campaigns,
    "health": show_health,
    "timeseries": show_trends,
    "why": show_what_changed,
    "attribution": _show_credited,
    "revenue": show_revenue,
    "experiments": _show_tests,
    "funnel": show_funnel,
    "retention": show_retention,
    "lifecycle": show_lifecycle,
    "stickiness": show_stickiness,
    "ltv": show_ltv,
    "rfm": show_rfm,
}
"""By the report's name, what a mail, a command, or a page of its own shows of it."""
