"""How much harm mailbox providers and senders' services bear, as they publish it; and whether more is shown."""

from dataclasses import dataclass
from enum import StrEnum

from analytics.metrics import METRICS, Numbers
from analytics.statistics import wilson_interval


class HarmStatus(StrEnum):
    """Above the lower of the limits, or above the higher one."""

    WATCH = "watch"
    OVER = "over"


@dataclass(frozen=True)
class HarmLimit:
    """Of a rate: from where on it is to be watched, from where on it is over; whose limits these are."""

    metric: str
    watch: float
    over: float
    source: str


HARM_LIMITS = (
    HarmLimit("complaint_rate", 0.001, 0.003, "Google, Yahoo and Microsoft ask for less than 0.10%, never 0.30%"),
    HarmLimit("bounce_share", 0.01, 0.02, "Klaviyo calls less than 1% good, and more than 2% bad"),
    HarmLimit("unsubscribe_rate", 0.003, 0.01, "Klaviyo calls less than 0.3% good, and more than 1% bad"),
)


@dataclass(frozen=True)
class ShareEstimate:
    """`low` to `high` is the interval in which the true share probably lies, at 95 %; to four decimals."""

    low: float
    high: float


def share_estimate(metric: str, numbers: Numbers) -> ShareEstimate | None:
    """Of a rate of two counts; None over nothing."""
    of = METRICS[metric]
    assert of.numerator is not None
    assert of.denominator is not None
    if not numbers[of.denominator]:
        return None
    low, high = wilson_interval(numbers[of.numerator], numbers[of.denominator])
    return ShareEstimate(round(low, 4), round(high, 4))


def least_harm(limit: HarmLimit, numbers: Numbers) -> float:
    """The lower end of the interval in which the true share probably lies; 0 over nothing."""
    harmed, base = (numbers[part] for part in METRICS[limit.metric].parts)
    return wilson_interval(harmed, base)[0]


def harm_status(limit: HarmLimit, numbers: Numbers) -> HarmStatus | None:
    """Where the interval lies wholly above a limit; None where it does not, and over nothing."""
    least = least_harm(limit, numbers)
    if least > limit.over:
        return HarmStatus.OVER
    return HarmStatus.WATCH if least > limit.watch else None
