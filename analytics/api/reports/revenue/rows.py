"""Beside each number of a report on revenue, the address of the orders that it is made of."""

from dataclasses import replace

from analytics.api.reports.rows import AnswerPart, ReportRows
from analytics.lists import AnyList, OrderKind, OrderList, PeopleList
from analytics.lists.acts import Act
from analytics.periods import Window
from analytics.reports.revenue.report import RevenueReport, refunds_by_of


def add_rows(rows: ReportRows, body: AnswerPart, report: RevenueReport) -> None:
    add_rows_of_totals(rows, body["total"], rows.window)
    rows.add(body["total"], activePeople=PeopleList(rows.window, did=Act.EVENT))
    for row, (bucket, _) in zip(body["series"], report.rows, strict=True):
        add_rows_of_totals(rows, row, bucket.window(rows.window.zone))


def add_rows_of_totals(rows: ReportRows, body: AnswerPart, window: Window) -> None:
    """Sums are those of the lists' amounts, or of what these are worth converted."""
    every = OrderList(window, refunds_by=refunds_by_of(rows.question))
    kinds = {"gross": OrderKind.SALE, "refunds": OrderKind.REFUND, "net": None, "aov": OrderKind.SALE}
    valued = replace(every, without_amount=False, unconverted=False)
    found: dict[str, AnyList] = {
        "orders": replace(every, kind=OrderKind.SALE),
        "buyers": PeopleList(window, did=Act.ORDER),
        "withoutAmount": replace(every, without_amount=True),
        "duplicateOrders": replace(every, kind=OrderKind.DUPLICATE),
        "currencyAssumed": replace(every, currency_assumed=True),
        "converted.orders": replace(valued, kind=OrderKind.SALE),
    }
    found |= {f"converted.{name}": replace(valued, kind=kind) for name, kind in kinds.items()}
    for currency in body["net"]:
        found |= {f"{name}.{currency}": replace(every, kind=kind, currency=currency) for name, kind in kinds.items()}
    for currency in body["unconverted"]:
        found[f"unconverted.{currency}"] = replace(every, currency=currency, unconverted=True)
    rows.add(body, **found)
