"""What happened beside what is counted, as marks on the charts and tables of days and hours."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from analytics.periods import Bucket, Interval, buckets, start_of_day
from analytics.presentation.charts import Chart
from analytics.presentation.formats import count_of, short_name
from analytics.presentation.tables import Link, Mark
from analytics.presentation.trend_tables import bucket_label
from analytics.questions.questions import Question
from analytics.reports.happenings import Happening, HappeningKind

NEWEST_FIRST = Link("campaigns", {"sort": "-started"}, keeps_filters=False)
MOST_TEXTS = 2
"""How many of what happened at the same time a mark says."""
_COUNTED = {
    HappeningKind.START: ("campaign", "campaigns"),
    HappeningKind.NOTE: ("note", "notes"),
    HappeningKind.SETTINGS: ("change of settings", "changes of settings"),
}


def marks_of(happened: Sequence[Happening], question: Question) -> dict[Bucket, Mark]:
    """By the hour, day, week or month; several there are one mark. What has no hour stands at its day's first."""
    rows = buckets(question.window, question.interval)

    def place(happening: Happening) -> int:
        if rows[0].hour is None:
            return bisect_right(rows, happening.day, key=lambda bucket: bucket.first_day) - 1
        at = happening.at or start_of_day(happening.day, question.window.zone)
        return bisect_right(question.window.hours, at, key=lambda hour: hour.starts_at) - 1

    in_order = sorted(happened, key=place)
    return {rows[row]: _mark([*together]) for row, together in groupby(in_order, key=place)}


def marked_chart(
    chart: Chart, places: Sequence[Bucket], happened: Sequence[Happening], question: Question, interval: Interval
) -> Chart:
    """A chart of the question's days by the interval, with marks, and labels as other charts of days have them;
    `places` are what its rows are of."""
    asked = replace(question, interval=interval)
    marks = marks_of(happened, asked)
    rows = tuple(
        replace(row, mark=marks.get(place), label=bucket_label(place, asked))
        for row, place in zip(chart.table.rows, places, strict=True)
    )
    return replace(chart, table=replace(chart.table, rows=rows))


def _mark(happened: Sequence[Happening]) -> Mark:
    texts = _texts(happened)
    kinds = [each.kind for each in happened]
    began = {*kinds} == {HappeningKind.START}
    if len(happened) == 1:
        name = short_name(happened[0].name)
    else:
        name = ", ".join(count_of(kinds.count(kind), *words) for kind, words in _COUNTED.items() if kind in kinds)
    said = () if began and len(happened) > 1 else tuple(texts)
    return Mark(name, _link(happened), said, began)


def _texts(happened: Sequence[Happening]) -> list[str]:
    """What a pointer on the mark says: a campaign by name, or how many there are; the first of the rest."""
    started = [short_name(each.name) for each in happened if each.kind is HappeningKind.START]
    others = [short_name(each.name) for each in happened if each.kind is not HappeningKind.START]
    texts = [f"{started[0] if len(started) == 1 else f'{len(started)} campaigns'} started"] if started else []
    texts += others[:MOST_TEXTS]
    return [*texts, f"and {len(others) - MOST_TEXTS} more"] if len(others) > MOST_TEXTS else texts


def _link(happened: Sequence[Happening]) -> Link:
    """Of notes among others, the notes: they are what somebody wrote to be read."""
    first, last = happened[0], happened[-1]
    if len(happened) == 1 and first.kind is HappeningKind.START:
        return Link("campaign", {"campaign": first.key})
    if any(each.kind is HappeningKind.NOTE for each in happened):
        return Link.to("notes", **{"from": str(first.day), "to": str(last.day)})
    if all(each.kind is HappeningKind.SETTINGS for each in happened):
        return Link.to("settings-money")
    return NEWEST_FIRST
