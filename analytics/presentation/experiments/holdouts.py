"""What holdouts show to be incremental, and how far each model of credit is from that."""

from collections.abc import Iterator

from analytics.lists import PeopleList
from analytics.lists.experiment_members import MembersOfTest
from analytics.money import Amount
from analytics.periods import Window
from analytics.presentation.credit.texts import model_label
from analytics.presentation.experiments.texts import LEAST_SAVED
from analytics.presentation.formats import count, percent, short_name
from analytics.presentation.tables import NOTHING, Cell, Column, Kind, Link, Row, Table, Value
from analytics.reports.experiments.holdouts import HoldoutArm, HoldoutResult, HoldoutsReport, HoldoutState, Increment

_SHARE_COLUMNS = (
    Column("holdout", "Holdout"),
    Column("model", "Model"),
    Column("share", "Incremental share", Kind.SHARE),
    Column("low", "95% CI from", Kind.SHARE),
    Column("high", "95% CI to", Kind.SHARE),
    Column("revenue", "Of revenue", Kind.SHARE),
)


def holdout_tables(report: HoldoutsReport, days: Window) -> tuple[Table, ...]:
    """What is incremental on the days, a row for each holdout, and the share of what models credit; none without a
    holdout."""
    if not report.holdouts:
        return ()
    results = tuple(_result(each, report.currency, days) for each in report.holdouts)
    shares = tuple(row for each in report.holdouts for row in _shares(each))
    return (
        Table("holdouts", "What holdouts show to be incremental", _columns(report.currency), results),
        Table("incremental_share", "Share of credited conversions that is incremental", _SHARE_COLUMNS, shares),
    )


def _columns(currency: str) -> tuple[Column, ...]:
    return (
        Column("holdout", "Holdout"),
        Column("treated", "Treated", Kind.COUNT),
        Column("heldOut", "Held out", Kind.COUNT),
        Column("treatedRate", "Treated converted", Kind.SHARE),
        Column("heldOutRate", "Held out converted", Kind.SHARE),
        Column("conversions", "Incremental conversions", Kind.CREDIT),
        Column("low", "95% CI from", Kind.CREDIT),
        Column("high", "95% CI to", Kind.CREDIT),
        Column("revenue", "Incremental revenue", Kind.MONEY, currency=currency),
        Column("revenueLow", "95% CI from", Kind.MONEY, currency=currency),
        Column("revenueHigh", "95% CI to", Kind.MONEY, currency=currency),
        Column("sentAnyway", "Held out, but sent", Kind.COUNT),
    )


def _result(result: HoldoutResult, currency: str, days: Window) -> Row:
    amounts = {name: value and Amount(currency, round(value)) for name, value in _bounds(result.revenue, "revenue")}
    cells: dict[str, Cell] = {
        "holdout": Cell(result.test.name, link=Link.to("experiments", test=result.test.api_id)),
        "treated": _people(result, result.treated),
        "heldOut": _people(result, result.held_out),
        "treatedRate": _conversion_rate(result, result.treated, days),
        "heldOutRate": _conversion_rate(result, result.held_out, days),
        **{name: _cell(value) for name, value in _bounds(result.conversions, "conversions")},
        **{name: _cell(value) for name, value in amounts.items()},
        "sentAnyway": Cell(result.sent_anyway, _people_on(days, result, HoldoutState.SENT_ANYWAY)),
    }
    return Row(cells)


def _people(result: HoldoutResult, arm: HoldoutArm) -> Cell:
    return Cell(arm.people, PeopleList(test=MembersOfTest(result.test.pk, variant_id=arm.variant_id)))


def _conversion_rate(result: HoldoutResult, arm: HoldoutArm, days: Window) -> Cell:
    return Cell(arm.conversion_rate, _people_on(days, result, HoldoutState.CONVERTED, arm.variant_id))


def _people_on(days: Window, result: HoldoutResult, state: HoldoutState, arm: int | None = None) -> PeopleList:
    return PeopleList(days, test=MembersOfTest(result.test.pk, state, arm))


def _bounds(increment: Increment | None, name: str) -> Iterator[tuple[str, float | None]]:
    low, high = ("low", "high") if name == "conversions" else (f"{name}Low", f"{name}High")
    for column, bound in ((name, "amount"), (low, "low"), (high, "high")):
        yield column, None if increment is None else round(getattr(increment, bound), 2)


def _cell(value: Value) -> Cell:
    return NOTHING if value is None else Cell(value)


def _shares(result: HoldoutResult) -> Iterator[Row]:
    for each in result.models:
        share, of_revenue = each.share(result.conversions), each.share_of_revenue(result.revenue)
        values = dict.fromkeys(("share", "low", "high")) if share is None else dict(zip(_SHARES, share, strict=True))
        cells = {name: _cell(None if value is None else round(value, 3)) for name, value in values.items()}
        cells |= {"revenue": _cell(of_revenue and round(of_revenue[0], 3))}
        yield Row({"holdout": Cell(result.test.name), "model": Cell(model_label(each.rule)), **cells})


_SHARES = ("share", "low", "high")


def holdout_finding(result: HoldoutResult) -> str:
    """Of Spring, 8 of the conversions of 35 treated people are incremental (95% CI −2 to +18)."""
    name, found = short_name(result.test.name), result.conversions
    if found is None:
        return f"{name}: too few people or conversions to say what is incremental."
    people, allowed = count(result.treated.people), f"{_with_sign(found.low)} to {_with_sign(found.high)}"
    amount = _with_sign(found.amount)
    sentence = f"{name}: {amount} conversions of {people} treated people are incremental (95% CI {allowed})."
    if result.sent_anyway:
        share = percent(result.sent_anyway_rate)
        sentence += f" Of the held out, {count(result.sent_anyway)} were sent a message all the same ({share})."
    if found.saved >= LEAST_SAVED:
        sentence += f" What people did before explains {percent(found.saved)} of how they differ, and is taken off."
    return sentence


def _with_sign(number: float) -> str:
    sign = "−" if number < 0 else "+"
    return f"{sign}{abs(number):,.1f}"
