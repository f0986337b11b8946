"""The list of orders and refunds behind a sum of money."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.lists import OrderList
from analytics.lists.cohort_orders import PERIOD_ORDERS_PARAMETERS, CohortOrders
from analytics.lists.conditions import CONDITION_PARAMETERS
from analytics.lists.funnel_orders import FUNNEL_PARAMETERS
from analytics.lists.member_orders import MEMBER_PARAMETERS
from analytics.lists.orders_of_test import ORDERS_OF_TEST_PARAMETERS
from analytics.lists.people import people_rows
from analytics.lists.query import PARTS_OF_DAYS
from analytics.lists.rfm_people import RFM_PARAMETERS
from analytics.lists.steps import FUNNEL_STEP
from analytics.money import Amount
from analytics.presentation.conditions import ConditionNames
from analytics.presentation.lists.orders import (
    KIND_LABELS,
    cohort_order_labels,
    funnel_labels,
    labels_of_test,
    member_labels,
    sums_texts,
)
from analytics.presentation.revenue.rfm_labels import rfm_labels
from analytics.questions.filter_texts import SEVERAL_CONDITIONS
from analytics.questions.questions import RefundsBy
from analytics.views.filter_builder import FIELD
from analytics.views.listing import FilterField, ListPage, open_list
from analytics.views.page import Chip
from analytics.views.step_builder import names_of_steps
from campaignos.page_parameters import FILE, PLACE, understands

_WITHOUT_FIELD = (
    *PARTS_OF_DAYS,
    "withoutAmount",
    "currencyAssumed",
    "unconverted",
    "person",
    "refundsBy",
    *MEMBER_PARAMETERS,
    *PERIOD_ORDERS_PARAMETERS,
    *FUNNEL_PARAMETERS,
    *RFM_PARAMETERS,
    *ORDERS_OF_TEST_PARAMETERS,
)
"""Parameters that the form carries along."""
_SEVERAL = (FUNNEL_STEP, "exclude")
_FLAGS = {
    "withoutAmount": ("Without an amount", "With an amount"),
    "currencyAssumed": ("Currency assumed", "Currency stated"),
    "unconverted": ("Without an exchange rate", "Converted"),
}


@login_required
@require_safe
@understands(
    *("from", "to", "kind", "type", "currency", "property", "value"),
    *(name for name in _WITHOUT_FIELD if name not in _SEVERAL),
    *CONDITION_PARAMETERS,
    FIELD,
    many=(*SEVERAL_CONDITIONS, *_SEVERAL),
    after=PLACE,
    format=FILE,
)
def orders_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_list(request, slug, "orders", "Orders")
    orders = OrderList.read(page.parameters)
    found = orders.find(page.workspace, now=page.now)
    return page.listing(
        orders,
        found=found,
        template="lists/orders.html",
        unit=("order or refund", "orders and refunds"),
        fields=_fields(page),
        chips=_chips(page, orders),
        hidden=[(name, orders.query[name]) for name in _WITHOUT_FIELD if name in orders.query],
        sums=sums_texts(found.sums, page.workspace.currency),
        nets=[Amount(name, amounts.net) for name, amounts in found.sums.by_currency.items()],
        net=found.sums.converted and Amount(page.workspace.currency, found.sums.converted.net),
    )


def _fields(page: ListPage) -> list[FilterField]:
    types = [name for name, rule in page.workspace.rules_by_type.items() if rule.is_money]
    return [
        *page.dates("From", "to"),
        page.field("kind", "Kind", "choice", options=[(kind.value, label) for kind, label in KIND_LABELS.items()]),
        page.field("type", "Event", "choice", options=[(name, name) for name in types]),
        page.field("currency", "Currency", hint="EUR"),
    ]


def _chips(page: ListPage, orders: OrderList) -> list[Chip]:
    chips = page.hour_chips(orders.window)
    chips += [page.chip(_FLAGS[name][orders.query[name] == "0"], name) for name in _FLAGS if name in orders.query]
    if orders.refunds_by is RefundsBy.ORDER:
        chips.append(page.chip("Refunds on the day of their order", "refundsBy"))
    if orders.person is not None:
        row = people_rows(page.workspace, [orders.person])[0]
        name = page.audience.text(row.contact.label) if row.contact else "an anonymous visitor"
        chips.append(page.chip(f"By {name}", "person"))
    labels = member_labels(orders.members) if orders.members else []
    if orders.cohort is not None:
        labels += cohort_order_labels(orders.cohort, _names(page, orders.cohort))
    if orders.buyers is not None:
        labels += rfm_labels(orders.buyers.choice)
    if orders.funnel is not None:
        groups = [orders.funnel.group] if orders.funnel.group else []
        labels += funnel_labels(orders.funnel, names_of_steps(page.workspace, orders.funnel.steps, groups))
    if orders.test is not None:
        labels += labels_of_test(orders.test)
    return [*chips, *map(Chip, labels)]


def _names(page: ListPage, cohort: CohortOrders) -> ConditionNames:
    """What its start and its group are called."""
    steps = [cohort.cell.start.act] if cohort.cell.start.act else []
    return names_of_steps(page.workspace, steps, [cohort.cell.group] if cohort.cell.group else [])
