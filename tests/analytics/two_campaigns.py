"""Two campaigns that bring money, small enough to be added up by hand."""

from tests.analytics.reports.items import contact, event, message, report

SPRING = {"source": "news", "medium": "web", "campaign": "spring"}


def fill_two_campaigns(bulk):
    """Ada clicks in both and buys; Bob comes by the second one's link and buys in dollars; Eve gets one and does
    nothing."""
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob", "eve")])
    bulk("campaigns", [{"externalId": "welcome", "name": "W"}, {"externalId": "spring", "name": "S", "utm": SPRING}])
    reached = {"sent": "03-20 08:00", "delivered": "03-20 08:00"}
    clicks = [{"opened": "03-20 09:00", "clicked": at} for at in ("03-20 10:00", "03-20 10:05")]
    bulk(
        "messages",
        [
            message("m1", "03-20 08:00", **reached, **clicks[0]),
            message("m2", "03-20 08:00", campaign="spring", **reached, **clicks[1]),
            message("m3", "03-20 08:00", contact="eve", **reached),
            message("m4", "03-20 08:01", contact="eve", **reached),
            message("m5", "03-20 08:00", contact="bob", sent="03-20 08:00"),
        ],
    )
    bulk("message-events", [report("m1", "clicked", "03-20 10:00"), report("m2", "clicked", "03-20 10:05")])
    bulk(
        "events",
        [
            event("purchase", "ada", "03-21 10:00", properties={"revenue": "10.01", "order_id": "a1"}),
            event("visit", "bob", "03-21 10:00", utm=SPRING),
            event("purchase", "bob", "03-21 11:00", properties={"revenue": 7, "currency": "USD"}),
            event("Order Refunded", "ada", "03-25 10:00", properties={"revenue": 1, "order_id": "a1"}),
        ],
    )
