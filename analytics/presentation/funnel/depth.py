"""How long people took to go through a funnel, and how many entered when: tables and their charts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from analytics.lists import PeopleList
from analytics.metrics import METRICS, known_rate
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.formats import count, count_of, day, percent, span
from analytics.presentation.funnel.rules import time_taken
from analytics.presentation.marks import marked_chart
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.presentation.trend_tables import bucket_column, bucket_label, bucket_value
from analytics.questions.entrants import Entrants, TimeTaken
from analytics.questions.questions import FunnelQuestion
from analytics.reports.funnel.times import PERCENTILES, FunnelTimes, StepTime
from analytics.reports.funnel.trend import EntryBucket
from analytics.reports.happenings import Happening

COLUMNS_OF_TIMES = (
    Column("from_step", "From"),
    Column("to_step", "To"),
    Column("people", "People", Kind.COUNT),
    *(Column(f"p{share}", "Median" if share == 50 else f"{share}% within", Kind.SPAN) for share in PERCENTILES),
    Column("mean", "Mean", Kind.SPAN),
)


def with_depth(
    shown: Presentation,
    question: FunnelQuestion,
    times: FunnelTimes | None,
    trend: Sequence[EntryBucket],
    sentences: Sequence[str],
    happened: Sequence[Happening] = (),
) -> Presentation:
    """With the times and the trend of a funnel whose steps the sentences say; what happened is marked in the trend."""
    everybody = PeopleList(question.window, steps=question.counted_steps, rules=question.counted_rules)
    charts = [*shown.charts]
    tables = [*shown.tables]
    if times is not None and times.overall.people:
        charts.append(_histogram(times.overall, everybody))
        tables.append(_times_table(times, everybody, sentences))
    if trend and question.trend:
        chart, places = _trend_chart(trend, everybody, question), [each.bucket for each in trend]
        charts.append(marked_chart(chart, places, happened, question, question.trend))
    return replace(shown, charts=tuple(charts), tables=tuple(tables))


def _those_of(everybody: PeopleList, time: StepTime, took: TimeTaken | None = None) -> PeopleList:
    is_mature = None if everybody.rules.window is None else True
    return replace(everybody, step=time.step, entrants=Entrants(is_mature=is_mature, took=took))


def _histogram(time: StepTime, everybody: PeopleList) -> Chart:
    rows = []
    for each in time.bins:
        took = TimeTaken(time.since, each.at_least, each.below)
        name = time_taken(took)
        rows.append(Row({"took": Cell(name), "people": Cell(each.people, _those_of(everybody, time, took))}))
    columns = (Column("took", "Time from first to last step"), Column("people", "People", Kind.COUNT))
    return Chart(
        ChartKind.BAR,
        "Time to complete",
        Table("took", "Time to complete", columns, tuple(rows)),
        ("people",),
        _finding_of_times(time),
    )


def _finding_of_times(time: StepTime) -> str:
    median, most = (_seconds(time.percentiles[PERCENTILES.index(share)]) or 0 for share in (50, 90))
    people = count_of(time.people, "person", "people")
    return f"Of {people} who completed it, half took at most {span(median)}, nine of ten {span(most)}."


def _times_table(times: FunnelTimes, everybody: PeopleList, sentences: Sequence[str]) -> Table:
    several = times.steps if len(times.steps) == 1 else (*times.steps, times.overall)
    rows = tuple(_time_row(time, everybody, sentences) for time in several)
    return Table("times", "Time between steps", COLUMNS_OF_TIMES, rows)


def _time_row(time: StepTime, everybody: PeopleList, sentences: Sequence[str]) -> Row:
    cells = {
        "from_step": Cell(sentences[time.since - 1]),
        "to_step": Cell(sentences[time.step - 1]),
        "people": Cell(time.people, _those_of(everybody, time)),
        "mean": Cell(_seconds(time.mean)),
    }
    return Row(cells | {f"p{share}": Cell(_seconds(taken)) for share, taken in _shares(time)})


def _shares(time: StepTime) -> Iterator[tuple[int, float | None]]:
    yield from zip(PERCENTILES, time.percentiles, strict=True)


def _seconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def _trend_chart(trend: Sequence[EntryBucket], everybody: PeopleList, question: FunnelQuestion) -> Chart:
    assert question.trend is not None
    columns = (
        bucket_column(question.trend),
        Column.of("funnel_first", key="entrants"),
        Column.of("funnel_last", key="finishers"),
        Column.of("funnel_overall_rate", key="rate"),
    )
    by_interval = replace(question, interval=question.trend)
    rows = tuple(_trend_row(each, everybody, by_interval) for each in trend)
    return Chart(
        ChartKind.LINE if len(rows) > 1 else ChartKind.BAR,
        METRICS["funnel_overall_rate"].label,
        Table("entered", "By day of entry", columns, rows),
        ("rate",),
        _finding_of_trend(trend, question),
    )


def _trend_row(each: EntryBucket, everybody: PeopleList, question: FunnelQuestion) -> Row:
    entered = replace(everybody, entrants=Entrants(entered_on=each.bucket.window(question.window.zone)))
    cells = {
        "when": Cell(bucket_value(each.bucket, question.interval)),
        "entrants": Cell(each.entrants, entered),
        "finishers": Cell(each.finishers, replace(entered, step=len(everybody.steps))),
        "rate": Cell(known_rate(each.finishers, each.entrants)),
    }
    is_over = _is_over(each, question)
    unfinished = "so far" if question.rules.window is None else "not over yet"
    note = "" if is_over else unfinished
    return Row(cells, label=bucket_label(each.bucket, question), note=note, is_running=not is_over)


def _is_over(each: EntryBucket, question: FunnelQuestion) -> bool:
    """Whether it is drawn as such: without a window all of a running period would not be."""
    if question.rules.window is not None:
        return each.is_complete
    return not each.bucket.is_running(question.now, question.window.zone)


def _finding_of_trend(trend: Sequence[EntryBucket], question: FunnelQuestion) -> str:
    over = [each for each in trend if each.is_complete or question.rules.window is None]
    entrants, finishers = sum(each.entrants for each in over), sum(each.finishers for each in over)
    if not entrants:
        return "Of nobody who entered the time is over yet."
    rate = known_rate(finishers, entrants) or 0.0
    until = "" if len(over) == len(trend) else f" until {day(over[-1].bucket.last_day)}"
    return f"{count(finishers)} of {count(entrants)} people who entered{until} completed it: {percent(rate)}."
