"""How far people got through the steps of a funnel."""

from collections.abc import Sequence
from dataclasses import replace

from analytics.ledger import Source
from analytics.lists import AnyList, PeopleList, under_conditions
from analytics.metrics import known_rate
from analytics.periods import Window
from analytics.presentation import findings
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.conditions import NO_NAMES, ConditionNames
from analytics.presentation.groups import link_of_group, overlap, shown_name, split_label
from analytics.presentation.presentation import Presentation
from analytics.presentation.steps import step_sentence
from analytics.presentation.tables import Cell, Column, Kind, Row, Table, with_changes
from analytics.presentation.tiles import tile
from analytics.questions.groups import SEGMENT, Group
from analytics.questions.questions import FunnelQuestion, Question
from analytics.questions.steps import EventStep, Step
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.funnel import FunnelGroup, FunnelReport, end_numbers, funnel, step_numbers
from analytics.reports.funnel_splits import split_funnel
from analytics.reports.splits import in_group

SUGGESTED_STEPS = 3
FUNNEL_TILES = ("funnel_first", "funnel_last", "funnel_overall_rate")
COLUMNS_OF_STEPS = (
    Column("step", "Step"),
    Column.of("funnel_count", key="count"),
    Column.of("funnel_dropoff", key="dropoff"),
    Column.of("funnel_step_rate", key="from_previous"),
    Column("from_first", "Overall conversion", Kind.SHARE),
    Column("gone", "Dropped off in all", Kind.COUNT),
)
COMPARED_COLUMNS_OF_STEPS = ("count", "from_previous")


def show_funnel(source: Source, question: Question) -> Presentation:
    """Shows the funnel of the question's steps, or of suggested ones; empty where there is nothing to suggest."""
    if not isinstance(question, FunnelQuestion):
        steps = suggested_steps(source, question.window)
        if not steps:
            return Presentation(meta=None)
        question = question.with_params(FunnelQuestion, steps=steps)
    groups = split_funnel(source, question) if question.split else ()
    return funnel_presentation(compared_answer(funnel, source, question), question, groups)


def suggested_steps(source: Source, window: Window) -> tuple[Step, ...]:
    """Frequent event types, down to a conversion, for somebody who has chosen none. One query."""
    event_types, conversion_types = source.event_types(window=window), source.workspace.conversion_types
    last = [event_type for event_type in event_types if event_type in conversion_types][:1]
    others = [event_type for event_type in event_types if event_type not in last]
    return tuple(map(EventStep, [*others[: SUGGESTED_STEPS - len(last)], *last]))


def funnel_presentation(
    answer: Answer[FunnelReport],
    question: FunnelQuestion,
    groups: Sequence[FunnelGroup] = (),
    names: ConditionNames = NO_NAMES,
) -> Presentation:
    """`names` are those of what the steps name."""
    report, numbers = answer.report, end_numbers(answer.report)
    everybody = PeopleList(question.window, steps=question.counted_steps)
    places = {"funnel_first": 1, "funnel_last": len(report.steps)}
    people = {key: replace(everybody, step=place) for key, place in places.items()}
    sentences = [f"{place}. {step_sentence(step, names)}" for place, step in enumerate(question.steps, start=1)]
    table = _table(answer, everybody, sentences)
    chart = Chart(
        ChartKind.REACHED,
        "How far people got",
        table,
        ("count", "gone"),
        findings.furthest(report, names),
        stands_apart=True,
    )
    return Presentation(
        meta=report.meta,
        tiles=tuple(tile(key, numbers, answer.change(key, end_numbers), opens=people.get(key)) for key in FUNNEL_TILES),
        charts=(chart,),
        tables=(_groups_table(groups, everybody, sentences, question),) if groups else (),
        numbers=numbers,
        notices=overlap(question.split) if question.split else (),
    )


def _groups_table(
    groups: Sequence[FunnelGroup], everybody: PeopleList, sentences: Sequence[str], question: Question
) -> Table:
    """A row for each value or segment, with how many of its people reached each step."""
    assert question.split is not None
    label = split_label(question.split)
    of_steps = [Column(f"step{place}", name, Kind.COUNT) for place, name in enumerate(sentences, start=1)]
    columns = [Column("group", label), *of_steps, Column.of("funnel_overall_rate", key="overall")]
    shown = with_changes(columns, [column.key for column in columns[1:]] if groups[0].answer.compared else ())
    rows = tuple(_group_row(group, everybody, question) for group in groups)
    return Table("groups", f"By {label[:1].lower()}{label[1:]}", shown, rows, sortable=True)


def _group_row(group: FunnelGroup, everybody: PeopleList, question: Question) -> Row:
    cells = {"group": Cell(shown_name(group.group, group.name, group.values))}
    for place, step in enumerate(group.steps, start=1):
        cells[f"step{place}"] = Cell(step.count, _in_group(replace(everybody, step=place), group.group, question))
        cells[f"step{place}_change"] = Cell(group.answer.change("funnel_count", step_numbers(place - 1)))
    cells["overall"] = Cell(known_rate(group.steps[-1].count, group.steps[0].count))
    cells["overall_change"] = Cell(group.answer.change("funnel_overall_rate", end_numbers))
    return Row(cells, link=link_of_group(group.group))


def _in_group(people: PeopleList, group: Group, question: Question) -> AnyList | None:
    """Those of the people who are in a group: of a segment as a condition on them."""
    if group.by == SEGMENT:
        return under_conditions(people, in_group(question, group).part)
    return replace(people, group=group)


def _table(answer: Answer[FunnelReport], everybody: PeopleList, sentences: Sequence[str]) -> Table:
    report = answer.report
    first = report.steps[0].count
    rows = []
    for number, step in enumerate(report.steps, start=1):
        here = replace(everybody, step=number)
        cells = {
            "step": Cell(sentences[number - 1]),
            "count": Cell(step.count, here),
            "dropoff": Cell(step.dropoff, replace(here, lost_since=number - 1)),
            "from_previous": Cell(step.conversion_from_previous if step.count + step.dropoff else None),
            "from_first": Cell(known_rate(step.count, first)),
            "gone": Cell(first - step.count, replace(here, lost_since=1)),
            **_changes(answer, number - 1),
        }
        rows.append(Row(cells))
    columns = with_changes(COLUMNS_OF_STEPS, COMPARED_COLUMNS_OF_STEPS if answer.compared else ())
    return Table("steps", "Steps", columns, tuple(rows))


def _changes(answer: Answer[FunnelReport], place: int) -> dict[str, Cell]:
    """The changes of a step; 0 is the first, which has no rate. Empty where nothing is compared."""
    if not answer.compared:
        return {}
    numbers = step_numbers(place)
    from_previous = {"from_previous_change": Cell(answer.change("funnel_step_rate", numbers))} if place else {}
    return {"count_change": Cell(answer.change("funnel_count", numbers)), **from_previous}
