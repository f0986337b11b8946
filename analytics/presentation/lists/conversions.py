"""Conversions below each other, each with the touches before it and their shares."""

from collections.abc import Sequence

from analytics.lists import ConversionList, ConversionRow
from analytics.money import Amount
from analytics.presentation.audience import Audience
from analytics.presentation.formats import amount_text, percent
from analytics.presentation.lists.events import who_cell
from analytics.presentation.lists.people import ADDRESS_COLUMNS, address_cells
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.reports.credit.conversion_paths import ConversionTouch
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.worth import CreditedMoney

_WITHOUT_TOUCH = "direct / unknown"
_NEXT = " › "


def conversions_table(conversions: ConversionList, rows: Sequence[ConversionRow], audience: Audience) -> Table:
    columns = (
        Column("at", "Occurred", Kind.INSTANT),
        Column("event", "Event"),
        Column("who", "Who"),
        *ADDRESS_COLUMNS,
        Column("path", "Path, with the share of each touch"),
        Column("credit", "Credit", Kind.SHARE),
        Column("credited", "Credited revenue"),
        Column("worth", "Revenue"),
        Column("id", "ID", of_files=True),
    )
    return Table(conversions.name, "Conversions", columns, [_row(row, audience) for row in rows], is_list=True)


def _row(row: ConversionRow, audience: Audience) -> Row:
    found, event = row.conversion, row.conversion.event
    path = _NEXT.join(audience.text(_touch_text(touch)) for touch in found.path.touches)
    return Row(
        {
            "at": Cell(audience.local(event.occurred_at)),
            "event": Cell(event.type),
            "who": who_cell(row.row, audience),
            **address_cells(row.row.contact, audience),
            "path": Cell(path or _WITHOUT_TOUCH),
            "credit": Cell(None if found.credit is None else found.credit / CONVERSION),
            "credited": Cell("" if found.revenue is None else _amounts_text(found.revenue)),
            "worth": Cell(_amounts_text(found.path.revenue)),
            "id": Cell(audience.text(event.message_id)),
        }
    )


def _touch_text(touch: ConversionTouch) -> str:
    if touch.credit is None:
        return touch.label.text
    return f"{touch.label.text} ({percent(touch.credit / CONVERSION)})"


def _amounts_text(money: CreditedMoney) -> str:
    """Each currency with an amount for itself."""
    return ", ".join(amount_text(Amount(name, units)) for name, units in money.by_currency.items() if units)
