"""On which paths people convert: the touches before conversions, in their order."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from analytics.ledger import Source
from analytics.lists import ConversionList
from analytics.metrics import Change, known_rate, rate
from analytics.money import Amount
from analytics.presentation.credit.report import remarks_of_money, revenue_key, why_credited
from analytics.presentation.credit.texts import WITHOUT_TOUCH
from analytics.presentation.formats import count, count_of, percent
from analytics.presentation.groups import WITHOUT_SOURCE
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table, with_changes
from analytics.questions.credit import CreditModel
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.credit.conversion_paths import ConversionChoice
from analytics.reports.credit.path_report import (
    SHOWN_FIRST,
    PathRow,
    PathsQuestion,
    PathsReport,
    path_change,
    path_report,
)
from analytics.reports.credit.worth import CreditedMoney


def show_paths(source: Source, question: PathsQuestion) -> Presentation:
    return paths_presentation(compared_answer(path_report, source, question), question)


def paths_presentation(answer: Answer[PathsReport], question: PathsQuestion) -> Presentation:
    report = answer.report
    return Presentation(
        meta=report.meta,
        tables=(_table(answer, question),),
        notices=tuple(remarks_of_money(report.revenue, report.without_amount, report.assumed_currency)),
    )


def paths_finding(report: PathsReport) -> str:
    """`229 of 331 conversions have a touch before them; 43.2% of these have more than one.`"""
    credited = report.conversions - report.without_touch
    whole = count_of(report.conversions, "conversion", "conversions")
    if not credited:
        return f"None of {whole} has a touch before it."
    several = percent(rate(report.with_more_touches, credited))
    return f"{count(credited)} of {whole} have a touch before them; {several} of these have more than one."


def _table(answer: Answer[PathsReport], question: PathsQuestion) -> Table:
    report, currencies = answer.report, tuple(answer.report.revenue.exchanged)
    columns = (
        Column("path", "Path"),
        Column.of("conversion_events", key="conversions"),
        Column("share", "Share of conversions", Kind.SHARE),
        *(
            Column.of("credited_revenue", key=revenue_key(currency), label="Revenue", currency=currency)
            for currency in currencies
        ),
        Column("time", "Median time to convert", Kind.SPAN),
    )
    whole = ConversionList(question.window, question.rule)
    rows = map(partial(_row, answer, whole, currencies), report.rows)
    others = _whole_row(
        f"Other paths ({count(report.other_paths)})",
        report.other_conversions,
        report,
        opens=replace(whole, choice=ConversionChoice(besides=question.frequent)),
    )
    direct = _whole_row(
        WITHOUT_TOUCH,
        report.without_touch,
        report,
        path_change(answer, lambda each: each.without_touch),
        replace(whole, choice=ConversionChoice(has_touch=False)),
        why_credited("credit", question.rule, (WITHOUT_SOURCE,)),
    )
    change = path_change(answer, lambda each: each.conversions)
    every = _whole_row("All conversions", report.conversions, report, change, whole, _why(whole))
    every = Row({**every.cells, **_amounts(report.revenue, currencies, whole)})
    return Table(
        "paths",
        "Paths to conversion",
        with_changes(columns, ("conversions",) if answer.compared else ()),
        (*rows, *([others] if report.other_paths else []), direct),
        foot=every,
        sortable=True,
    )


def _row(answer: Answer[PathsReport], whole: ConversionList, currencies: Sequence[str], row: PathRow) -> Row:
    change = path_change(answer, lambda report: report.conversions_on(row.key))
    opens = replace(whole, choice=ConversionChoice(path_key=row.key))
    why = _why(whole, path=row.key)
    cells = _whole_row(path_text(row), row.conversions, answer.report, change, opens, why).cells
    return Row({**cells, **_amounts(row.revenue, currencies, opens), "time": Cell(row.median_seconds)})


def _why(whole: ConversionList, **path: str) -> Link | None:
    """What conversions are made of, all or those on a path, by whatever model."""
    link = why_credited("credit", replace(whole.rule, model=CreditModel.LAST), ())
    return link and replace(link, query={**link.query, **path})


def _whole_row(
    name: str,
    conversions: int,
    report: PathsReport,
    change: Change | None = None,
    opens: ConversionList | None = None,
    why: Link | None = None,
) -> Row:
    return Row(
        {
            "path": Cell(name),
            "conversions": Cell(conversions, opens),
            "conversions_change": Cell(change, why=why),
            "share": Cell(known_rate(conversions, report.conversions)),
        }
    )


def _amounts(money: CreditedMoney, currencies: Sequence[str], opens: ConversionList) -> dict[str, Cell]:
    return {revenue_key(name): Cell(Amount(name, money.exchanged.get(name, 0)), opens) for name in currencies}


def path_text(row: PathRow) -> str:
    """`google / cpc › Spring (email click)`; of a long one how many touches it leaves out."""
    names = [label.text for label in row.labels]
    if row.is_cut:
        names.insert(SHOWN_FIRST, f"… {count(row.touches - len(names))} more …")
    return " › ".join(names)
