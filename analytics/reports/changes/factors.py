"""A change as that of the factors whose product the metric is: how many, what share of them, and so on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from analytics.ledger import Source
from analytics.metrics import Numbers, exact_rate
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.reports.activity.people import active_people, converting_people
from analytics.reports.changes.period_facts import counts_of_period
from analytics.reports.revenue.report import MoneyOfDays, money_numbers
from analytics.statistics import factor_pieces

_TO_DELIVERED, _TO_ORDERS = ("sent", "delivered"), ("active_people", "buyers", "orders")
CHAINS: Mapping[str, tuple[str, ...]] = {
    "sent": ("messages_total", "sent"),
    "delivered": _TO_DELIVERED,
    **{
        status: (*_TO_DELIVERED, status)
        for status in ("opened", "clicked", "human_opened", "human_clicked", "complained", "unsubscribed")
    },
    **{status: ("sent", status) for status in ("bounced", "hard_bounced", "soft_bounced")},
    "conversion_events": ("active_people", "converting_people", "conversion_events"),
    "orders": _TO_ORDERS,
    "revenue": (*_TO_ORDERS, "revenue"),
    "gross_revenue": (*_TO_ORDERS, "gross_revenue"),
}
"""By metric, the counts whose ratios it is the product of: the first, the second for each of the first, and so on."""


@dataclass(frozen=True)
class Factor:
    """So many of the `numerator` for each of the `denominator`, or how many there are; and what its change adds to that
    of the product. None where there is nothing of the denominator."""

    numerator: str
    denominator: str | None
    value: float | None
    before: float | None
    amount: float


def factors_of(source: Source, asked: WhatChangedQuestion, before: WhatChangedQuestion) -> tuple[Factor, ...]:
    """The factors of the metric, which add up to its change; none where it has none. Queries: those of its counts, of
    each period."""
    chain = CHAINS.get(asked.metric, ())
    if not chain or not all(map(asked.part.has_metric, chain)):
        return ()
    return factors_between(chain, *(_numbers(source, each, chain) for each in (asked, before)))


def factors_between(chain: Sequence[str], numbers: Numbers, before: Numbers) -> tuple[Factor, ...]:
    ratios, ratios_before = _ratios(chain, numbers), _ratios(chain, before)
    amounts = factor_pieces(ratios_before, ratios)
    of = (None, *chain[:-1])
    return tuple(Factor(*each) for each in zip(chain, of, ratios, ratios_before, amounts, strict=True))


def _ratios(chain: Sequence[str], numbers: Numbers) -> list[float | None]:
    rates = (exact_rate(numbers[key], numbers[of]) for of, key in pairwise(chain))
    return [float(numbers[chain[0]]), *rates]


def _numbers(source: Source, asked: WhatChangedQuestion, chain: Sequence[str]) -> Numbers:
    if chain[0] != "active_people":
        return counts_of_period(source, asked, chain)
    window, part = asked.window, asked.part
    found = {"active_people": len(active_people(source, window, part))}
    if "buyers" in chain:
        return Numbers(money_numbers(MoneyOfDays.of(source, asked).total(asked)), **found)
    people = len(converting_people(source, window, part))
    counted = counts_of_period(source, asked, [asked.metric])
    return Numbers(counted, converting_people=people, **found)
