"""Why a metric changed, in sentences and names."""

from analytics.metrics import METRICS, Metric, Unit, exact_value
from analytics.money import Amount
from analytics.presentation import formats
from analytics.presentation.credit.texts import WITHOUT_TOUCH
from analytics.presentation.groups import shown_name, split_label
from analytics.presentation.lists.messages import DAYS_OF_WEEK
from analytics.presentation.tables import Kind, Value, column_kind
from analytics.presentation.texts import value_text
from analytics.questions.groups import SEGMENT
from analytics.questions.what_changed import EQUAL_AGE
from analytics.reports.changes.pieces import DividedChange, Piece
from analytics.reports.changes.report import WhatChangedReport

NAMED_PARTS = 3
AGE_DAYS = EQUAL_AGE.days
TOO_YOUNG = f"Messages are compared once they are {AGE_DAYS} days old: no day of this period is, and has a partner."
NO_DAY_OVER = "No day of this period is over and has a partner."


def dimension_label(change: DividedChange) -> str:
    if change.split is None:
        return change.days.capitalize()
    named = next((piece.name for piece in change.pieces if change.split.segments), None)
    return f"Segment {named}" if named else split_label(change.split)


def part_label(piece: Piece, metric: Metric) -> str:
    """`Spring (new)`, `Tue 12 May 2026`, `Tuesday`, `Other (3)`, `Direct / no touch`"""
    if piece.windows is not None:
        days, _ = piece.windows
        return formats.day(days.first_day) if days.days == 1 else formats.days(days.first_day, days.last_day)
    if piece.weekday is not None:
        return DAYS_OF_WEEK[piece.weekday - 1]
    if piece.group is None:
        return WITHOUT_TOUCH
    if piece.group.by == SEGMENT:
        return f"Not in {piece.name}" if piece.group.is_rest else f"In {piece.name}"
    note = " (new)" if piece.is_new(metric) else " (gone)" if piece.is_gone(metric) else ""
    return f"{shown_name(piece.group, piece.name, piece.values)}{note}"


def value_of(amount: float | None, metric: Metric, currency: str) -> Value:
    """A value of the metric, or a difference of two, as tables have it."""
    if amount is None:
        return None
    if metric.unit is Unit.MONEY:
        return Amount(currency, round(amount))
    if metric.scale > 1:
        return amount / metric.scale
    return amount if metric.unit is Unit.SHARE else round(amount)


def value_kind(metric: Metric) -> Kind:
    """How its values are shown: those of what is shared out have fractions."""
    return Kind.CREDIT if metric.scale > 1 else column_kind(metric)


def difference_kind(metric: Metric) -> Kind:
    return Kind.POINTS if metric.unit is Unit.SHARE else Kind.DIFFERENCE


def difference_text(amount: float, metric: Metric, currency: str) -> str:
    """`+1.5 points`, `+1,420`, `+14.20 EUR`"""
    if metric.unit is Unit.SHARE:
        return formats.points(amount)
    return value_text(value_of(amount, metric, currency), Kind.DIFFERENCE)


def _moved_text(before: float, now: float, metric: Metric, currency: str) -> str:
    """`from 15.8% to 17.3% (+1.5 points)`, with decimals enough that it says how they differ."""
    if metric.unit is Unit.SHARE:
        places = formats.places_apart(before, now, metric.places)
        shares = (formats.percent(share, places) for share in (before, now))
        return f"from {' to '.join(shares)} ({formats.points(now - before, places=places)})"
    texts = (value_text(value_of(value, metric, currency), value_kind(metric)) for value in (before, now))
    return f"from {' to '.join(texts)} ({difference_text(now - before, metric, currency)})"


def change_sentence(report: WhatChangedReport, currency: str) -> str:
    """By how much it changed and, where that is more than chance, by what most of it came."""
    metric = report.metric
    if report.whole is None:
        return TOO_YOUNG if report.uncut else NO_DAY_OVER
    if report.amount is None:
        return f"Nothing to compare: no {base_text(metric)} in one of the periods."
    now = exact_value(metric.key, report.whole.numbers) or 0.0
    parts = _parts_sentence(report, currency)
    if not report.amount:
        text = value_text(value_of(now, metric, currency), value_kind(metric))
        return f"{metric.name} did not change: {text}.{_but_parts(parts)}"
    moved = "rose" if report.amount > 0 else "fell"
    said = f"{metric.name} {moved} {_moved_text(now - report.amount, now, metric, currency)}"
    if not report.is_beyond_chance and parts:
        return f"{said}; the whole by no more than chance, parts of it by more.{parts}"
    if not report.is_beyond_chance:
        return f"{said}, which is not more than chance."
    return f"{said}.{parts or ' No part of it stands out.'}{_paradox_sentence(report)}"


def base_text(metric: Metric) -> str:
    """What a ratio is of: `delivered messages`, `orders with an amount`."""
    return f"{METRICS[metric.parts[-1]].name.lower()}{' messages' if metric.base else ''}"


def _but_parts(parts: str) -> str:
    return f" Parts of it did, by more than chance.{parts}" if parts else ""


def _parts_sentence(report: WhatChangedReport, currency: str) -> str:
    """The largest beyond chance of what tells most. Empty where none is."""
    change = next((change for change in report.changes if change.beyond_chance), None)
    if change is None:
        return ""
    label = dimension_label(change)
    named = (
        f"{part_label(part, report.metric)} {difference_text(part.amount, report.metric, currency)}"
        for part in change.beyond_chance[:NAMED_PARTS]
    )
    return f" By {formats.inside_sentence(label)}: {', '.join(named)}."


def _paradox_sentence(report: WhatChangedReport) -> str:
    reverse = next((change for change in report.changes if change.is_reversed), None)
    if reverse is None or report.amount is None:
        return ""
    moved, whole = ("fell", "rose") if report.amount > 0 else ("rose", "fell")
    label = dimension_label(reverse)
    return f" Of each {formats.inside_sentence(label)} by itself it {moved}; the whole {whole} because of their mix."


def uncut_sentence(report: WhatChangedReport, currency: str) -> str:
    """Beside what is as old on both sides: all days, and all that was reached. Empty where nothing is cut, or known."""
    if report.uncut is None:
        return ""
    metric, uncut = report.metric, report.uncut
    values = [value_of(numbers.known_value(metric.key), metric, currency) for numbers in (uncut.before, uncut.numbers)]
    if values == [None, None]:
        return ""
    before, now = (value_text(value, value_kind(metric)) for value in values)
    return (
        f"Both periods count what messages reached within {AGE_DAYS} days of their creation. "
        f"All days and all that was reached until now: {now}, before {before}."
    )
