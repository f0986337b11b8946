"""What each group of touches is credited with: conversions, money, and in how many conversions it took part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.questions.credit import CreditModel, CreditRule
from analytics.reports.credit.distinct import distinct_paths
from analytics.reports.credit.markov import FEWEST_CONVERSIONS, FEWEST_LABELS, MarkovCredit, markov_credit
from analytics.reports.credit.models import weights_of
from analytics.reports.credit.paths import ConversionTimes, Paths, Touchpoints, paths
from analytics.reports.credit.shares import CONVERSION, PaidPaths, apportionment, credits_of
from analytics.reports.credit.worth import ConvertedMoney
from analytics.sorting import different_numbers


@dataclass(frozen=True, eq=False)
class ModelCredits:
    """What a model says, by group: credit in units of which a conversion has CONVERSION, and minor units by currency.

    `refusal` says why it says nothing; then both are None. `intervals`, of credit, are those of a model that estimates,
    unless it has too many groups for them.
    """

    credits: NDArray[np.int64] | None
    amounts: NDArray[np.int64] | None
    intervals: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    refusal: str = ""


@dataclass(frozen=True, eq=False)
class GroupCredits:
    """Credit by each of some models. So many conversions have a touch, `credited`, and so many minor units by currency.

    By group: in how many conversions it took part, and of how many people these are.
    """

    credited: int
    credited_units: NDArray[np.int64]
    assists: NDArray[np.int64]
    people: NDArray[np.int64]
    by_model: tuple[ModelCredits, ...]

    @property
    def are_shown(self) -> NDArray[np.bool_]:
        """Which took part in a conversion or are credited by one of the models: Markov's also credits what only leads
        to others that took part."""
        are_shown = self.assists > 0
        for model in self.by_model:
            if model.credits is not None:
                are_shown |= model.credits != 0
        return are_shown


def group_credits(
    touchpoints: Touchpoints,
    converted: ConversionTimes,
    rules: Sequence[CreditRule],
    group_of_touch: NDArray[np.int32],
    groups: int,
    *,
    money: ConvertedMoney,
    until: int,
) -> GroupCredits:
    """Credits groups, which are numbered from 0, by rules that differ in their models alone. What all groups have is
    what is credited, to the last unit.

    `until` is the instant, in microseconds, at which paths that led to no conversion end: only Markov's model looks at
    them.
    """
    taken = _Participation(groups, money, converted.people)
    sums = {rule: _Sums(groups, money) for rule in rules if rule.model is not CreditModel.MARKOV}
    asks_markov = len(sums) < len(rules)
    ends = _ends_of_paths(touchpoints, converted, until) if asks_markov else converted
    whole: list[Paths] = []
    for each in paths(touchpoints, ends, rules[0]):
        if asks_markov:
            whole.append(with_touches(each))
        part = each.before(len(converted))
        paid = PaidPaths.of(part, money)
        taken.add(part, paid, group_of_touch, converted.people)
        for rule, of_model in sums.items():
            weights = weights_of(rule)(part, touchpoints.labels[part.touches])
            of_model.add(part, paid, group_of_touch, weights)

    def credits_by(rule: CreditRule) -> ModelCredits:
        if rule in sums:
            return ModelCredits(sums[rule].credits, sums[rule].amounts)
        if refusal := taken.refusal:
            return ModelCredits(None, None, refusal=refusal)
        return taken.model_credits(_markov(joined_paths(whole), len(converted), group_of_touch, groups))

    return GroupCredits(
        taken.credited, taken.credited_units, taken.assists, taken.people, tuple(map(credits_by, rules))
    )


class _Participation:
    """In which conversions groups took part, whatever model credits them."""

    def __init__(self, groups: int, money: ConvertedMoney, people: NDArray[np.int32]) -> None:
        self.groups, self.credited = groups, 0
        self.credited_units = np.zeros(len(money.currencies), np.int64)
        self.assists = np.zeros(groups, np.int64)
        self.most_people = 1 + int(people.max(initial=0))
        self._seen = [np.zeros(0, np.int64)]

    def add(self, part: Paths, paid: PaidPaths, group_of_touch: NDArray[np.int32], people: NDArray[np.int32]) -> None:
        self.credited += int(np.count_nonzero(part.lengths))
        np.add.at(self.credited_units, paid.currency_codes, paid.units)
        size = max(len(part.conversions), 1)
        keys = group_of_touch[part.touches].astype(np.int64) * size + part.path_of_touch
        pairs = different_numbers(keys, self.groups * size)
        groups, whose = pairs // size, people[part.conversions[pairs % size]]
        self.assists += np.bincount(groups, minlength=self.groups)
        self._seen.append(different_numbers(groups * self.most_people + whose, self.groups * self.most_people))

    @property
    def people(self) -> NDArray[np.int64]:
        seen = different_numbers(np.concatenate(self._seen), self.groups * self.most_people)
        return np.bincount(seen // self.most_people, minlength=self.groups)

    @property
    def refusal(self) -> str:
        """Why a model that estimates would say nothing."""
        if self.credited < FEWEST_CONVERSIONS:
            return f"Fewer than {FEWEST_CONVERSIONS} conversions have a touch."
        if np.count_nonzero(self.assists) < FEWEST_LABELS:
            return "All touches before conversions are the same."
        return ""

    def model_credits(self, markov: MarkovCredit) -> ModelCredits:
        total = self.credited * CONVERSION
        amounts = [apportionment(int(units), markov.shares) for units in self.credited_units]
        interval = markov.interval and (markov.interval[0] * total, markov.interval[1] * total)
        return ModelCredits(apportionment(total, markov.shares), np.array(amounts).T, interval)


class _Sums:
    """What a model credits each group with."""

    def __init__(self, groups: int, money: ConvertedMoney) -> None:
        self.money = money
        self.credits = np.zeros(groups, np.int64)
        self.amounts = np.zeros((groups, len(money.currencies)), np.int64)

    def add(
        self, part: Paths, paid: PaidPaths, group_of_touch: NDArray[np.int32], weights: NDArray[np.float64]
    ) -> None:
        if not (have_weight := weights > 0).all():  # of the first touch or the last there are few
            part, weights = part.only(have_weight), weights[have_weight]
            paid = PaidPaths.of(part, self.money)
        credits = credits_of(part, weights)
        groups, currencies = group_of_touch[part.touches], self.amounts.shape[1]
        np.add.at(self.credits, groups, credits)
        keys = groups[paid.touches].astype(np.int64) * currencies + paid.codes_of_touches
        np.add.at(self.amounts.reshape(-1), keys, paid.amounts(credits))


def _ends_of_paths(touchpoints: Touchpoints, converted: ConversionTimes, until: int) -> ConversionTimes:
    """The conversions, then an end at `until` for each of the people with touches and without a conversion."""
    size = 1 + max(int(each.max(initial=0)) for each in (touchpoints.people, converted.people))
    are_lost = np.zeros(size, np.bool_)
    are_lost[touchpoints.people] = True
    are_lost[converted.people] = False
    lost = np.flatnonzero(are_lost)
    people = np.concatenate([converted.people, lost.astype(np.int32)])
    ends = np.concatenate([converted.at, np.full(len(lost), until, np.int64)])
    if converted.since is None:
        return ConversionTimes(people, ends)
    return ConversionTimes(people, ends, np.concatenate([converted.since, np.full(len(lost), np.iinfo(np.int64).min)]))


def _markov(whole: Paths, conversions: int, group_of_touch: NDArray[np.int32], groups: int) -> MarkovCredit:
    """Of the paths with a touch, of which those of the first so many places led to a conversion."""
    distinct = distinct_paths(whole, group_of_touch[whole.touches])
    is_converted = whole.conversions < conversions
    return markov_credit(
        distinct,
        distinct.counts(is_converted).astype(np.int64),
        distinct.counts(~is_converted).astype(np.int64),
        groups,
    )


def with_touches(part: Paths) -> Paths:
    has_touch = part.lengths > 0
    starts = np.concatenate([part.starts[:-1][has_touch], part.starts[-1:]])
    return replace(part, conversions=part.conversions[has_touch], starts=starts)


def joined_paths(parts: Sequence[Paths]) -> Paths:
    none = np.zeros(0, np.int64)
    parts = [Paths(none, np.zeros(1, np.int64), none, none), *parts]
    return Paths(
        np.concatenate([part.conversions for part in parts]),
        np.concatenate([[0], np.cumsum(np.concatenate([part.lengths for part in parts]))]),
        np.concatenate([part.touches for part in parts]),
        np.concatenate([part.ages for part in parts]),
    )
