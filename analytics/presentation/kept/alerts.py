"""Alerts in words, for pages, mails and webhooks."""

from dataclasses import dataclass
from datetime import date

from analytics.metrics import METRICS, Unit
from analytics.money import Amount
from analytics.presentation.formats import count_of, day, percent, short_day
from analytics.presentation.money import number_text
from analytics.reports.alert_days import TRIED_DAYS, TriedRule
from analytics.statistics.alarms import FALL, AlertKind, AlertRule, DayJudgement, Direction

_OFF = {Direction.UP: "above", Direction.DOWN: "below", Direction.BOTH: "far from"}
_CHANGES = {
    Direction.UP: "rises by more than",
    Direction.DOWN: "falls by more than",
    Direction.BOTH: "changes by more than",
}
MOST_DAYS_SHOWN = 10
_MOST_FALLS = 0.9
"""An anomaly that tells fewer falls says how else they are told."""


@dataclass(frozen=True)
class AlertWords:
    """What is said of an alert on a metric, amounts in the currency; `part` is what it is of, in words, if not all."""

    metric: str
    rule: AlertRule
    currency: str
    part: str = ""

    @property
    def label(self) -> str:
        name = METRICS[self.metric].label
        return f"{name} ({self.part})" if self.part else name

    def number(self, value: float | None) -> str:
        """As reports show it."""
        if value is None:
            return "–"
        metric = METRICS[self.metric]
        if metric.unit is Unit.MONEY:
            return number_text(Amount(self.currency, round(value)), metric)
        return number_text(value if metric.unit is Unit.SHARE else round(value), metric)

    @property
    def sentence(self) -> str:
        """What it alerts on."""
        amount = self.rule.amount or 0
        match self.rule.kind:
            case AlertKind.THRESHOLD:
                return f"{self.label}: {_OFF[self.rule.direction]} {self.number(amount)} on a day."
            case AlertKind.CHANGE:
                change = f"{_CHANGES[self.rule.direction]} {percent(amount)}"
                return f"{self.label}: {change} against the same weekday a week before."
            case AlertKind.SILENCE:
                return f"{self.label}: nothing comes for much longer than usual."
        off = {Direction.BOTH: "far from", Direction.UP: "far above", Direction.DOWN: "far below"}[self.rule.direction]
        return f"{self.label}: {off} what is usual for the weekday."

    def change(self, opened: bool, on: date, judgement: DayJudgement) -> str:
        """What happened, and what was to be expected."""
        if self.rule.kind is AlertKind.SILENCE:
            return self._silence(opened, judgement)
        text = f"{self.label} on {day(on)}: {self.number(judgement.value)}"
        if judgement.expected is not None:
            text += f", where {self.number(judgement.expected)} was expected"
        return f"{text}{self._bounds(judgement)}. {'' if opened else 'The alert is resolved.'}".strip()

    def _silence(self, opened: bool, judgement: DayJudgement) -> str:
        if not opened:
            return f"{self.label}: something has come again. The alert is resolved."
        hours = count_of(int(judgement.value or 0), "hour", "hours")
        return f"{self.label}: nothing has come for {hours}; usually it takes at most {int(judgement.expected or 0)}."

    def _bounds(self, judgement: DayJudgement) -> str:
        low, high = judgement.low, judgement.high
        if low is not None and high is not None:
            return f" ({self.number(low)} to {self.number(high)} would have been no alert)"
        if low is None and high is None:
            return ""
        return f" (the limit is {self.number(low if high is None else high)})"

    def subject(self, opened: bool, name: str) -> str:
        return f"{name}: {'alert' if opened else 'resolved'}"


def tried_text(tried: TriedRule, kind: AlertKind) -> str:
    """There would have been 2 alerts in the last 90 days: 12 May, 3 Jun. A fall by 40 % …"""
    return " ".join([_openings_text(tried.opened_on, TRIED_DAYS), *_falls_texts(tried, kind)])


def _falls_texts(tried: TriedRule, kind: AlertKind) -> list[str]:
    if tried.falls_told is None:
        return []
    when = "the next morning" if tried.days_after == 1 else f"{tried.days_after} days later"
    told = f"{round(100 * tried.falls_told)} of 100 cases"
    texts = [f"A fall by {percent(FALL, 2)} on a day would have been told {when} in {told}."]
    if kind is AlertKind.ANOMALY and tried.falls_told < _MOST_FALLS:
        texts.append(
            "These days vary too much, or count too little, for it to tell more. For falls below a number, choose a "
            "threshold."
        )
    return texts


def _openings_text(days: tuple[date, ...], of: int) -> str:
    if not days:
        return f"There would have been no alert in the last {of} days."
    named = ", ".join(map(short_day, days[-MOST_DAYS_SHOWN:]))
    more = "…, " if len(days) > MOST_DAYS_SHOWN else ""
    return f"There would have been {count_of(len(days), 'alert', 'alerts')} in the last {of} days: {more}{named}."
