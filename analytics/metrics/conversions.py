"""Metrics of sources, conversions and money."""

from analytics.metrics.counted import Counted
from analytics.metrics.metric import Metric, Unit

_CONVERTED = "Amounts of other currencies are converted by the rate of their day; those without a rate are left out."

OF_SOURCES_AND_MONEY = (
    Metric(
        "unique_visitors",
        "Unique visitors",
        "Contacts and anonymous visitors with an event of this source, medium and campaign in the period.",
    ),
    Metric(
        "attributed_events",
        "Attributed events",
        "Events in the period with a known source: those that carry a utm_source.",
    ),
    Metric(
        "conversions",
        "Attributed conversions",
        "Conversions in the period by people who came from a known source before it, in the period.",
    ),
    Metric(
        "conversion_events",
        "Conversions",
        "Events in the period of a type that counts as a conversion. The settings say which types do.",
        counted=Counted.CONVERSIONS,
    ),
    Metric(
        "orders",
        "Orders",
        "Sales in the period. An order that several events tell of is one; a sale without an order ID is one, too.",
    ),
    Metric(
        "revenue",
        "Net revenue",
        f"What was sold in the period, less what was refunded in it. An order counts once. {_CONVERTED}",
        Unit.MONEY,
    ),
    Metric(
        "gross_revenue",
        "Gross revenue",
        f"What was sold in the period, whether or not it was refunded. An order counts once. {_CONVERTED}",
        Unit.MONEY,
    ),
    Metric(
        "refunds",
        "Refunds",
        f"What was refunded in the period, whenever the order was. {_CONVERTED}",
        Unit.MONEY,
        less_is_better=True,
    ),
    Metric(
        "credit",
        "Credited conversions",
        "Conversions of the period, shared out by the chosen model among the touches before each of them, as far back "
        "as the look-back says. With those that have no touch they add up to all conversions.",
        scale=1_000_000,
    ),
    Metric(
        "assists",
        "Assists",
        "Conversions with a touch of this kind before them, however they are credited. One can have touches of several "
        "kinds, so they do not add up.",
    ),
    Metric(
        "converted_people",
        "People who converted",
        "Different people with a conversion that a touch of this kind came before. They do not add up.",
    ),
    Metric(
        "credited_revenue",
        "Credited revenue",
        "The net revenue of the conversions' orders, shared out as the conversions are. A refund is taken back from "
        f"the touches that the order was credited to. {_CONVERTED}",
        Unit.MONEY,
    ),
    Metric(
        "valued_orders",
        "Orders with an amount",
        "Sales in the period that state what they are worth.",
    ),
    Metric(
        "average_order",
        "Average order value",
        "What an order in the period is worth, of those that state an amount.",
        Unit.MONEY,
        "gross_revenue",
        "valued_orders",
    ),
    Metric("buyers", "Buyers", "People who ordered in the period, each counted once."),
    Metric(
        "active_people",
        "Active people",
        "People with an event in the period, known or not, each counted once.",
    ),
    Metric(
        "converting_people",
        "People with a conversion",
        "People with a conversion in the period, known or not, each counted once.",
    ),
    Metric(
        "buyer_rate",
        "Conversion rate",
        "Share of the people with an event in the period who ordered in it.",
        Unit.SHARE,
        "buyers",
        "active_people",
        note="buyers of active people",
    ),
    Metric(
        "recipients",
        "Recipients",
        "People to whom a message created in the period was delivered, each counted once in a campaign.",
    ),
    Metric(
        "revenue_per_recipient",
        "Revenue per recipient",
        "What a campaign's credited revenue is for each of its recipients.",
        Unit.MONEY,
        "credited_revenue",
        "recipients",
    ),
    Metric(
        "last_touch_conversions",
        "Conversions by last source",
        "Conversions in the period, each credited to the last source its person came from before it, in the period.",
    ),
)
