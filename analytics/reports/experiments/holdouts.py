"""What would have happened anyway? People whom campaigns could reach, against those who were held out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.metrics import rate
from analytics.models import ABTest, Variant
from analytics.periods import Window, instant_of, local_day, microseconds
from analytics.questions.credit import CreditModel, CreditRule
from analytics.questions.experiments import ExperimentQuestion
from analytics.questions.filters import NO_CONDITION
from analytics.questions.questions import Question
from analytics.reports.credit.conversions import WorthyConversions, worthy_conversions
from analytics.reports.credit.groups import group_credits
from analytics.reports.credit.paths import ConversionTimes, Touchpoints
from analytics.reports.credit.report import CreditQuestion
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.touches import MESSAGE_MEDIA, TouchedConversions, TouchLabel, touched_conversions
from analytics.reports.experiments.comparisons import ALPHA, ENOUGH_PEOPLE
from analytics.reports.experiments.goals import BEFORE_DAYS
from analytics.reports.experiments.members import Members, members, of_campaign
from analytics.reports.meta import Meta, meta, newest
from analytics.statistics import Sample, any_look_p_values, any_look_widths, regression_adjustment, tuning

_BEFORE = BEFORE_DAYS * 24 * 60 * 60 * 1_000_000
"""In microseconds."""


class HoldoutState(StrEnum):
    """Which of a holdout's people are meant, by what happened on some days since they were assigned."""

    CONVERTED = "converted"
    SENT_ANYWAY = "sentAnyway"


@dataclass(frozen=True)
class HoldoutArm:
    """So many people, of whom `converted` did so at least once; `revenue` in minor units of the workspace's currency,
    what was given back since taken off."""

    variant_id: int
    name: str
    people: int
    converted: int
    conversions: int
    revenue: int

    @property
    def conversion_rate(self) -> float:
        return rate(self.converted, self.people)

    @property
    def conversions_per_person(self) -> float:
        return Sample(self.people, self.conversions, 0).mean

    @property
    def revenue_per_person(self) -> float:
        return Sample(self.people, self.revenue, 0).mean


@dataclass(frozen=True)
class Increment:
    """How much more the treated did than as many who were held out: the difference of the means, times the treated. The
    interval of 95 % holds at any look, `p` is how likely as much is by chance. `saved` is the share of the variance
    that what people did before they were assigned explains, which is taken off."""

    amount: float
    low: float
    high: float
    p: float
    saved: float = 0.0


@dataclass(frozen=True)
class ModelCalibration:
    """What a model credits to the campaigns that are held out, of the treated people's conversions: in millionths of a
    conversion, and minor units. None where it says nothing, for the reason in `refusal`."""

    rule: CreditRule
    credit: int | None
    revenue: int | None
    refusal: str = ""

    def share(self, increment: Increment | None) -> tuple[float, float, float] | None:
        """Which share of the credited conversions is incremental, with its bounds; None of nothing."""
        return _share(increment, self.credit and self.credit / CONVERSION)

    def share_of_revenue(self, increment: Increment | None) -> tuple[float, float, float] | None:
        return _share(increment, self.revenue)


def _share(increment: Increment | None, credited: float | None) -> tuple[float, float, float] | None:
    if increment is None or credited is None or credited <= 0:
        return None
    return increment.amount / credited, increment.low / credited, increment.high / credited


@dataclass(frozen=True)
class HoldoutResult:
    """A holdout on the question's days. Of the held out, `sent_anyway` were sent a message of what they are held out
    from, and count as held out all the same; `of_several` people were given both variants, and count with the first.

    An increment is None with fewer than 30 people in one of the two, and where nothing differs.
    """

    test: ABTest
    treated: HoldoutArm
    held_out: HoldoutArm
    sent_anyway: int
    of_several: int
    converted: Increment | None
    conversions: Increment | None
    revenue: Increment | None
    models: tuple[ModelCalibration, ...]

    @property
    def sent_anyway_rate(self) -> float:
        return rate(self.sent_anyway, self.held_out.people)


@dataclass(frozen=True)
class HoldoutsReport:
    """Those with people in them, oldest first. Amounts in `currency`, the workspace's: what no rate converts into it is
    worth nothing here."""

    holdouts: tuple[HoldoutResult, ...]
    rule: CreditRule
    currency: str
    meta: Meta


def holdouts(source: Source, question: CreditQuestion) -> HoldoutsReport:
    """Each holdout's conversions on the question's days, after the person was assigned and until it ended, of all who
    are in it; beside it what each model of credit says of the treated people's.

    How often and how much are compared less what the 30 days before the assignment let expect. Source: the ledger.
    Queries: two, those of `touched_conversions`, one for the days before, and for each holdout two.
    """
    tests = ABTest.objects.filter(workspace=source.workspace, is_holdout=True)
    rows = [*tests.select_related("campaign").prefetch_related("variants").order_by("pk")]
    of_each = [members_of_holdout(source, question, test) for test in rows]
    touched = touched_conversions(source, question, question.rule) if rows else None
    known = [each for each in of_each if len(each)]
    before = _conversions_before(source, question, known) if known else None
    found = [Holdout.of(each, touched, before, source.workspace.currency) for each in known if touched and before]
    received = [touched.through if touched else None, *(each.through for each in of_each)]
    return HoldoutsReport(
        tuple(each.result(source, question) for each in found),
        question.rule,
        source.workspace.currency,
        meta(source, question, through=newest(*received)),
    )


def members_of_holdout(source: Source, question: Question, test: ABTest) -> Members:
    """Those of the question's part. Two queries."""
    variants: Sequence[Variant] = [*test.variants.all()]
    return members(source, test, variants, question.now, test.window_days, question.part)


def _conversions_before(source: Source, question: Question, of_each: Sequence[Members]) -> WorthyConversions:
    """All since 30 days before the first person of any holdout was assigned until the last one was."""
    zone = source.workspace.zone
    first, last = min(int(each.at[0]) for each in of_each), max(int(each.at[-1]) for each in of_each)
    days = instant_of(first) - timedelta(days=BEFORE_DAYS), instant_of(last)
    window = Window.between(*(local_day(at, zone) for at in days), zone=zone)
    by_type = _conversion_series(source, question)
    found, _ = source.touches([*by_type.values()], window=window, part=question.part.of_people())
    touches = {name: found[series] for name, series in by_type.items()}
    return worthy_conversions(source, replace(question, window=window), touches, reuse=True)


def _conversion_series(source: Source, question: Question) -> dict[str, Series]:
    of_these = question.part.where.conversions
    return {name: Series.of_type(name, of_these) for name in source.workspace.conversion_types}


@dataclass(frozen=True, eq=False)
class Holdout:
    """A holdout with its members; the place of the member of each conversion, -1 where it is of none that counts; by
    member the minor units that these are worth; and the same of the 30 days before they were assigned: how many
    conversions, and their worth."""

    members: Members
    touched: TouchedConversions
    member_of_conversion: NDArray[np.int64]
    units: NDArray[np.int64]
    before: NDArray[np.int64]
    units_before: NDArray[np.int64]

    @classmethod
    def of(cls, found: Members, touched: TouchedConversions, before: WorthyConversions, currency: str) -> "Holdout":
        converted, n = touched.converted, len(found)
        places, earlier = _members_of(found, converted.times), _members_before(found, before.times)
        counts = np.bincount(earlier[earlier >= 0], minlength=n)
        units, units_before = _units(converted, places, n, currency), _units(before, earlier, n, currency)
        return cls(found, touched, places, units, counts, units_before)

    def result(self, source: Source, question: CreditQuestion) -> HoldoutResult:
        counts = np.bincount(self.member_of_conversion[self.member_of_conversion >= 0], minlength=len(self.members))
        is_held_out = self.members.places == self.members.control
        arms = {place: self._arm(place, counts) for place in range(len(self.members.variants))}
        [treated] = [arm for place, arm in arms.items() if place != self.members.control]
        return HoldoutResult(
            self.members.test,
            treated,
            arms[self.members.control],
            self._sent_anyway(source, question, is_held_out),
            int(self.members.of_several.sum()),
            increment((counts > 0).astype(np.int64), is_held_out),
            increment(counts, is_held_out, self.before),
            increment(self.units, is_held_out, self.units_before),
            self._models(question, ~is_held_out),
        )

    def _arm(self, place: int, counts: NDArray[np.int64]) -> HoldoutArm:
        is_in, variant = self.members.places == place, self.members.variants[place]
        of_arm = counts[is_in]
        return HoldoutArm(
            variant.pk,
            variant.name,
            int(is_in.sum()),
            int(np.count_nonzero(of_arm)),
            int(of_arm.sum()),
            int(self.units[is_in].sum()),
        )

    def _sent_anyway(self, source: Source, question: CreditQuestion, is_held_out: NDArray[np.bool_]) -> int:
        return int(np.count_nonzero(is_held_out & _were_sent(source, question, self.members)))

    def _models(self, question: CreditQuestion, is_treated: NDArray[np.bool_]) -> tuple[ModelCalibration, ...]:
        """Credit of the treated people's conversions alone, by what every touch of theirs is called."""
        rules = [replace(question.rule, model=model) for model in CreditModel]
        places = self.member_of_conversion
        meant = np.flatnonzero((places >= 0) & is_treated[places]) if len(places) else np.zeros(0, np.intp)
        touched, converted = self.touched, self.touched.converted
        touches = self._touches_of(is_treated)
        found = group_credits(
            touches,
            _only(converted.times, meant),
            rules,
            touches.labels.astype(np.int32),
            max(1, len(touched.labels)),
            money=converted.exchanged.only(meant),
            until=microseconds(question.window.ends_at),
        )
        are_held = np.array([_is_held_out(self.members.test, label) for label in touched.labels] or [False], np.bool_)
        code = _code(converted, self.members.test.workspace.currency)
        return tuple(
            ModelCalibration(rule, None, None, each.refusal)
            if each.credits is None or each.amounts is None
            else ModelCalibration(
                rule,
                int(each.credits[are_held].sum()),
                int(each.amounts[are_held, code].sum()) if code is not None else 0,
            )
            for rule, each in zip(rules, found.by_model, strict=True)
        )

    def _are_of(self, is_treated: NDArray[np.bool_]) -> NDArray[np.bool_]:
        people = self.touched.touchpoints.people
        place_of = self.members.place_of
        known = people < len(place_of)
        found = np.zeros(len(people), np.bool_)
        places = place_of[people[known]]
        found[known] = (places >= 0) & is_treated[places]
        return found

    def _touches_of(self, is_treated: NDArray[np.bool_]) -> Touchpoints:
        """Those of the treated; a visit stays led by its click, which is the same person's."""
        touchpoints, are_theirs = self.touched.touchpoints, self._are_of(is_treated)
        led_by = None if touchpoints.led_by is None else touchpoints.led_by[are_theirs]
        return Touchpoints(
            touchpoints.people[are_theirs],
            touchpoints.at[are_theirs],
            touchpoints.kinds[are_theirs],
            touchpoints.labels[are_theirs],
            led_by,
        )


def people_of_holdout(
    source: Source, question: ExperimentQuestion, state: HoldoutState, variant_id: int | None = None
) -> NDArray[np.int32]:
    """The numbers, ascending, of those in the state on the question's days: of a variant, where one is meant, and sent
    all the same of the held out alone. Two queries, and one of the source's answers. Nobody where the test is no
    holdout of the workspace's."""
    test = ABTest.objects.filter(workspace=source.workspace, pk=question.test_id, is_holdout=True).first()
    if test is None:
        return np.zeros(0, np.int32)
    found = members_of_holdout(source, question, test)
    if state is HoldoutState.CONVERTED:
        by_type = _conversion_series(source, question)
        touches, _ = source.touches([*by_type.values()], window=question.window, part=question.part.of_people())
        meant = _did(found, [touches[series] for series in by_type.values()])
    else:
        meant = (found.places == found.control) & _were_sent(source, question, found)
    if variant_id is not None:
        place = next((place for place, variant in enumerate(found.variants) if variant.pk == variant_id), -1)
        meant = meant & (found.places == place)
    return np.sort(found.people[meant])


def _were_sent(source: Source, question: Question, of_test: Members) -> NDArray[np.bool_]:
    """By member, whether they were sent a message of what is held out."""
    campaign = of_test.test.campaign_id
    series = Series.of_status("sent", NO_CONDITION if campaign is None else of_campaign(campaign))
    return _did(of_test, [source.touches([series], window=question.window)[0][series]])


def _did(of_test: Members, parts: Sequence[Touches]) -> NDArray[np.bool_]:
    """By member, whether they have one that counts."""
    found = np.zeros(len(of_test), np.bool_)
    for touches in parts:
        places = _members_of(of_test, ConversionTimes(touches.people, touches.at))
        found[places[places >= 0]] = True
    return found


def increment(
    values: NDArray[np.int64], is_held_out: NDArray[np.bool_], before: NDArray[np.int64] | None = None
) -> Increment | None:
    """Of values by person, how much more those have together who are not held out than as many who are; less what those
    before let expect, where these are known."""
    counted, saved = values.astype(np.float64), 0.0
    if before is not None and len(values):
        adjustment = regression_adjustment(counted, before.astype(np.float64))
        counted, saved = adjustment.values, adjustment.saved
    treated, held_out = (_sample(counted[which]) for which in (~is_held_out, is_held_out))
    variance = treated.variance_of_mean + held_out.variance_of_mean
    if min(treated.n, held_out.n) < ENOUGH_PEOPLE or not variance:
        return None
    difference, rho = np.array([treated.mean - held_out.mean]), tuning(ALPHA)
    of_one, people = np.array([variance]), np.array([float(treated.n + held_out.n)])
    [width] = any_look_widths(of_one, people, ALPHA, rho).tolist()
    [p] = any_look_p_values(difference, of_one, people, rho).tolist()
    [amount] = difference.tolist()
    low, high = amount - width, amount + width
    return Increment(treated.n * amount, treated.n * low, treated.n * high, p, saved)


def _sample(values: NDArray[np.float64]) -> Sample:
    return Sample(len(values), float(values.sum()), float((values * values).sum()))


def _members_of(of_test: Members, acts: ConversionTimes) -> NDArray[np.int64]:
    """For each act the place of its member, of those since they were assigned and until the test ended; else -1."""
    found, since = _since_assigned(of_test, acts)
    counts = since >= 0
    if of_test.test.ended_at is not None:
        counts &= acts.at <= microseconds(of_test.test.ended_at)
    return np.where(counts, found, -1)


def _members_before(of_test: Members, acts: ConversionTimes) -> NDArray[np.int64]:
    """For each act the place of its member, of those in the 30 days before they were assigned; else -1."""
    found, since = _since_assigned(of_test, acts)
    return np.where((since < 0) & (since >= -_BEFORE), found, -1)


def _since_assigned(of_test: Members, acts: ConversionTimes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each act the place of its member, -1 where it is of none, and how long after their assignment it was."""
    place_of, found = of_test.place_of, np.full(len(acts), -1, np.int64)
    known = np.flatnonzero(acts.people < len(place_of))
    found[known] = place_of[acts.people[known]]
    since, theirs = np.zeros(len(acts), np.int64), np.flatnonzero(found >= 0)
    since[theirs] = acts.at[theirs] - of_test.at[found[theirs]]
    return found, since


def _only(times: ConversionTimes, places: NDArray[np.intp]) -> ConversionTimes:
    since = None if times.since is None else times.since[places]
    return ConversionTimes(times.people[places], times.at[places], since)


def _units(converted: WorthyConversions, places: NDArray[np.int64], n: int, currency: str) -> NDArray[np.int64]:
    """By member, in the currency."""
    code = _code(converted, currency)
    return converted.exchanged.sums(places, n)[:, code] if code is not None else np.zeros(n, np.int64)


def _code(converted: WorthyConversions, currency: str) -> int | None:
    currencies: Sequence[str] = converted.exchanged.currencies
    return currencies.index(currency) if currency in currencies else None


def _is_held_out(test: ABTest, label: TouchLabel) -> bool:
    """Whether who is held out gets no such touch: of the campaign, or of any and whatever else comes by messages."""
    if test.campaign_id is not None:
        return label.campaign_id == test.campaign_id
    return label.campaign_id is not None or label.medium in MESSAGE_MEDIA
