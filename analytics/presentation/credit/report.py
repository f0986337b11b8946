"""Thanks to what people convert: what the chosen model credits each touch with, beside what other models say."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from analytics.ledger import Source
from analytics.lists import ConversionList
from analytics.metrics import METRICS, Numbers, known_rate
from analytics.money import Amount
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.credit.findings import range_of_models
from analytics.presentation.credit.texts import ROW_LABELS, WITHOUT_TOUCH, model_label, model_text, touch_text
from analytics.presentation.formats import count_of
from analytics.presentation.groups import WITH_SOURCE, WITHOUT_SOURCE, conditions_of_group
from analytics.presentation.presentation import Presentation
from analytics.presentation.tables import Cell, Column, Kind, Link, Row, Table, with_changes
from analytics.presentation.tiles import Tile, why_link
from analytics.questions.credit import CreditModel, CreditRule
from analytics.questions.fields import field_of
from analytics.questions.groups import Group
from analytics.questions.parts import SOURCE_FIELDS
from analytics.questions.what_changed import weighs_touches
from analytics.reports.credit.compared import ALL_CONVERSIONS, WITHOUT, CreditAnswer, CreditKey
from analytics.reports.credit.conversion_paths import ConversionChoice, TouchMatch
from analytics.reports.credit.report import CreditQuestion, CreditReport
from analytics.reports.credit.touches import CreditBy, TouchLabel
from analytics.reports.credit.worth import CreditedMoney

MODELS_BESIDE = (
    CreditModel.FIRST,
    CreditModel.LAST,
    CreditModel.LINEAR,
    CreditModel.DECAY,
    CreditModel.POSITION,
)
"""What is drawn beside the chosen model."""
CHARTED_TOUCHES = 8
COLUMNS_OF_INTERVAL = (Column("low", "95% CI from", Kind.CREDIT), Column("high", "95% CI to", Kind.CREDIT))


def show_credit(source: Source, question: CreditQuestion) -> Presentation:
    return credit_presentation(CreditAnswer.of(source, question, MODELS_BESIDE), question)


def credit_presentation(answer: CreditAnswer, question: CreditQuestion) -> Presentation:
    report, table = answer.report, credit_table(answer, question)
    drawn = [column.key for column in _columns_of_models(answer)] if report.rows and not report.refusal else []
    chart = Chart(
        ChartKind.TICKS,
        f"Conversions credited by {model_text(report.rule)}",
        table,
        ("credit", *drawn),
        range_of_models(answer),
        rows=CHARTED_TOUCHES,
        stands_apart=True,
    )
    return Presentation(
        meta=report.meta,
        tiles=_tiles(answer, question),
        charts=(chart,) if drawn else (),
        tables=(table,),
        notices=tuple(credit_notices(report)),
    )


def credit_notices(report: CreditReport) -> Iterator[str]:
    """What its model cannot say, and what of the money is not told or was assumed."""
    if report.refusal:
        yield f"{model_label(report.rule)} says nothing of this period: {report.refusal} Other models do."
    yield from remarks_of_money(report.revenue, report.without_amount, report.assumed_currency)


def remarks_of_money(revenue: CreditedMoney, without_amount: int, assumed_currency: int) -> Iterator[str]:
    """Nothing where no conversion is worth anything."""
    if not revenue.exchanged:
        return
    if without_amount:
        orders = count_of(without_amount, "order has", "orders have")
        yield f"{orders} no amount, so no revenue is credited for {'it' if without_amount == 1 else 'them'}."
    if assumed_currency:
        yield f"Amounts that name no currency: {assumed_currency:,}. They are taken to be in the workspace's."


def credit_table(answer: CreditAnswer, question: CreditQuestion) -> Table:
    """A row for each touch or part of its name, one for conversions without a touch, and all of them as the foot."""
    has_interval = any(row.interval for row in answer.report.rows)
    columns = (
        Column("touch", ROW_LABELS[question.by]),
        Column("credit", METRICS["credit"].name, Kind.CREDIT, "credit"),
        *(COLUMNS_OF_INTERVAL if has_interval else ()),
        Column("share", "Share of conversions", Kind.SHARE),
        Column.of("assists"),
        Column.of("converted_people", key="people", label="People"),
        *(
            Column.of("credited_revenue", key=revenue_key(currency), label="Revenue", currency=currency)
            for currency in answer.currencies
        ),
        *_columns_of_models(answer),
    )
    direct = conversions_behind(question.rule, question, None)
    without = _whole_row(answer, question, WITHOUT, WITHOUT_TOUCH, direct)
    whole = ConversionList(question.window, question.rule)
    every = _whole_row(answer, question, ALL_CONVERSIONS, "All conversions", whole)
    compared = ("credit", *map(revenue_key, answer.currencies)) if answer.is_compared else ()
    return Table(
        "credit",
        "Credit",
        with_changes(columns, compared),
        (*(_row(answer, key, question) for key in answer.keys), without),
        foot=every,
        sortable=True,
    )


def conversions_behind(rule: CreditRule, question: CreditQuestion, label: TouchLabel | None) -> ConversionList:
    """Those that touches of a label came before, or with None those without a touch; each with its path."""
    if label is None:
        return ConversionList(question.window, rule, ConversionChoice(has_touch=False))
    return ConversionList(question.window, rule, ConversionChoice(touch=TouchMatch.of(label, question.by)))


def conditions_of_touches(answer: CreditAnswer, key: CreditKey, by: CreditBy) -> tuple[str, ...] | None:
    """By which touches of a row are chosen, as addresses have them; None where others are called the same."""
    if key == ALL_CONVERSIONS:
        return ()
    if key == WITHOUT:
        return (WITHOUT_SOURCE,)
    label = answer.label(key)
    if by is not CreditBy.TOUCH:
        return _are_so(by.value, label.name(by)[0])
    names = label.source, label.medium, label.campaign
    if answer.rows_called[names] > 1:
        return None
    return tuple(chain.from_iterable(map(_are_so, SOURCE_FIELDS, names)))


def _are_so(key: str, value: str | None) -> tuple[str, ...]:
    """That touches have this value; without one that they have none, but are there."""
    field = field_of(key)
    assert field is not None
    conditions = conditions_of_group(Group(field, value))["where"]
    return conditions if value is not None else (*conditions, WITH_SOURCE)


def why_credited(metric: str, rule: CreditRule, conditions: tuple[str, ...] | None) -> Link | None:
    """To what a change of what touches are credited with is made of; None of a model that does not weigh them."""
    link = why_link(metric, conditions=conditions or ())
    if link is None or conditions is None or not weighs_touches(rule):
        return None
    return replace(link, query={**link.query, **rule.unusual_query})


def revenue_key(currency: str) -> str:
    return f"revenue_{currency}"


def _columns_of_models(answer: CreditAnswer) -> Iterator[Column]:
    """Of files, and of the chart."""
    for place, values in enumerate(answer.others):
        yield Column(f"model{place}", model_label(values.report.rule), Kind.CREDIT, of_files=True)


def _row(answer: CreditAnswer, key: CreditKey, question: CreditQuestion) -> Row:
    label, found = answer.label(key), answer.values.report.rows.get(key)
    opens = conversions_behind(question.rule, question, label)
    row = _whole_row(answer, question, key, touch_text(label, question.by), opens if found and found.assists else None)
    low, high = found.interval if found and found.interval else (None, None)
    people = replace(opens, choice=replace(opens.choice, once_a_person=True))
    cells = {
        "assists": Cell(found.assists if found else 0, opens),
        "people": Cell(found.people if found else 0, people),
        "low": Cell(low),
        "high": Cell(high),
    }
    is_of_campaign = question.by is CreditBy.TOUCH and label.campaign_id is not None
    link = Link("campaign", {"campaign": f"cmp_{label.campaign_id}"}) if is_of_campaign else None
    return Row({**row.cells, **cells}, link=link)


def _whole_row(
    answer: CreditAnswer, question: CreditQuestion, key: CreditKey, name: str, opens: ConversionList | None = None
) -> Row:
    values, conditions = answer.values.report, conditions_of_touches(answer, key, question.by)
    share, of_credit = values.share(key), why_credited("credit", question.rule, conditions)
    of_revenue = why_credited("credited_revenue", question.rule, conditions)
    cells = {
        "touch": Cell(name),
        "credit": Cell(values.credit(key), opens),
        "credit_change": Cell(answer.credit_change(key), why=of_credit),
        "share": Cell(share and known_rate(*share)),
    }
    for currency in answer.currencies:
        cells[revenue_key(currency)] = Cell(values.amount(key, currency), opens)
        change = Cell(answer.revenue_change(key, currency), why=of_revenue if currency == answer.currency else None)
        cells[f"{revenue_key(currency)}_change"] = change
    cells |= {f"model{place}": Cell(other.credit(key)) for place, other in enumerate(answer.others)}
    return Row(cells)


def _tiles(answer: CreditAnswer, question: CreditQuestion) -> tuple[Tile, ...]:
    """All conversions, those with a touch, and what these brought."""
    report, change = answer.report, answer.answer.change
    tiles = [
        Tile(
            METRICS["conversion_events"],
            report.conversions,
            change("conversion_events", lambda report: Numbers(conversion_events=report.conversions)),
            opens=ConversionList(question.window, question.rule),
            why=why_link("conversion_events"),
        ),
        Tile(
            METRICS["credit"],
            report.credited,
            change("credit", lambda report: Numbers(credit=report.credited)),
            opens=ConversionList(question.window, question.rule, ConversionChoice(has_touch=True)),
            why=why_credited("credit", question.rule, (WITH_SOURCE,)),
        ),
    ]
    return (*tiles, *(_revenue_tile(answer, question, currency) for currency in answer.currencies[:1]))


def _revenue_tile(answer: CreditAnswer, question: CreditQuestion, currency: str) -> Tile:
    def numbers(report: CreditReport) -> Numbers:
        units = report.credited_revenue.exchanged.get(currency, 0)
        return Numbers(credited_revenue=units, orders=report.credited)

    change = answer.answer.change("credited_revenue", numbers)
    amount = Amount(currency, numbers(answer.report)["credited_revenue"])
    opens = ConversionList(question.window, question.rule, ConversionChoice(has_touch=True))
    why = why_credited("credited_revenue", question.rule, (WITH_SOURCE,)) if currency == answer.currency else None
    changed = change and replace(change, currency=currency)
    return Tile(METRICS["credited_revenue"], amount, changed, opens=opens, why=why)
