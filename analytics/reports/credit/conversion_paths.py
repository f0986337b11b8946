"""Conversions one by one, each with the touches before it and the share of every one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from analytics.questions.credit import CreditModel, CreditRule, TouchKind
from analytics.questions.filters import NO_CONDITION, AllOf
from analytics.reports.credit.distinct import distinct_paths
from analytics.reports.credit.groups import joined_paths, with_touches
from analytics.reports.credit.models import weights_of
from analytics.reports.credit.path_ranks import FrequentPaths, PathRanks
from analytics.reports.credit.paths import ConversionTimes, Paths, paths
from analytics.reports.credit.shares import PaidPaths, credits_of
from analytics.reports.credit.touches import CreditBy, TouchedConversions, TouchLabel
from analytics.reports.credit.worth import CreditedMoney


@dataclass(frozen=True)
class TouchMatch:
    """Which touches are meant, by parts of their labels: None for any, empty or 0 for none; and by a condition on their
    sources."""

    kind: TouchKind | None = None
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    campaign_id: int | None = None
    variant_id: int | None = None
    sources: AllOf = NO_CONDITION

    @classmethod
    def of(cls, label: TouchLabel, by: CreditBy) -> "TouchMatch":
        """Those of a row of credit."""
        match by:
            case CreditBy.TOUCH:
                return cls(
                    label.kind,
                    label.source,
                    label.medium or "",
                    label.campaign or "",
                    label.campaign_id or 0,
                    label.variant_id or 0,
                )
            case CreditBy.SOURCE:
                return cls(source=label.source)
            case CreditBy.MEDIUM:
                return cls(medium=label.medium or "")
            case CreditBy.CAMPAIGN:
                return cls(campaign=label.campaign or "")

    def has(self, label: TouchLabel) -> bool:
        pairs = (
            (self.kind, label.kind),
            (self.source, label.source),
            (self.medium, label.medium or ""),
            (self.campaign, label.campaign or ""),
            (self.campaign_id, label.campaign_id or 0),
            (self.variant_id, label.variant_id or 0),
        )
        return all(wanted is None or wanted == there for wanted, there in pairs) and label.meets(self.sources)


@dataclass(frozen=True)
class ConversionChoice:
    """Which conversions are meant: with a touch or without, with one that matches, on one path, on those with so many
    touches, or with touches but on none of the most frequent paths; orders without an amount, amounts without a
    currency; of each person the newest of them alone."""

    has_touch: bool | None = None
    touch: TouchMatch | None = None
    path_key: str | None = None
    fewest: int | None = None
    most: int | None = None
    besides: FrequentPaths | None = None
    without_amount: bool = False
    currency_assumed: bool = False
    once_a_person: bool = False


EVERY_CONVERSION = ConversionChoice()


@dataclass(frozen=True)
class ConversionTouch:
    """`at` is in microseconds; `credit` and `revenue` are None where the model weighs no touches."""

    label: TouchLabel
    at: int
    credit: int | None
    revenue: CreditedMoney | None


@dataclass(frozen=True)
class ConversionPath:
    """What a conversion is worth, and the touches before it in order of time, whose shares add up to it."""

    touches: tuple[ConversionTouch, ...]
    revenue: CreditedMoney


def path_key(labels: Sequence[TouchLabel]) -> str:
    """What a path is known by in addresses: 16 hexadecimal digits."""
    parts = [[label.kind, *label.name(CreditBy.TOUCH), label.campaign_id, label.variant_id] for label in labels]
    return blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def meant_conversions(touched: TouchedConversions, rule: CreditRule, choice: ConversionChoice) -> NDArray[np.intp]:
    """The places of those that are meant, ascending."""
    converted = touched.converted
    are_meant = np.ones(len(converted.times), np.bool_)
    if choice.without_amount:
        are_meant &= converted.are_without_amount
    if choice.currency_assumed:
        are_meant &= converted.are_of_assumed_currency
    if choice.besides is not None:
        are_others = np.zeros(len(are_meant), np.bool_)
        are_others[PathRanks.of(touched, rule).on_others(choice.besides)] = True
        are_meant &= are_others
    for part in paths(touched.touchpoints, touched.converted.times, rule):
        if choice.has_touch is not None:
            are_meant[part.conversions] &= (part.lengths > 0) == choice.has_touch
        if choice.fewest is not None:
            are_meant[part.conversions] &= part.lengths >= choice.fewest
        if choice.most is not None:
            are_meant[part.conversions] &= part.lengths <= choice.most
        if choice.touch is not None:
            are_meant[part.conversions] &= _have(part, touched, choice.touch)
        if choice.path_key is not None:
            are_meant[part.conversions] &= _are_on(part, touched, choice.path_key)
    places = np.flatnonzero(are_meant)
    return _newest_of_each(converted.times, places) if choice.once_a_person else places


def _newest_of_each(times: ConversionTimes, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of conversions at some places that of each person which came last."""
    order = places[np.lexsort((times.at[places], times.people[places]))]
    people = times.people[order]
    return np.sort(order[np.append(people[1:] != people[:-1], np.ones(len(people[:1]), np.bool_))])


def _have(part: Paths, touched: TouchedConversions, match: TouchMatch) -> NDArray[np.bool_]:
    """Which of the paths have a touch that matches."""
    are_labels = np.array([match.has(label) for label in touched.labels], np.bool_)
    matching = are_labels[touched.touchpoints.labels[part.touches]]
    return np.bincount(part.path_of_touch[matching], minlength=len(part.conversions)) > 0


def _are_on(part: Paths, touched: TouchedConversions, key: str) -> NDArray[np.bool_]:
    """Which of the paths have just these labels."""
    whole = with_touches(part)
    distinct = distinct_paths(whole, touched.touchpoints.labels[whole.touches])
    of_distinct = (
        path_key([touched.labels[number] for number in distinct.path(place)]) == key for place in range(len(distinct))
    )
    are_on = np.fromiter(of_distinct, np.bool_, len(distinct))[distinct.which]
    return np.isin(part.conversions, whole.conversions[are_on])


def conversion_paths(
    touched: TouchedConversions, rule: CreditRule, places: NDArray[np.intp]
) -> dict[int, ConversionPath]:
    """By place, of some of the conversions: as many as a page has."""
    places, converted = np.unique(places), touched.converted
    whole = joined_paths([*paths(touched.touchpoints, converted.times.only(places), rule)])
    money = converted.all_money.only(places)
    credits, amounts = None, None
    if rule.model is not CreditModel.MARKOV:
        credits = credits_of(whole, weights_of(rule)(whole, touched.touchpoints.labels[whole.touches]))
        paid = PaidPaths.of(whole, money)
        amounts = np.zeros((len(whole.touches), len(money.currencies)), np.int64)
        np.add.at(amounts, (paid.touches, paid.codes_of_touches), paid.amounts(credits))
    touches = [
        ConversionTouch(
            touched.labels[touched.touchpoints.labels[touch]],
            int(touched.touchpoints.at[touch]),
            None if credits is None else int(credits[number]),
            None if amounts is None else converted.credited_money(amounts[number]),
        )
        for number, touch in enumerate(whole.touches.tolist())
    ]
    worth = money.sums(np.arange(len(places)), len(places))
    return {
        place: ConversionPath(tuple(touches[start:end]), converted.credited_money(units))
        for place, start, end, units in zip(places.tolist(), whole.starts, whole.starts[1:], worth, strict=False)
    }
