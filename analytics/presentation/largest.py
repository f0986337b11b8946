"""What was largest, in a sentence, and whether it is so by more than chance: of few, and of what varies as much anyway,
the sentence says that nothing stands out."""

from collections.abc import Sequence
from datetime import date

from analytics.metrics import METRICS, Numbers, Unit, rate
from analytics.periods import Bucket, Interval
from analytics.presentation.formats import count, day, days, hour, percent
from analytics.presentation.money import number_text, shown_number
from analytics.questions.questions import SETTLED_DAYS
from analytics.reports.attribution.source_tree import SourceTree
from analytics.reports.trends import Trend
from analytics.statistics import FEW, count_stands_out, leads, share_stands_out

_Row = tuple[Bucket, Numbers]
_TOO_EARLY = (
    f"It is too early to compare the {{}}: what people do with messages comes in for about {SETTLED_DAYS} days."
)


def peak(trend: Trend, metric: str, interval: Interval, currency: str = "", settled_until: date = date.max) -> str:
    """`Events peaked on Tue 12 May 2026 at 9,812.`; by hours, `Events peaked on Tue 12 May 2026 at 14:00: 9,812.`;
    `No day stands out. The most: 12 on Tue 12 May 2026.` Of money the most alone, in the currency. Shares that rise
    with the age of messages are compared on days up to `settled_until` alone."""
    label, rows = METRICS[metric].label, trend.by(interval)
    if not any(numbers.value(metric) > 0 for _, numbers in rows):
        return f"No {label.lower()} in this period."
    if METRICS[metric].rises_with_age:
        rows = tuple(row for row in rows if row[0].last_day <= settled_until and row[1].known_value(metric) is not None)
    if not rows:
        return _TOO_EARLY.format(label.lower())
    place = _place_of_most(rows, metric)
    bucket, numbers = rows[place]
    number = number_text(shown_number(numbers, metric, currency), METRICS[metric])
    if len(rows) == 1:
        return f"{label} {_when(bucket, interval)}: {number}."
    if _stands_out(rows, metric, place):
        return f"{label} peaked {_when(bucket, interval)}{':' if bucket.hour else ' at'} {number}."
    return f"{_nothing(metric, interval)}The most: {number} {_when(bucket, interval)}."


def largest_group(metric: str, groups: Sequence[tuple[str, Trend]], settled_until: date = date.max) -> str:
    """`Email had the most: 1,204 of 2,000.` `No clear lead: Email has 5 of 8.` Shares that rise with the age of
    messages are compared on days up to `settled_until` alone."""
    rises, totals = METRICS[metric].rises_with_age, [(label, trend.total()) for label, trend in groups]
    if rises and any(numbers.value(metric) for _, numbers in totals):
        settled = [
            (label, trend.on(day for day in trend.window.day_list if day <= settled_until)) for label, trend in groups
        ]
        totals = [(label, trend.total()) for label, trend in settled]
        if not any(_bases(numbers, metric)[1] for _, numbers in totals):
            return _TOO_EARLY.format(METRICS[metric].label.lower())
    if not any(numbers.value(metric) for _, numbers in totals):
        return f"No {METRICS[metric].label.lower()} in this period."
    if METRICS[metric].unit is Unit.SHARE:
        return _highest_share(metric, totals)
    ranked = sorted(((int(numbers.value(metric)), label) for label, numbers in totals), key=lambda row: -row[0])
    (most, label), *rest = ranked
    of = f"{count(most)} of {count(sum(n for n, _ in ranked))}"
    if not rest or leads(most, rest[0][0]):
        return f"{label} had the most: {of}."
    return f"No clear lead: {label} has {of}."


def best_source(tree: SourceTree) -> str:
    """That brought the most events: by people besides, since one person's events come together."""
    if not tree.nodes:
        return "No event in this period has a known source."
    best, *others = (node for node in tree.nodes if len(node.path) == 1)
    share = f"{count(best.events)}, {percent(rate(best.events, tree.attributed_events))} of those attributed"
    if not others or (leads(best.events, others[0].events) and leads(best.visitors, others[0].visitors)):
        return f"{best.path[0]} brought the most events: {share}."
    return f"No source is clearly ahead. The most events: {best.path[0]} with {share}."


def _highest_share(metric: str, groups: Sequence[tuple[str, Numbers]]) -> str:
    place = _place_of_most(groups, metric)
    label, numbers = groups[place]
    share = percent(numbers.value(metric))
    if len(groups) == 1 or share_stands_out([_bases(of_group, metric) for _, of_group in groups], place):
        return f"{label} had the highest: {share}."
    return f"No clear lead: {label} has {share}."


def _place_of_most(rows: Sequence[tuple[object, Numbers]], metric: str) -> int:
    """Of a rate, the highest of what is not few, where there is any."""

    def rank(place: int) -> tuple[bool, float]:
        numbers = rows[place][1]
        is_few = METRICS[metric].unit is Unit.SHARE and _bases(numbers, metric)[1] < FEW
        return not is_few, numbers.value(metric)

    return max(range(len(rows)), key=rank)


def _stands_out(rows: Sequence[_Row], metric: str, place: int) -> bool:
    match METRICS[metric].unit:
        case Unit.SHARE:
            return share_stands_out([_bases(numbers, metric) for _, numbers in rows], place)
        case Unit.COUNT:
            sizes = [(bucket.last_day - bucket.first_day).days + 1 for bucket, _ in rows]
            return count_stands_out([int(numbers.value(metric)) for _, numbers in rows], sizes)
    return False


def _bases(numbers: Numbers, metric: str) -> tuple[int, int]:
    numerator, denominator = METRICS[metric].numerator, METRICS[metric].denominator
    assert numerator is not None
    assert denominator is not None
    return numbers[numerator], numbers[denominator]


def _nothing(metric: str, interval: Interval) -> str:
    return "" if METRICS[metric].unit is Unit.MONEY else f"No {interval} stands out. "


def _when(bucket: Bucket, interval: Interval) -> str:
    if bucket.hour:
        return f"on {hour(bucket.hour.local_start).replace(', ', ' at ')}"
    return (
        f"on {day(bucket.first_day)}" if interval is Interval.DAY else f"in {days(bucket.first_day, bucket.last_day)}"
    )
