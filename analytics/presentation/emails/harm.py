"""How much harm emails do, each kind as a card: its rate and interval on a scale with the limits that are published."""

from dataclasses import dataclass

from analytics.lists import AnyList
from analytics.lists.emails import emails_list
from analytics.metrics import METRICS, Change, Metric
from analytics.presentation.formats import percent
from analytics.presentation.tables import Link
from analytics.presentation.tiles import why_link
from analytics.reports.answers import Answer
from analytics.reports.emails.deliverability import DeliverabilityRow
from analytics.reports.emails.harm_limits import HARM_LIMITS, HarmLimit, HarmStatus, harm_status, share_estimate

SCALE_WIDTH = 200
"""Of the drawing."""


@dataclass(frozen=True)
class HarmCard:
    """`value` is None over nothing, `change` where nothing is compared. The five before the last two are places on the
    drawing: of the rate, the ends of its interval, and the limits."""

    metric: Metric
    value: float | None
    count: int
    opens: AnyList | None
    interval: str
    limits: str
    status: HarmStatus | None
    verdict: str
    at: float
    low: float
    high: float
    watch: float
    over: float
    change: Change | None
    why: Link | None
    width: int = SCALE_WIDTH

    @property
    def length(self) -> float:
        """Of the interval, on the drawing."""
        return max(1.0, round(self.high - self.low, 1))

    @property
    def judgement(self) -> str:
        """The class of its verdict."""
        return {HarmStatus.OVER: "bad", HarmStatus.WATCH: "warn", None: "muted"}[self.status]


def harm_cards(answer: Answer[DeliverabilityRow]) -> tuple[HarmCard, ...]:
    return tuple(_card(limit, answer) for limit in HARM_LIMITS)


def _card(limit: HarmLimit, answer: Answer[DeliverabilityRow]) -> HarmCard:
    row, change = answer.report, answer.change(limit.metric, lambda row: row.numbers)
    metric, estimate = METRICS[limit.metric], share_estimate(limit.metric, row.numbers)
    counted = metric.numerator or ""
    low, high = (estimate.low, estimate.high) if estimate else (0.0, 0.0)
    value = row.numbers.known_value(limit.metric)
    longest = max(1.5 * limit.over, high)

    def place(share: float) -> float:
        return round(SCALE_WIDTH * min(share, longest) / longest, 1)

    status = harm_status(limit, row.numbers)
    return HarmCard(
        metric,
        value,
        row.numbers[counted],
        emails_list(counted, row),
        f"{percent(low, 4)} to {percent(high, 4)}" if estimate else "",
        f"Limits: {percent(limit.watch, 4)} and {percent(limit.over, 4)}. {limit.source}.",
        status,
        _verdict(limit, status) if estimate else "Nothing to tell of",
        place(value or 0.0),
        place(low),
        place(high),
        place(limit.watch),
        place(limit.over),
        change,
        why_link(limit.metric, row.part.campaign_id, ("channel:email",)) if change and change.amount else None,
    )


def _verdict(limit: HarmLimit, status: HarmStatus | None) -> str:
    match status:
        case HarmStatus.OVER:
            return f"Above {percent(limit.over, 4)}"
        case HarmStatus.WATCH:
            return f"Above {percent(limit.watch, 4)}"
    return "Not above a limit beyond chance"
