"""Which tests are there, and how does each stand?"""

from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.metrics import Counted
from analytics.models import ABTest
from analytics.periods import Window
from analytics.questions.experiments import ExperimentQuestion
from analytics.questions.questions import Question
from analytics.reports.experiments.report import ExperimentReport, experiment
from analytics.reports.meta import Meta, meta, newest

MOST_TESTS_TOLD = 25
MOST_LOOKED_AT = 200
GOALS_OF_CAMPAIGNS = ("open", "click")
"""By which a campaign's tests are told beside it."""


@dataclass(frozen=True)
class ExperimentsReport:
    """The newest of the tests that somebody was in on some days, each over its own life, by its own goal and window;
    and how many of a workspace's tests were not looked at."""

    reports: tuple[ExperimentReport, ...]
    left_out: int
    meta: Meta


def experiments(source: Source, question: ExperimentQuestion) -> ExperimentsReport:
    """Of the workspace, newest first, and such that nobody is in yet. Source: the ledger. The queries
    of each test's report."""
    tests = ABTest.objects.filter(workspace=source.workspace)
    keys = [*tests.order_by("-pk").values_list("pk", flat=True)]
    reports: list[ExperimentReport] = []
    looked_at = 0
    for looked_at, key in enumerate(keys[:MOST_LOOKED_AT], start=1):  # noqa: B007
        report = experiment(source, replace(question, test_id=key), with_harm=False)
        if _is_inside(report, question.window):
            reports.append(report)
        if len(reports) == MOST_TESTS_TOLD:
            break
    others = source.counts([Counted.EVENTS, Counted.MESSAGES], window=question.window)
    through = newest(others.through, *(each.meta.data_through for each in reports))
    return ExperimentsReport(tuple(reports), len(keys) - looked_at, meta(source, question, through=through))


@dataclass(frozen=True)
class CampaignExperiment:
    """A test of a campaign by each of some goals; the first of these reports is by the first goal."""

    reports: tuple[ExperimentReport, ...]

    @property
    def test(self) -> ABTest:
        return self.reports[0].test


def campaign_experiments(source: Source, question: Question, campaign_id: int) -> tuple[CampaignExperiment, ...]:
    """The newest tests of a campaign, oldest first, by opens and by clicks. Source: the ledger. The queries of each
    report."""
    keys = ABTest.objects.filter(workspace=source.workspace, campaign=campaign_id).order_by("-pk")
    newest_keys = [*keys.values_list("pk", flat=True)[:MOST_TESTS_TOLD]][::-1]
    asked = question.with_params(ExperimentQuestion, test_id=0)
    asked = replace(asked, part=question.part.of_people())
    return tuple(
        CampaignExperiment(
            tuple(
                experiment(source, replace(asked, test_id=key, goal=goal), with_harm=False)
                for goal in GOALS_OF_CAMPAIGNS
            )
        )
        for key in newest_keys
    )


def _is_inside(report: ExperimentReport, window: Window) -> bool:
    """Whether what counts of its people overlaps the days."""
    if not any(variant.assigned for variant in report.variants):
        return True
    return report.meta.starts_at < window.ends_at and window.starts_at < report.meta.ends_at
