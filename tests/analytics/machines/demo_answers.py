"""Fifty questions that a person would ask of the demo's shop, each with the call that asks it, and the answer counted
by hand from what the shop's systems sent: plain dicts, no database and none of the program's own counting."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from analytics.demo import DemoData

LAST_30 = {"range": "30d"}
A_DAY = date(2026, 3, 20)


@dataclass(frozen=True)
class Asked:
    """`words` are the question, `known` tells the answer of the shop's data, which the call has at a path."""

    words: str
    tool: str
    arguments: dict
    path: str
    known: object


class Shop:
    """What the demo's systems sent, counted slowly."""

    def __init__(self, data: DemoData) -> None:
        self.data, self.today = data, data.now.astimezone(data.zone).date()

    def day(self, at: str) -> date:
        return datetime.fromisoformat(at).astimezone(self.data.zone).date()

    def last(self, days: int, at: str) -> bool:
        return self.today - timedelta(days=days) < self.day(at) <= self.today

    def signups(self, days: int) -> int:
        return sum(self.last(days, contact["signedUpAt"]) for contact in self.data.contacts)

    def messages(
        self, days: int = 30, campaign: str = "", channel: str = "", reached: str = "", on: date | None = None
    ):
        """Created on the last days, of these as many as reached a status."""
        return sum(
            self.last(days, message["createdAt"])
            and campaign in ("", message["campaign"])
            and channel in ("", message["channel"])
            and (on is None or self.day(message["createdAt"]) == on)
            and (not reached or self.has_reached(message, reached))
            for message in self.data.messages
        )

    def has_reached(self, message: dict, status: str) -> bool:
        reports = self.reports.get(message["externalId"], [])
        if status in ("opened", "clicked"):
            kinds = {"opened", "clicked"} if status == "opened" else {"clicked"}
            return any(f"{kind}At" in message for kind in kinds) or any(each["type"] in kinds for each in reports)
        if status in ("complained", "unsubscribed"):
            return any(each["type"] == status for each in reports)
        if status == "hard":
            return any(each.get("bounce") == "hard" for each in reports)
        return f"{status}At" in message

    @cached_property
    def reports(self) -> dict[str, list[dict]]:
        found: dict[str, list[dict]] = {}
        for report in self.data.message_events:
            found.setdefault(report["message"], []).append(report)
        return found

    def type_of(self, call: dict) -> str:
        return {"page": "page_view", "identify": ""}.get(call["type"]) or call.get("event", "")

    @cached_property
    def events(self) -> list[tuple[str, str, dict]]:
        """Of each its type, who did it, and the call; identifying somebody is no event."""
        known = {
            call["anonymousId"]: call["userId"] for call in self.data.calls if {"anonymousId", "userId"} <= {*call}
        }
        return [
            (self.type_of(call), call.get("userId") or known.get(call["anonymousId"], call["anonymousId"]), call)
            for call in self.data.calls
            if call["type"] != "identify"
        ]

    def events_of(self, days: int = 30, kind: str = "", source: tuple[str, str] | None = None, on: date | None = None):
        return [
            (type_, who, call)
            for type_, who, call in self.events
            if self.last(days, call["timestamp"])
            and kind in ("", type_)
            and (on is None or self.day(call["timestamp"]) == on)
            and (source is None or self.source(call) == source)
        ]

    def source(self, call: dict) -> tuple[str, str]:
        utm = call.get("context", {}).get("campaign", {})
        return utm.get("source", ""), utm.get("medium", "")

    def people(self, **which) -> int:
        return len({who for _, who, _ in self.events_of(**which)})

    def orders(self) -> dict[str, dict]:
        """The purchases of thirty days that name an order, each order once."""
        bought = [
            call["properties"] for _, _, call in self.events_of(kind="purchase") if "order_id" in call["properties"]
        ]
        return {properties["order_id"]: properties for properties in bought}

    def minor(self, currency: str) -> int:
        amounts = [Decimal(str(each["revenue"])) for each in self.orders().values() if each["currency"] == currency]
        return int(sum(amounts) * 100)

    def reached(self, *steps: str) -> int:
        """People who did the steps in this order within the thirty days."""
        acts: dict[str, list[tuple[datetime, str]]] = {}
        for type_, who, call in self.events_of():
            acts.setdefault(who, []).append((datetime.fromisoformat(call["timestamp"]), type_))
        return sum(self._has_done(sorted(done, key=lambda act: act[0]), steps) for done in acts.values())

    def _has_done(self, acts: list[tuple[datetime, str]], steps: tuple[str, ...]) -> bool:
        left = [*steps]
        for _, type_ in acts:
            if left and type_ == left[0]:
                left.pop(0)
        return not left

    def assigned(self, test: str, variant: str) -> int:
        return sum(each["abTest"] == test and each["variant"] == variant for each in self.data.assignments)

    def enrolled(self, campaign: str, **status) -> int:
        return sum(
            each["campaign"] == campaign and self.last(30, each["enrolledAt"]) and status.items() <= each.items()
            for each in self.data.enrollments
        )

    def share(self, part: int, whole: int) -> float:
        return round(part / whole, 3)


def asked(words: str, report: str, path: str, known, **parameters) -> Asked:
    parameters = {name.rstrip("_"): said for name, said in parameters.items()}
    return Asked(
        words,
        "ask",
        {"report": report, "parameters": ({} if "from" in parameters else LAST_30) | parameters},
        f"answer.{path}",
        known,
    )


def of_campaign(words: str, campaign: str, path: str, known) -> Asked:
    """The campaign's id is found out by list_campaigns, as a program has to."""
    return asked(words, "campaign", path, known, campaignId=campaign)


QUESTIONS = [
    asked("How many contacts are there?", "overview", "contacts.total", lambda shop: len(shop.data.contacts)),
    asked("How many signed up in 30 days?", "overview", "contacts.new", lambda shop: shop.signups(30)),
    asked("And in the last week?", "overview", "contacts.new", lambda shop: shop.signups(7), range="7d"),
    asked("How many campaigns do we have?", "overview", "campaigns.total", lambda shop: len(shop.data.campaigns)),
    asked("How many run now?", "overview", "campaigns.active", lambda shop: 6),
    asked("How many messages did we make?", "overview", "messages.total", lambda shop: shop.messages()),
    asked("How many were sent?", "overview", "messages.sent", lambda shop: shop.messages(reached="sent")),
    asked("How many were opened?", "overview", "messages.opened", lambda shop: shop.messages(reached="opened")),
    asked("How many were clicked?", "overview", "messages.clicked", lambda shop: shop.messages(reached="clicked")),
    asked(
        "What is the open rate?",
        *("overview", "messages.openRate"),
        lambda shop: shop.share(shop.messages(reached="opened"), shop.messages(reached="sent")),
    ),
    asked(
        "What is the click rate?",
        *("overview", "messages.clickRate"),
        lambda shop: shop.share(shop.messages(reached="clicked"), shop.messages(reached="sent")),
    ),
    asked("How many events came in?", "overview", "events.total", lambda shop: len(shop.events_of())),
    asked("And last week?", "overview", "events.total", lambda shop: len(shop.events_of(days=7)), range="7d"),
    asked("How many conversions?", "overview", "conversions.total", lambda shop: len(shop.events_of(kind="purchase"))),
    asked("How many people bought?", "overview", "conversions.people", lambda shop: shop.people(kind="purchase")),
    asked("How many orders?", "revenue", "total.orders", lambda shop: len(shop.orders())),
    asked("What did orders in euros come to?", "revenue", "total.gross.EUR", lambda shop: shop.minor("EUR")),
    asked("And in francs?", "revenue", "total.gross.CHF", lambda shop: shop.minor("CHF")),
    of_campaign(
        "How many welcome messages?", "welcome", "messages.total", lambda shop: shop.messages(campaign="welcome")
    ),
    of_campaign(
        "How many of them arrived?",
        *("welcome", "messages.delivered"),
        lambda shop: shop.messages(campaign="welcome", reached="delivered"),
    ),
    of_campaign(
        "How many bounced?",
        *("welcome", "messages.bounced"),
        lambda shop: shop.messages(campaign="welcome", reached="bounced"),
    ),
    of_campaign(
        "How many for good?",
        *("welcome", "messages.hardBounced"),
        lambda shop: shop.messages(campaign="welcome", reached="hard"),
    ),
    of_campaign("Who is in the welcome series?", "welcome", "enrollments.total", lambda shop: shop.enrolled("welcome")),
    of_campaign(
        "How many are through?",
        *("welcome", "enrollments.completed"),
        lambda shop: shop.enrolled("welcome", status="COMPLETED"),
    ),
    of_campaign(
        "How many newsletters went out?",
        *("newsletter", "messages.sent"),
        lambda shop: shop.messages(campaign="newsletter", reached="sent"),
    ),
    of_campaign(
        "How many clicked the newsletter?",
        *("newsletter", "messages.clicked"),
        lambda shop: shop.messages(campaign="newsletter", reached="clicked"),
    ),
    of_campaign(
        "How many cart reminders arrived?",
        *("cart-reminder", "messages.delivered"),
        lambda shop: shop.messages(campaign="cart-reminder", reached="delivered"),
    ),
    of_campaign(
        "How many could not be sent?",
        *("cart-reminder", "messages.failed"),
        lambda shop: shop.messages(campaign="cart-reminder", reached="failed"),
    ),
    of_campaign(
        "How many texts for the flash sale?",
        *("flash-sale", "messages.sent"),
        lambda shop: shop.messages(campaign="flash-sale", reached="sent"),
    ),
    asked("Which campaign sent most?", "campaigns", "campaigns[0].name", lambda shop: "Welcome series"),
    asked("And how many?", "campaigns", "campaigns[0].messages.total", lambda shop: shop.messages(campaign="welcome")),
    asked(
        "How many events on 20 March?",
        *("timeseries", "series[0].events"),
        lambda shop: len(shop.events_of(on=A_DAY)),
        from_=str(A_DAY),
        to=str(A_DAY),
    ),
    asked(
        "How many signups that day?",
        *("timeseries", "series[0].contacts"),
        lambda shop: sum(shop.day(contact["signedUpAt"]) == A_DAY for contact in shop.data.contacts),
        from_=str(A_DAY),
        to=str(A_DAY),
    ),
    asked(
        "And messages?",
        *("timeseries", "series[0].messages"),
        lambda shop: shop.messages(on=A_DAY),
        from_=str(A_DAY),
        to=str(A_DAY),
    ),
    asked(
        "How many arrived in a week?",
        *("timeseries", "total.delivered"),
        lambda shop: shop.messages(days=7, reached="delivered"),
        range="7d",
        metric=["delivered", "clicked"],
    ),
    asked(
        "How many pushes arrived?",
        *("timeseries", "total.delivered"),
        lambda shop: shop.messages(channel="PUSH", reached="delivered"),
        metric="delivered",
        channel="push",
    ),
    asked(
        "How many people saw a page?",
        *("funnel", "steps[0].count"),
        lambda shop: shop.reached("page_view"),
        steps=["page_view", "signup", "purchase"],
    ),
    asked(
        "Of these, who signed up?",
        *("funnel", "steps[1].count"),
        lambda shop: shop.reached("page_view", "signup"),
        steps=["page_view", "signup", "purchase"],
    ),
    asked(
        "And bought after that?",
        *("funnel", "steps[2].count"),
        lambda shop: shop.reached("page_view", "signup", "purchase"),
        steps="page_view,signup,purchase",
    ),
    asked(
        "Which share is that of all?",
        *("funnel", "overallConversion"),
        lambda shop: shop.share(shop.reached("page_view", "signup", "purchase"), shop.reached("page_view")),
        steps="page_view,signup,purchase",
    ),
    asked(
        "Which source brings most visits?",
        *("attribution", "sources[0].source"),
        lambda shop: Counter(shop.source(call) for _, _, call in shop.events_of() if shop.source(call)[0]).most_common(
            1
        )[0][0][0],
    ),
    asked(
        "How many events came from Google's organic results?",
        *("timeseries", "total.events"),
        lambda shop: len(shop.events_of(source=("google", "organic"))),
        metric="events",
        where=["utm.source:google", "utm.medium:organic"],
    ),
    asked(
        "How many events have a source?",
        *("attribution", "totalAttributedEvents"),
        lambda shop: sum(bool(shop.source(call)[0]) for _, _, call in shop.events_of()),
    ),
    asked("How many people were active?", "stickiness", "people", lambda shop: shop.people()),
    asked(
        "How many on the 20th?",
        *("stickiness", "series[0].dau"),
        lambda shop: shop.people(on=A_DAY),
        from_=str(A_DAY),
        to=str(A_DAY),
    ),
    asked(
        "How many emails were sent?",
        *("deliverability", "emails.sent"),
        lambda shop: shop.messages(channel="EMAIL", reached="sent"),
    ),
    asked(
        "How many complained?",
        *("deliverability", "emails.complained"),
        lambda shop: shop.messages(channel="EMAIL", reached="complained"),
    ),
    Asked(
        "How many events do the last 14 whole days have against those before?",
        "what_changed",
        {"from": "2026-03-17", "to": "2026-03-30", "metric": "events"},
        "answer.complete.value",
        lambda shop: len(shop.events_of(days=15)) - len(shop.events_of(days=1)),
    ),
    Asked(
        "How many conversions do those days have, credited to what was touched before them?",
        "what_changed",
        {"from": "2026-03-17", "to": "2026-03-30", "metric": "credit", "model": "linear"},
        "answer.complete.value",
        lambda shop: len(shop.events_of(days=15, kind="purchase")) - len(shop.events_of(days=1, kind="purchase")),
    ),
    Asked(
        "What does that number count?",
        "explain_number",
        {"report": "overview", "parameters": LAST_30, "number": "messages.sent"},
        "value",
        lambda shop: shop.messages(reached="sent"),
    ),
    Asked(
        "Which campaigns are drafts?",
        "list_campaigns",
        {"status": "DRAFT"},
        "campaigns[0].name",
        lambda shop: "Hamburg store opening",
    ),
    Asked(
        "How many people have a subscription?",
        "list_segments",
        {},
        "segments[0].people",
        lambda shop: sum(contact["attributes"]["plan"] == "subscription" for contact in shop.data.contacts),
    ),
    Asked(
        "What is divided by what in the open rate?",
        "describe_metric",
        {"metric": "open_rate"},
        "formula",
        lambda shop: "Opened ÷ Sent",
    ),
]
ZONE = ZoneInfo("Europe/Berlin")
