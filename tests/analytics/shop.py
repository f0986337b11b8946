"""A shop whose every report has numbers, small enough to be followed row by row."""

from datetime import date

from analytics.ingest.ab_tests import take_tests
from analytics.models import ExchangeRate
from tests.analytics.reports.items import at, contact, event, message, report


def fill_shop(bulk):
    """A bit of everything, with anonymous visitors, people who become known, links, bounces and a test."""
    variants = [{"name": "A"}, {"name": "B"}]
    test = {"externalId": "subject", "name": "Subject", "variants": variants}
    more = [{"externalId": f"more{n}", "name": f"More {n}"} for n in range(6)]
    welcome = {"externalId": "welcome", "name": "Welcome", "abTests": [test]}
    bulk("campaigns", [welcome, {"externalId": "push", "name": "Push", "channel": "PUSH"}, *more])
    people = range(1, 8)
    bulk("contacts", [contact(f"u{n}", f"03-{n * 3:02} 08:00") for n in people])
    enrollments = [{"campaign": "welcome", "contact": f"u{n}", "enrolledAt": at("03-20 09:00")} for n in people]
    enrollments[0]["status"] = "COMPLETED"
    enrollments += [{"campaign": f"more{n}", "contact": "u1", "enrolledAt": at("03-21 09:00")} for n in range(6)]
    bulk("enrollments", enrollments)
    bulk(
        "messages",
        [
            message(
                f"m{n}",
                f"03-{22 + n} 09:00",
                contact=f"u{n}",
                campaign="push" if n == 7 else "welcome",
                channel="PUSH" if n > 5 else "EMAIL",
                sent=f"03-{22 + n} 09:01",
                **({"abTest": "subject", "variant": "AB"[n % 2]} if n < 7 else {}),
                **({"delivered": f"03-{22 + n} 09:05"} if n > 1 else {}),
                **({"opened": f"03-{22 + n} 1{n}:05"} if n > 3 else {}),
            )
            for n in people
        ],
    )
    opened = [
        message(f"x{n}", "03-24 09:00", contact="u2", campaign=f"more{n}", opened="03-24 12:00") for n in range(6)
    ]
    bulk("messages", opened)
    clicked = [
        {**report("m4", "clicked", f"03-27 1{n}:00"), "url": "https://shop.example/beans?a=1&b=2", **said}
        for n, said in enumerate(({}, {}, {"providerHint": "bot"}))
    ]
    scanned = {**report("m5", "clicked", "03-28 14:00"), "url": "https://shop.example/", "providerHint": "bot"}
    bounced = {**report("m1", "bounced", "03-23 10:00"), "reason": "mailbox full"}
    bulk("message-events", [*clicked, scanned, bounced])
    visits = [
        one
        for n in people
        for one in (
            event("visit", f"?{n}", "03-24 10:00", utm={"source": f"s{n % 2}", "medium": "cpc"}),
            event("visit", f"u{n}", "03-25 10:00", anonymousId=f"?{n}"),
        )
    ]
    purchases = [event("purchase", f"u{n}", "03-26 10:00", utm={"source": "s1"}) for n in (1, 2, 3)]
    unknown = event("purchase", "?9", "03-26 10:00")
    bulk("events", [*visits, *purchases, unknown, event("visit", "u1", "03-27 10:00")])


def add_plans_and_amounts(bulk):
    """What conditions can be about: an address and a plan of most contacts, amounts of some events."""
    plans = {f"u{n}": ("pro", "free")[n % 2] for n in range(1, 7)}
    described = [
        {"externalId": user, "email": f"{user}@mail.example", "attributes": {"plan": plan}}
        for user, plan in plans.items()
    ]
    bulk("contacts", described)
    amounts = enumerate((20, 30, 45.5, "60", None), start=1)
    more = [event("purchase", f"u{n}", f"03-{26 + n} 11:00", properties={"amount": amount}) for n, amount in amounts]
    visits = [event("visit", f"u{n}", f"03-{25 + n} 09:00", properties={"amount": 10 * n}) for n in range(1, 6)]
    bulk("events", [*more, *visits, event("purchase", "?9", "03-30 10:00", properties={"amount": 99})])


def add_orders(bulk):
    """Orders in three currencies, one of them told of twice, refunds, and what has no amount or no currency."""
    said = (
        ("u1", 24, {"revenue": 30, "currency": "EUR", "order_id": "o1", "plan": "pro"}),
        ("u2", 24, {"revenue": 9.5, "currency": "USD", "order_id": "o2", "plan": "pro"}),
        ("u3", 26, {"revenue": 1200, "currency": "JPY", "order_id": "o3"}),
        ("u1", 26, {"revenue": 30, "currency": "EUR", "order_id": "o1", "plan": "pro"}),
        ("?9", 27, {"revenue": 5, "plan": "free", "amount": 40}),
        ("u4", 27, {"revenue": -2, "currency": "EUR", "plan": "free"}),
    )
    orders = [event("purchase", who, f"03-{day} 12:00", properties=each) for who, day, each in said]
    refund = {"revenue": 4, "currency": "USD", "order_id": "o2", "plan": "pro", "amount": 50}
    bulk("events", [*orders, event("Order Refunded", "u2", "03-28 12:00", properties=refund)])


def state_rate(workspace):
    """Of one of the currencies."""
    ExchangeRate.objects.create(
        workspace=workspace, day=date(2026, 3, 24), source="USD", target="EUR", digits=915, places=3
    )


def add_holdout(bulk, workspace, now):
    """From Welcome, of u1 to u6; u1 was given both variants."""
    arms = [{"name": "treated"}, {"name": "held out", "isControl": True}]
    holdout = {"externalId": "h", "name": "Holdout", "campaign": "welcome", "isHoldout": True, "variants": arms}
    take_tests(workspace, [holdout], received_at=now)
    given = [(n, "held out" if n % 2 else "treated", "03-21 09:00") for n in range(1, 7)] + [
        (1, "treated", "03-22 09:00")
    ]
    bulk(
        "assignments",
        [{"abTest": "h", "variant": name, "contact": f"u{n}", "assignedAt": at(when)} for n, name, when in given],
    )
