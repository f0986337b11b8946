"""The touches that a rule of credit looks at, what they are called, and the conversions after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.models import Campaign, UtmTriple, Variant
from analytics.periods import Window
from analytics.questions.credit import CreditRule, TouchKind
from analytics.questions.fields import Field, field_of
from analytics.questions.filters import NO_CONDITION, AllOf
from analytics.questions.questions import Question
from analytics.questions.values import Scalar
from analytics.reports.attribution.report import is_source_meant
from analytics.reports.credit.conversions import WorthyConversions, worthy_conversions
from analytics.reports.credit.paths import Touchpoints, led_by_clicks
from analytics.utm import Utm
from campaignos.days import FIRST_DAY
from workspaces.models import Workspace

_STATUS_OF = {
    TouchKind.CLICKED: "human_clicked",
    TouchKind.OPENED: "human_opened",
    TouchKind.DELIVERED: "delivered",
}
_CAMPAIGN, _VARIANT = field_of("campaign"), field_of("variant")
MESSAGE_MEDIA = frozenset({"email", "e-mail", "sms", "push"})
"""The media of links in messages, by which a visit is known as that which a click led to."""
_FROM_MESSAGE = 0
"""The trail of clicks in messages, and of the visits that they lead to; those of a campaign with a UTM triple of its
own have another."""


class CreditBy(StrEnum):
    """What rows of credit are of: touches as they are called, or only a part of their names."""

    TOUCH = "touch"
    SOURCE = "utm.source"
    MEDIUM = "utm.medium"
    CAMPAIGN = "utm.campaign"


@dataclass(frozen=True)
class TouchLabel:
    """What a touch is called: a visit by its source, medium and campaign; a message's act by channel, campaign and
    variant.

    A visit that carries the UTM triple of a campaign is of that one; of several with the same triple, of the newest. Of
    an act the source and the medium are those that its link would have: the campaign's channel.
    """

    kind: TouchKind
    source: str
    medium: str | None
    campaign: str | None
    campaign_id: int | None = None
    variant: str | None = None
    variant_id: int | None = None

    @property
    def text(self) -> str:
        """For people: `google / cpc / sale`, or `Spring (A), clicked by email`."""
        if self.kind is TouchKind.VISIT:
            return " / ".join(filter(None, (self.source, self.medium, self.campaign)))
        variant = "" if self.variant is None else f" ({self.variant})"
        return f"{self.campaign}{variant}, {self.kind.name.lower()} by {self.source}"

    def value(self, field: Field) -> Scalar | None:
        """What it has of one of FIELDS_OF_TOUCHES. A visit has no channel."""
        values: Mapping[str, Scalar | None] = {
            "utm.source": self.source,
            "utm.medium": self.medium,
            "utm.campaign": self.campaign,
            "campaign": self.campaign_id,
            "channel": None if self.kind is TouchKind.VISIT else self.source.upper(),
            "variant": self.variant_id,
        }
        return values[field.key]

    def meets(self, sources: AllOf) -> bool:
        """Whether it is of a source, medium and campaign that meet a condition on these."""
        return sources == NO_CONDITION or is_source_meant(
            sources, (self.source, self.medium or "", self.campaign or "")
        )

    def group(self, by: CreditBy) -> "TouchLabel | tuple[str | None, ...]":
        """What touches have in common that are one row: by touch the whole label, for names may stand twice."""
        return self if by is CreditBy.TOUCH else self.name(by)

    def name(self, by: CreditBy) -> tuple[str | None, ...]:
        match by:
            case CreditBy.TOUCH:
                variant = () if self.variant is None else (self.variant,)
                return self.kind.name.lower(), self.source, self.medium, self.campaign, *variant
            case CreditBy.SOURCE:
                return (self.source,)
            case CreditBy.MEDIUM:
                return (self.medium,)
            case CreditBy.CAMPAIGN:
                return (self.campaign,)


_Keyed = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.integer], Mapping[int, TouchLabel]]
"""Whose, when, a key of the label, and the labels by key."""
_Columns = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int8], NDArray[np.int32], NDArray[np.int32]]
"""Whose, when, of which kind, the number of the label, and the trail."""


@dataclass(frozen=True, eq=False)
class TouchedConversions:
    """`touchpoints` are numbered by `labels`, from `first_day` on; `converted` are the conversions of the question's
    days."""

    touchpoints: Touchpoints
    labels: tuple[TouchLabel, ...]
    converted: WorthyConversions
    first_day: date
    through: datetime | None


def touched_conversions(source: Source, question: Question, rule: CreditRule) -> TouchedConversions:
    """Reads touches from the longest lookback before the question's days on: a conversion's credit does not depend on
    the days that are shown. One of the source's answers, another for money, and two queries for names."""
    whole = _days_before(question.window, rule.longest_lookback)
    kinds = [kind for kind, _ in rule.lookbacks]
    labels = _Labels(source.workspace)
    by_type = {
        name: Series.of_type(name, question.part.where.conversions) for name in source.workspace.conversion_types
    }
    asked = [*by_type.values(), *(series for kind in kinds for series in labels.series(kind))]
    found, through = source.touches(asked, window=whole, part=question.part.of_people())
    parts = [labels.touchpoints(kind, [found[series] for series in labels.series(kind)]) for kind in kinds]
    people, at, kinds_of, numbers, trails = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    led_by = led_by_clicks(people, at, kinds_of, trails)
    return TouchedConversions(
        Touchpoints(people, at, kinds_of, numbers, led_by),
        tuple(labels.known),
        worthy_conversions(source, question, {name: found[of] for name, of in by_type.items()}, reuse=rule.reuse),
        whole.first_day,
        through,
    )


def _days_before(window: Window, lookback: timedelta) -> Window:
    """With the days before it that a lookback reaches into, also over changes of the clock."""
    days = 1 - (-lookback // timedelta(days=1))
    first = max(window.first_day.toordinal() - days, min(FIRST_DAY, window.first_day).toordinal())
    return Window.between(date.fromordinal(first), window.last_day, zone=window.zone)


class _Labels:
    """The labels of touches, numbered by kind, then by name. A query for whether there are variants, one for what
    campaigns' links carry, and for each kind one or two for names."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.known: list[TouchLabel] = []

    def series(self, kind: TouchKind) -> Sequence[Series]:
        if kind is TouchKind.VISIT:
            return (Series.ATTRIBUTED,)
        fields = (_CAMPAIGN, _VARIANT) if self._has_variants else (_CAMPAIGN,)
        return [Series.of_status(_STATUS_OF[kind], by=field) for field in fields]

    @cached_property
    def _has_variants(self) -> bool:
        return Variant.objects.filter(workspace=self.workspace).exists()

    def touchpoints(self, kind: TouchKind, touches: Sequence[Touches]) -> _Columns:
        """Of what the series of the kind have."""
        people, at, keys, labels = (
            self._of_triples(*touches) if kind is TouchKind.VISIT else self._of_messages(kind, *touches)
        )
        number_of_key = np.zeros(int(keys.max(initial=0)) + 1, np.int32)
        trail_of_key = np.full(len(number_of_key), -1, np.int32)
        # A variant of another campaign than its messages are now has a label, and may have no touch
        there = {key: label for key, label in labels.items() if key < len(number_of_key)}
        for key, label in sorted(there.items(), key=_by_name):
            number_of_key[key], trail_of_key[key] = len(self.known), self._trail(label)
            self.known.append(label)
        return people, at, np.full(len(keys), kind, np.int8), number_of_key[keys], trail_of_key[keys]

    def _trail(self, label: TouchLabel) -> int:
        triples = self._triples_of_campaigns
        if label.campaign_id in triples:
            return self._trails[triples[label.campaign_id]]
        return _FROM_MESSAGE if label.kind is not TouchKind.VISIT or label.medium in MESSAGE_MEDIA else -1

    @cached_property
    def _triples_of_campaigns(self) -> Mapping[int | None, Utm]:
        """Of those that have one, the older first."""
        rows = Campaign.objects.filter(workspace=self.workspace).exclude(utm_source="").order_by("pk")
        return {campaign.pk: campaign.utm for campaign in rows if campaign.utm}

    @cached_property
    def _trails(self) -> Mapping[Utm, int]:
        return {triple: 1 + number for number, triple in enumerate(self._campaigns_of_triples)}

    @cached_property
    def _campaigns_of_triples(self) -> Mapping[Utm, int | None]:
        return {triple: pk for pk, triple in self._triples_of_campaigns.items()}

    def _of_triples(self, touches: Touches) -> _Keyed:
        ids = np.flatnonzero(np.bincount(touches.utm)).tolist()
        rows = UtmTriple.objects.filter(workspace=self.workspace, pk__among=ids)
        labels = {row.pk: self._of_triple(Utm(row.source, row.medium, row.campaign)) for row in rows}
        return touches.people, touches.at, touches.utm, labels

    def _of_triple(self, triple: Utm) -> TouchLabel:
        names = triple.source, triple.medium or None, triple.campaign or None
        return TouchLabel(TouchKind.VISIT, *names, campaign_id=self._campaigns_of_triples.get(triple))

    def _of_messages(self, kind: TouchKind, by_campaign: Touches, by_variant: Touches | None = None) -> _Keyed:
        campaigns = _ids(by_campaign)
        labels = self._of_campaigns(kind, np.unique(campaigns))
        people, at, keys = by_campaign.people, by_campaign.at, campaigns.copy()
        if by_variant is None:
            return people, at, keys, labels
        variants = _ids(by_variant)
        above = 1 + int(campaigns.max(initial=0))
        campaign_of = np.full(1 + int(variants.max(initial=0)), -1, np.int64)
        for pk, name, campaign_id in self._variants(np.unique(variants)):
            if campaign_id in labels:
                campaign_of[pk] = campaign_id
                labels[above + pk] = replace(labels[campaign_id], variant=name, variant_id=pk)
        sent = (by_variant.people, by_variant.at, campaign_of[variants])
        places, of_variant = _pairs((people, at, campaigns), sent)
        keys[places] = above + variants[of_variant]
        return people, at, keys, labels

    def _of_campaigns(self, kind: TouchKind, ids: NDArray[np.int64]) -> dict[int, TouchLabel]:
        rows = Campaign.objects.filter(workspace=self.workspace, pk__in=ids.tolist())
        return {
            pk: TouchLabel(kind, channel.lower(), channel.lower(), name, campaign_id=pk)
            for pk, name, channel in rows.values_list("pk", "name", "channel")
        }

    def _variants(self, ids: NDArray[np.int64]) -> QuerySet[Variant, tuple[int, str, int]]:
        rows = Variant.objects.filter(workspace=self.workspace, pk__in=ids.tolist())
        return rows.values_list("pk", "name", "test__campaign_id")


def _by_name(keyed: tuple[int, TouchLabel]) -> tuple[tuple[str, ...], int]:
    """So that touches at one instant have the same order whenever they are looked at."""
    key, label = keyed
    return tuple(part or "" for part in label.name(CreditBy.TOUCH)), key


def _ids(touches: Touches) -> NDArray[np.int64]:
    """Of each touch its value as a number, 0 without one."""
    values = touches.values.as_values
    ids = np.array([0 if value is None else int(value) for value in values.values], np.int64)
    return ids[values.codes.astype(np.intp)]


_Places = NDArray[np.intp]


def _pairs(some: Sequence[NDArray[np.integer]], others: Sequence[NDArray[np.integer]]) -> tuple[_Places, _Places]:
    """Pairs of places in two tables, given by column, that have the same row: each place is in at most one. Both tables
    may be in any order, and of equal rows any makes a pair."""
    n = len(some[0])
    columns = [np.concatenate(pair) for pair in zip(some, others, strict=True)]
    order = np.lexsort(columns)
    is_new = np.any([np.diff(column[order], prepend=column[order][:1] - 1) != 0 for column in columns], axis=0)
    row = np.empty(len(order), np.int64)
    row[order] = np.cumsum(is_new)
    first, second = (_with_ranks(numbers) for numbers in (row[:n], row[n:]))
    _, places, others_places = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    return places, others_places


def _with_ranks(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Different numbers: each with how many of the same are before it."""
    order = np.argsort(numbers, kind="stable")
    in_order = numbers[order]
    rank = np.empty(len(numbers), np.int64)
    rank[order] = np.arange(len(numbers)) - np.searchsorted(in_order, in_order, side="left")
    return numbers << 32 | rank
