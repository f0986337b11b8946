"""How far people got through the steps of a funnel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics.ledger import Source
from analytics.lists import AnyList, OrderList, PeopleList, under_conditions
from analytics.lists.funnel_orders import FunnelOrders
from analytics.metrics import METRICS, known_rate
from analytics.money import Amount
from analytics.periods import Window
from analytics.presentation import findings
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.conditions import NO_NAMES, ConditionNames
from analytics.presentation.formats import inside_sentence
from analytics.presentation.funnel.depth import with_depth
from analytics.presentation.groups import link_of_group, overlap, shown_name, split_label
from analytics.presentation.net_money import gaps_of_orders
from analytics.presentation.presentation import Presentation
from analytics.presentation.steps import step_sentence
from analytics.presentation.tables import Cell, Column, Kind, Row, Table, with_changes
from analytics.presentation.tiles import Tile, tile
from analytics.questions.entrants import Entrants
from analytics.questions.funnel_rules import PLAIN
from analytics.questions.groups import SEGMENT, Group
from analytics.questions.questions import FunnelQuestion, Question
from analytics.questions.steps import EventStep, Step
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.funnel.differences import GroupDifference, group_differences
from analytics.reports.funnel.money import earning_step, funnel_money, funnel_money_numbers, funnel_money_of_groups
from analytics.reports.funnel.report import AnyFunnel, FunnelGroup, FunnelReport, end_numbers, funnel, step_numbers
from analytics.reports.funnel.splits import split_funnel
from analytics.reports.funnel.times import funnel_times
from analytics.reports.funnel.trend import funnel_trend
from analytics.reports.happenings import happenings
from analytics.reports.revenue.member_money import NO_NET_MONEY, NetMoney
from analytics.reports.splits import in_group

SUGGESTED_STEPS = 3
FUNNEL_TILES = ("funnel_first", "funnel_last", "funnel_overall_rate")
COLUMNS_OF_STEPS = (
    Column("step", "Step"),
    Column.of("funnel_count", key="count"),
    Column.of("funnel_dropoff", key="dropoff"),
    Column.of("funnel_step_rate", key="from_previous"),
    Column("from_first", "Overall conversion", Kind.SHARE),
    Column("gone", "Dropped off overall", Kind.COUNT),
)
COMPARED_COLUMNS_OF_STEPS = ("count", "from_previous")
COLUMNS_OF_WINDOW = (
    Column("mature_count", "Window over", Kind.COUNT),
    Column("young", "Window not over yet", Kind.COUNT),
    Column.of("funnel_mature_rate", key="mature_rate"),
)
"""Of a funnel with a window."""
COLUMNS_OF_DIFFERENCES = (
    Column("difference", "Difference to the others", Kind.POINTS),
    Column("low", "Difference, 95% CI from", Kind.POINTS),
    Column("high", "Difference, 95% CI to", Kind.POINTS),
    Column("p", "p-value", Kind.P_VALUE, "p_adjusted"),
)


def show_funnel(source: Source, question: Question) -> Presentation:
    """Shows the funnel of the question's steps, or of suggested ones; empty where there is nothing to suggest."""
    if not isinstance(question, FunnelQuestion):
        steps = suggested_steps(source, question.window)
        if not steps:
            return Presentation(meta=None)
        question = question.with_params(FunnelQuestion, steps=steps)
    groups = split_funnel(source, question) if question.split else ()
    return shown_funnel(source, question, groups)


def shown_funnel(
    source: Source, question: FunnelQuestion, groups: Sequence[FunnelGroup], names: ConditionNames = NO_NAMES
) -> Presentation:
    """With what is asked of times and the trend: by rules, or with a trend."""
    answer = compared_answer(funnel, source, question)
    shown = funnel_presentation(answer, question, groups, names, funnel_money_shown(source, question, groups))
    if question.rules == PLAIN and question.trend is None:
        return shown
    times, trend = funnel_times(source, question), funnel_trend(source, question)
    sentences = [step_sentence(step, names) for step in question.steps]
    return with_depth(shown, question, times, trend, sentences, happenings(source, question) if trend else ())


@dataclass(frozen=True)
class FunnelMoneyShown:
    """What those who completed the funnel brought in, in so far as it is converted in the currency, and those of each
    of its groups."""

    answer: Answer[NetMoney | None]
    groups: Sequence[NetMoney | None]
    currency: str

    def tile(self, orders: OrderList) -> Tile:
        money = self.answer.report or NO_NET_MONEY
        change = self.answer.change("funnel_revenue", funnel_money_numbers)
        change = change and replace(change, currency=self.currency)
        return Tile(METRICS["funnel_revenue"], Amount(self.currency, money.converted), change, opens=orders)


def funnel_money_shown(
    source: Source, question: FunnelQuestion, groups: Sequence[FunnelGroup]
) -> FunnelMoneyShown | None:
    """None where the last step says nothing of money, or nobody told of an amount by it."""
    if earning_step(source, question) is None:
        return None
    answer = compared_answer(funnel_money, source, question)
    if not any(money and money.by_currency for money in (answer.report, answer.complete, answer.compared)):
        return None
    of_groups = funnel_money_of_groups(source, question, [group.group for group in groups])
    return FunnelMoneyShown(answer, of_groups, source.workspace.currency)


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
    money: FunnelMoneyShown | None = None,
) -> Presentation:
    """`names` are those of what the steps name."""
    report, numbers = answer.report, end_numbers(answer.report)
    everybody = PeopleList(question.window, steps=question.counted_steps, rules=question.counted_rules)
    places = {"funnel_first": 1, "funnel_last": len(report.steps)}
    people = {key: replace(everybody, step=place) for key, place in places.items()}
    sentences = [f"{place}. {step_sentence(step, names)}" for place, step in enumerate(question.steps, start=1)]
    table = _table(answer, everybody, sentences)
    has_window = report.mature is not None
    chart = Chart(
        ChartKind.MATURING if has_window else ChartKind.REACHED,
        "How far people got",
        table,
        ("mature_count", "young", "gone") if has_window else ("count", "gone"),
        findings.furthest(report, names),
        stands_apart=True,
    )
    orders = OrderList(question.window, funnel=FunnelOrders(question.counted_steps, rules=question.counted_rules))
    tiles = (*FUNNEL_TILES[:2], "funnel_mature_rate") if has_window else FUNNEL_TILES
    return Presentation(
        meta=report.meta,
        tiles=(
            *(tile(key, numbers, answer.change(key, end_numbers), opens=people.get(key)) for key in tiles),
            *((money.tile(orders),) if money else ()),
        ),
        charts=(chart,),
        tables=(_groups_table(report, groups, everybody, sentences, question, money),) if groups else (),
        numbers=numbers,
        notices=overlap(question.split) if question.split else (),
        money_gaps=gaps_of_orders(money.answer.report or NO_NET_MONEY, orders, money.currency) if money else (),
    )


def _groups_table(
    report: FunnelReport,
    groups: Sequence[FunnelGroup],
    everybody: PeopleList,
    sentences: Sequence[str],
    question: FunnelQuestion,
    money: FunnelMoneyShown | None,
) -> Table:
    """A row for each value or segment, with how many of its people reached each step."""
    assert question.split is not None
    label = split_label(question.split)
    of_steps = [Column(f"step{place}", name, Kind.COUNT) for place, name in enumerate(sentences, start=1)]
    overall = _overall_rate(report)
    columns = [Column("group", label), *of_steps, Column.of(overall, key="overall")]
    shown = with_changes(columns, [column.key for column in columns[1:]] if groups[0].answer.compared else ())
    shown = (*shown, *COLUMNS_OF_DIFFERENCES)
    differences = group_differences(report, groups)
    rows = tuple(
        _group_row(group, everybody, question, overall, difference)
        for group, difference in zip(groups, differences, strict=True)
    )
    if money is not None:
        shown = (*shown, Column.of("funnel_revenue", currency=money.currency))
        rows = tuple(
            _with_money(row, group.group, of_group or NO_NET_MONEY, question, money.currency)
            for row, group, of_group in zip(rows, groups, money.groups, strict=True)
        )
    return Table("groups", f"By {inside_sentence(label)}", shown, rows, sortable=True)


def _overall_rate(report: AnyFunnel) -> str:
    return "funnel_overall_rate" if report.mature is None else "funnel_mature_rate"


def _group_row(
    group: FunnelGroup, everybody: PeopleList, question: Question, overall: str, difference: GroupDifference | None
) -> Row:
    cells = {"group": Cell(shown_name(group.group, group.name, group.values))}
    for place, step in enumerate(group.steps, start=1):
        cells[f"step{place}"] = Cell(step.count, _in_group(replace(everybody, step=place), group.group, question))
        cells[f"step{place}_change"] = Cell(group.answer.change("funnel_count", step_numbers(place - 1)))
    cells["overall"] = Cell(end_numbers(group.answer.report).known_value(overall))
    cells["overall_change"] = Cell(group.answer.change(overall, end_numbers))
    if difference is not None:
        low, high = difference.interval
        points = {"difference": difference.difference, "low": low, "high": high}
        cells |= {name: Cell(round(number, 3)) for name, number in points.items()}
        cells["p"] = Cell(difference.p_adjusted)
    return Row(cells, link=link_of_group(group.group))


def _with_money(row: Row, group: Group, money: NetMoney, question: FunnelQuestion, currency: str) -> Row:
    funnel = FunnelOrders(question.counted_steps, rules=question.counted_rules)
    orders = OrderList(question.window, funnel=funnel)
    if group.by == SEGMENT:
        opens = under_conditions(orders, in_group(question, group).part)
    else:
        opens = replace(orders, funnel=replace(funnel, group=group))
    return replace(row, cells={**row.cells, "funnel_revenue": Cell(Amount(currency, money.converted), opens)})


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
            **_of_window(report, number, here),
        }
        rows.append(Row(cells))
    columns = with_changes(COLUMNS_OF_STEPS, COMPARED_COLUMNS_OF_STEPS if answer.compared else ())
    columns = columns if report.mature is None else (*columns, *COLUMNS_OF_WINDOW)
    return Table("steps", "Steps", columns, tuple(rows))


def _of_window(report: FunnelReport, place: int, here: PeopleList) -> dict[str, Cell]:
    """Of a step, by its place, the people whose window is over and the others; empty where the funnel has none."""
    if report.mature is None:
        return {}
    over, all_people = report.mature[place - 1].count, report.steps[place - 1].count
    mature, young = (replace(here, entrants=Entrants(is_mature=is_mature)) for is_mature in (True, False))
    return {
        "mature_count": Cell(over, mature),
        "young": Cell(all_people - over, young),
        "mature_rate": Cell(known_rate(over, report.mature[0].count)),
    }


def _changes(answer: Answer[FunnelReport], place: int) -> dict[str, Cell]:
    """The changes of a step; 0 is the first, which has no rate. Empty where nothing is compared."""
    if not answer.compared:
        return {}
    numbers = step_numbers(place)
    from_previous = {"from_previous_change": Cell(answer.change("funnel_step_rate", numbers))} if place else {}
    return {"count_change": Cell(answer.change("funnel_count", numbers)), **from_previous}
