"""The touches that a rule of credit looks at, what they are called, and the conversions after them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Series, Source, Touches
from analytics.models import Campaign, UtmTriple
from analytics.periods import Window
from analytics.questions.credit import CreditRule, TouchKind
from analytics.questions.fields import field_of
from analytics.questions.questions import Question
from analytics.reports.credit.conversions import WorthyConversions, worthy_conversions
from analytics.reports.credit.paths import Touchpoints, led_by_clicks
from campaignos.days import FIRST_DAY

_STATUS_OF = {
    TouchKind.CLICKED: "human_clicked",
    TouchKind.OPENED: "human_opened",
    TouchKind.DELIVERED: "delivered",
}
_CAMPAIGN = field_of("campaign")
MESSAGE_MEDIA = frozenset({"email", "e-mail", "sms", "push"})
"""The media of links in messages, by which a visit is known as that which a click led to."""
_FROM_MESSAGE = 0
"""The trail of clicks in messages, and of the visits that they lead to."""


class CreditBy(StrEnum):
    """What rows of credit are of: touches as they are called, or only a part of their names."""

    TOUCH = "touch"
    SOURCE = "utm.source"
    MEDIUM = "utm.medium"
    CAMPAIGN = "utm.campaign"


@dataclass(frozen=True)
class TouchLabel:
    """What a touch is called: a visit by its source, medium and campaign; a message's act by channel and campaign.

    Of an act the source and the medium are those that its link would have: the campaign's channel.
    """

    kind: TouchKind
    source: str
    medium: str | None
    campaign: str | None
    campaign_id: int | None = None

    def name(self, by: CreditBy) -> tuple[str | None, ...]:
        match by:
            case CreditBy.TOUCH:
                return self.kind.name.lower(), self.source, self.medium, self.campaign
            case CreditBy.SOURCE:
                return (self.source,)
            case CreditBy.MEDIUM:
                return (self.medium,)
            case CreditBy.CAMPAIGN:
                return (self.campaign,)


_Columns = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int8], NDArray[np.int32], NDArray[np.int32]]
"""Whose, when, of which kind, the number of the label, and the trail."""


@dataclass(frozen=True, eq=False)
class TouchedConversions:
    """`touchpoints` are numbered by `labels`; `converted` are the conversions of the question's days."""

    touchpoints: Touchpoints
    labels: tuple[TouchLabel, ...]
    converted: WorthyConversions
    through: datetime | None


def touched_conversions(source: Source, question: Question, rule: CreditRule) -> TouchedConversions:
    """Reads touches from the longest lookback before the question's days on: a conversion's credit does not depend on
    the days that are shown. One of the source's answers, another for money, and two queries for names."""
    whole = _days_before(question.window, rule.longest_lookback)
    kinds = [kind for kind, _ in rule.lookbacks]
    series_of = {kind: _series(kind) for kind in kinds}
    by_type = {
        name: Series.of_type(name, question.part.where.conversions) for name in source.workspace.conversion_types
    }
    found, through = source.touches(
        [*series_of.values(), *by_type.values()], window=whole, part=question.part.of_people()
    )
    touches = {kind: found[series] for kind, series in series_of.items()}
    labels = _Labels(source)
    parts = [labels.touchpoints(kind, touches[kind]) for kind in kinds]
    people, at, kinds_of, numbers, trails = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    led_by = led_by_clicks(people, at, kinds_of, trails)
    return TouchedConversions(
        Touchpoints(people, at, kinds_of, numbers, led_by),
        tuple(labels.known),
        worthy_conversions(source, question, {name: found[of] for name, of in by_type.items()}, reuse=rule.reuse),
        through,
    )


def _series(kind: TouchKind) -> Series:
    return Series.ATTRIBUTED if kind is TouchKind.VISIT else Series.of_status(_STATUS_OF[kind], by=_CAMPAIGN)


def _days_before(window: Window, lookback: timedelta) -> Window:
    """With the days before it that a lookback reaches into, also over changes of the clock."""
    days = 1 - (-lookback // timedelta(days=1))
    first = max(window.first_day.toordinal() - days, min(FIRST_DAY, window.first_day).toordinal())
    return Window.between(date.fromordinal(first), window.last_day, zone=window.zone)


class _Labels:
    """The labels of touches, numbered as they come. Two queries."""

    def __init__(self, source: Source) -> None:
        self.workspace = source.workspace
        self.known: list[TouchLabel] = []

    def touchpoints(self, kind: TouchKind, touches: Touches) -> _Columns:
        keys, labels = (
            (touches.utm, self._of_triples(touches)) if kind is TouchKind.VISIT else self._of_campaigns(kind, touches)
        )
        number_of_key = np.zeros(int(keys.max(initial=0)) + 1, np.int32)
        trail_of_key = np.full(len(number_of_key), -1, np.int32)
        for key, label in labels.items():
            number_of_key[key] = len(self.known)
            if kind is TouchKind.CLICKED or label.medium in MESSAGE_MEDIA:
                trail_of_key[key] = _FROM_MESSAGE
            self.known.append(label)
        kinds = np.full(len(keys), kind, np.int8)
        return touches.people, touches.at, kinds, number_of_key[keys], trail_of_key[keys]

    def _of_triples(self, touches: Touches) -> Mapping[int, TouchLabel]:
        ids = np.unique(touches.utm).tolist()
        triples = UtmTriple.objects.filter(workspace=self.workspace, pk__among=ids)
        return {
            triple.pk: TouchLabel(TouchKind.VISIT, triple.source, triple.medium or None, triple.campaign or None)
            for triple in triples
        }

    def _of_campaigns(self, kind: TouchKind, touches: Touches) -> tuple[NDArray[np.integer], Mapping[int, TouchLabel]]:
        values = touches.values.as_values
        ids = [0 if value is None else int(value) for value in values.values]
        names = Campaign.objects.filter(workspace=self.workspace, pk__in=ids).values_list("pk", "name", "channel")
        labels = {}
        for pk, name, channel in names:
            medium = channel.lower()
            labels[pk] = TouchLabel(kind, medium, medium, name, campaign_id=pk)
        return np.array(ids, np.int64)[values.codes], labels
