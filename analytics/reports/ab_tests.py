"""Does a variant of an A/B test do better than the control, or may the difference be chance?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from analytics.ledger import Source
from analytics.metrics import rate
from analytics.questions.questions import CampaignQuestion
from analytics.reports.campaign import ABTestResult, CampaignName, VariantTotals, ab_tests, campaign
from analytics.reports.meta import Meta
from analytics.statistics import (
    difference_interval,
    holm_adjusted,
    needed_trials,
    p_value,
    share_difference,
    wilson_interval,
)

OUTCOMES = ("opened", "clicked")
"""What variants are compared by."""
ENOUGH = 30
"""With fewer delivered messages, or fewer in both together that reached what is compared, no verdict is given."""
SIGNIFICANT = 0.05
LIFT = 0.1
"""How much better than the control a variant must be for it to matter, as a share of the control's rate."""


class Verdict(Enum):
    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no difference shown"
    TOO_FEW = "too few to say"


@dataclass(frozen=True)
class ShareDifference:
    """How much a variant's share of the delivered is above the control's, with its interval of 95 %.

    `p` is adjusted for the number of variants.
    """

    amount: float
    low: float
    high: float
    p: float
    verdict: Verdict


@dataclass(frozen=True)
class VariantComparison:
    """How many of the variant's delivered messages were `reached`.

    The control has no difference, nor has a variant where one of the two shares is of nothing.
    """

    variant: VariantTotals
    reached: int
    is_control: bool
    difference: ShareDifference | None = None

    @property
    def share(self) -> float:
        return rate(self.reached, self.variant.numbers["delivered"])

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % confidence interval of the share; None for a share of nothing."""
        delivered = self.variant.numbers["delivered"]
        return wilson_interval(self.reached, delivered) if delivered else None


@dataclass(frozen=True)
class ABTestOutcome:
    """What of a test's delivered messages was `reached`: opened or clicked."""

    reached: str
    variants: tuple[VariantComparison, ...]

    @property
    def messages_missing(self) -> int:
        return messages_missing(self.variants)


@dataclass(frozen=True)
class ABTestOutcomes:
    id: str
    name: str
    outcomes: tuple[ABTestOutcome, ...]


@dataclass(frozen=True)
class ABTestsReport:
    campaign: CampaignName
    ab_tests: tuple[ABTestOutcomes, ...]
    meta: Meta


def campaign_ab_tests(source: Source, question: CampaignQuestion) -> ABTestsReport:
    """A campaign's tests over their whole life, with the opens and clicks whose opens count. Source: the ledger. Raises
    Campaign.DoesNotExist for an id that is not the workspace's. Five queries."""
    report = campaign(source, question)
    tests = ab_tests(source, replace(question.part, campaign_id=question.campaign_id)) if report.ab_tests else ()
    return ABTestsReport(report.campaign, tuple(_outcomes(test, question) for test in tests), report.meta)


def _outcomes(test: ABTestResult, question: CampaignQuestion) -> ABTestOutcomes:
    compared = {reached: variant_comparisons(test, question.shown_metric(reached)) for reached in OUTCOMES}
    return ABTestOutcomes(test.id, test.name, tuple(ABTestOutcome(*outcome) for outcome in compared.items()))


def variant_comparisons(test: ABTestResult, reached: str) -> tuple[VariantComparison, ...]:
    """Returns each variant in the test's order, compared with the control: the variant that says so, else the first.

    `reached` is what counts: opened, clicked, or either of them by people.
    """
    control = next((variant for variant in test.variants if variant.is_control), next(iter(test.variants), None))
    others = [variant for variant in test.variants if variant is not control]
    trials = {variant.number: (variant.numbers[reached], variant.numbers["delivered"]) for variant in test.variants}
    differences: dict[int, ShareDifference] = {}
    if control and control.numbers["delivered"]:
        delivered = [variant for variant in others if variant.numbers["delivered"]]
        pairs = [(*trials[variant.number], *trials[control.number]) for variant in delivered]
        compared = zip(delivered, pairs, holm_adjusted([p_value(*pair) for pair in pairs]), strict=True)
        differences = {variant.number: _difference(pair, p) for variant, pair, p in compared}
    return tuple(
        VariantComparison(variant, trials[variant.number][0], variant is control, differences.get(variant.number))
        for variant in test.variants
    )


def _difference(pair: tuple[int, int, int, int], p: float) -> ShareDifference:
    reached, delivered, reached_by_control, delivered_of_control = pair
    amount, (low, high) = share_difference(*pair), difference_interval(*pair)
    if min(delivered, delivered_of_control) < ENOUGH or reached + reached_by_control < ENOUGH:
        verdict = Verdict.TOO_FEW
    elif p >= SIGNIFICANT or low <= 0 <= high:
        verdict = Verdict.NO_DIFFERENCE
    else:
        verdict = Verdict.BETTER if amount > 0 else Verdict.WORSE
    return ShareDifference(amount, low, high, p, verdict)


def messages_missing(comparisons: Sequence[VariantComparison]) -> int:
    """Returns how many more messages a variant needs to show a lift of LIFT in four of five cases; 0 for none."""
    control = next((each for each in comparisons if each.is_control), None)
    if control is None:
        return 0
    needed = needed_trials(control.reached, control.variant.numbers["delivered"], LIFT)
    return max(0, needed - min(each.variant.numbers["delivered"] for each in comparisons))
