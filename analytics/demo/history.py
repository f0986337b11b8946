"""A made-up coffee shop's two years, as the items its systems would have sent: the same for the same day and seed.

Signups grow and follow the week and the season; people come back less and less; steps to a purchase narrow; some A/B
tests differ and some do not; one in ten gets no newsletter, so that it shows what that brings. Mail services load
messages that nobody looks at, scanners follow all links, some people unsubscribe, few complain, and bounces are for
good or for now. Orders are in two currencies, with a rate between them; some are given money back for, some are told
twice, and some say nothing of money. Everything lies before `now`, and today stops there.
"""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from analytics.demo.shop import (
    BOUNCES,
    CHANNELS,
    CHECKOUT_DAYS,
    CHECKOUT_TEST,
    COUNTRIES,
    CURRENCIES,
    DAYS_BETWEEN_RATES,
    DEMO_CAMPAIGNS,
    FIRST_NAMES,
    FRANC_IN_EUROS,
    GOALS,
    HOLDOUT,
    INBOX,
    LAST_NAMES,
    MAILBOXES,
    ONE_OFFS,
    PAGES,
    PHONE,
    PREFETCH,
    PRICE_IN_FRANCS,
    PRODUCTS,
    PUT_OFF,
    RATES_OF_CHANNELS,
    READ_BY_SERVICE,
    REASONS_OF_REFUNDS,
    REFUNDED,
    REFUNDED_WHOLE,
    ROASTS,
    SCANNER,
    SILENT,
    SOURCES,
    SPLITS,
    THANKED_TWICE,
    UNLOVED,
    UNLOVED_BY,
    WITHOUT_AMOUNT,
    DemoItem,
    Origin,
    Rates,
    origin_of_clicks,
)

DEMO_DAYS = 730
SIGNUPS_A_DAY_AT_FIRST, SIGNUPS_A_DAY_AT_LAST = 2.5, 8.0
STRANGERS_PER_SIGNUP = 2.0
HOUR_WEIGHTS = [1, 1, 1, 1, 1, 3, 8, 14, 16, 13, 11, 12, 15, 13, 10, 9, 10, 12, 15, 19, 21, 17, 9, 4]
"""How much of a day's traffic each local hour has."""
WEEKDAYS = [1.1, 1.15, 1.1, 1.0, 0.9, 0.75, 0.95]
MONTHS = [0.9, 0.95, 1.0, 1.0, 0.95, 0.85, 0.8, 0.85, 1.0, 1.1, 1.35, 1.25]


@dataclass
class Member:
    """Somebody who signed up."""

    external_id: str
    anonymous_id: str
    signed_up_at: datetime
    source: Origin
    loyalty: float
    is_read_by_service: bool
    country: str
    unsubscribed_at: datetime | None = None


@dataclass
class DemoData:
    """The items, by the ingest function that takes them, in the order in which they must be taken."""

    now: datetime
    zone: ZoneInfo
    seed: int = 7
    days: int | None = None
    """How many, today the last of them; None for DEMO_DAYS."""
    campaigns: list[DemoItem] = field(default_factory=list)
    contacts: list[DemoItem] = field(default_factory=list)
    enrollments: list[DemoItem] = field(default_factory=list)
    messages: list[DemoItem] = field(default_factory=list)
    message_events: list[DemoItem] = field(default_factory=list)
    calls: list[DemoItem] = field(default_factory=list)
    rates: list[DemoItem] = field(default_factory=list)
    ab_tests: list[DemoItem] = field(default_factory=list)
    assignments: list[DemoItem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random, self._orders = random.Random(self.seed), 0
        self._given: dict[tuple[str, str], tuple[str, float, float]] = {}  # by campaign and member, in all its messages
        self._delays = random.Random(f"delays {self.seed}")
        self._length = self.days or DEMO_DAYS
        self._today = self.now.astimezone(self.zone).date()
        self._make_campaigns()
        self._make_rates()
        self._make_tests()
        members = [member for day in self._days() for member in self._signups(day)]
        for member in members:
            self._visits(member)
            for at, campaign in sorted([*self._continuing_messages(member), *self._one_offs(member)]):
                self._message(member, campaign, at)
        self.calls.sort(key=lambda call: str(call["timestamp"]))

    def _days(self) -> Iterator[date]:
        return (self._today - timedelta(days=ago) for ago in reversed(range(self._length)))

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.zone)

    def _moment(self, day: date) -> datetime:
        hour = self._random.choices(range(24), HOUR_WEIGHTS)[0]
        return self._at(day, time(hour, self._random.randrange(60), self._random.randrange(60)))

    def _number(self, mean: float) -> int:
        """Poisson distributed."""
        number, product, limit = 0, self._random.random(), math.exp(-mean)
        while product > limit:
            number += 1
            product *= self._random.random()
        return number

    def _make_campaigns(self) -> None:
        first_sent = {campaign: days_ago for campaign, days_ago, _ in ONE_OFFS}
        for campaign in DEMO_CAMPAIGNS:
            item, origin = dict(campaign), origin_of_clicks(campaign["externalId"])
            item["utm"] = {"source": origin.source, "medium": origin.medium, "campaign": origin.campaign}
            if inbox := INBOX.get(item["externalId"]):
                item["subject"], item["previewText"] = inbox
            if item["status"] not in ("DRAFT", "SCHEDULED"):
                days_ago = first_sent.get(item["externalId"], self._length)
                item["startedAt"] = self._at(self._today - timedelta(days=days_ago), time(8)).isoformat()
            if split := SPLITS.get(item["externalId"]):
                item["abTests"] = [split.item()]
            self.campaigns.append(item)

    def _make_rates(self) -> None:
        """Of francs, one a week, since before the first visits."""
        numbers, rate = random.Random(self.seed), FRANC_IN_EUROS
        for ago in range(self._length + 2 * DAYS_BETWEEN_RATES, -1, -DAYS_BETWEEN_RATES):
            day = self._today - timedelta(days=ago)
            rate += numbers.uniform(-0.004, 0.004)
            self.rates.append({"day": str(day), "from": "CHF", "to": "EUR", "rate": f"{rate:.4f}"})

    def _make_tests(self) -> None:
        """What campaigns' tests are decided by, a holdout from the newsletter, and a test on the site."""
        for campaign, goal in GOALS.items():
            split = SPLITS[campaign]
            self.ab_tests.append({"externalId": split.external_id, "campaign": campaign, "goal": goal})
        self._checkout_since = self._at(self._today - timedelta(days=min(CHECKOUT_DAYS, self._length)), time())
        held_out_since = self._at(self._today - timedelta(days=self._length), time())
        self.ab_tests.append({**HOLDOUT, "startedAt": held_out_since.isoformat()})
        self.ab_tests.append({**CHECKOUT_TEST, "startedAt": self._checkout_since.isoformat()})

    def _is_held_out(self, member: Member) -> bool:
        """By chance, but whatever else is drawn."""
        return random.Random(f"{HOLDOUT['externalId']} {member.external_id}").random() < 0.1

    def _assign(self, member: Member) -> None:
        """As they sign up."""
        given = {"contact": member.external_id, "assignedAt": member.signed_up_at.isoformat()}
        held_out = self._is_held_out(member)
        variant = "No newsletter" if held_out else "Newsletter"
        self.assignments.append({"abTest": HOLDOUT["externalId"], "variant": variant, **given})
        if member.signed_up_at >= self._checkout_since:
            is_half = random.Random(f"{CHECKOUT_TEST['externalId']} {member.external_id}").random() < 0.5
            variant = "One page" if is_half else "Three pages"
            self.assignments.append({"abTest": CHECKOUT_TEST["externalId"], "variant": variant, **given})

    def _signups(self, day: date) -> Iterator[Member]:
        age = (self._today - day).days
        growth = (self._length - age) / self._length
        a_day = SIGNUPS_A_DAY_AT_FIRST + (SIGNUPS_A_DAY_AT_LAST - SIGNUPS_A_DAY_AT_FIRST) * growth
        mean = a_day * WEEKDAYS[day.weekday()] * MONTHS[day.month - 1]
        for number in range(self._number(mean * STRANGERS_PER_SIGNUP)):
            who = {"anonymousId": f"visitor-{day}-{number}"}
            self._visit(self._moment(day), who, self._source(), 0.1, self._one_of(COUNTRIES))
        for number in range(self._number(mean)):
            member = Member(
                external_id=f"customer-{day}-{number}",
                anonymous_id=f"browser-{day}-{number}",
                signed_up_at=self._moment(day),
                source=self._source(),
                loyalty=self._random.betavariate(2, 3),
                is_read_by_service=self._random.random() < READ_BY_SERVICE,
                country=self._one_of(COUNTRIES),
            )
            if member.signed_up_at <= self.now:
                self._sign_up(member)
                self._assign(member)
                yield member

    def _source(self) -> Origin:
        return self._random.choices(SOURCES, [source.weight for source in SOURCES])[0]

    def _one_of(self, shares: Mapping[str, int]) -> str:
        return self._random.choices([*shares], [*shares.values()])[0]

    def _sign_up(self, member: Member) -> None:
        first, last = self._random.choice(FIRST_NAMES.split()), self._random.choice(LAST_NAMES.split())
        self.contacts.append(
            {
                "externalId": member.external_id,
                "name": f"{first} {last}",
                "email": _address(member.external_id),
                "attributes": {
                    "plan": self._one_of({"shop": 4, "subscription": 1}),
                    "country": member.country,
                    "roast": self._one_of(ROASTS),
                    "cups": self._random.choices(range(1, 9), [4, 9, 10, 7, 4, 2, 1, 1])[0],
                },
                "signedUpAt": member.signed_up_at.isoformat(),
            }
        )
        anonymous = {"anonymousId": member.anonymous_id}
        if self._random.random() < 0.4:
            before = timedelta(days=self._random.randint(1, 9), minutes=self._random.randrange(600))
            self._visit(member.signed_up_at - before, anonymous, member.source, 0.0, member.country)
        self._page(member.signed_up_at - timedelta(minutes=4), anonymous, member.source)
        known = anonymous | {"userId": member.external_id}
        self._call(member.signed_up_at, {"type": "identify", "traits": {"name": f"{first} {last}"}} | known)
        self._track(member.signed_up_at + timedelta(seconds=1), known, "signup", plan="free")

    def _visits(self, member: Member) -> None:
        """Visits week by week after the signup, fewer and fewer."""
        known = {"userId": member.external_id, "anonymousId": member.anonymous_id}
        inclination = 2 * member.loyalty * member.source.quality
        for week in range((self.now - member.signed_up_at).days // 7 + 1):
            if self._random.random() < inclination * (0.05 + 0.6 * math.exp(-week / 4)):
                away = timedelta(days=7 * week + self._random.randrange(7))
                at = self._moment((member.signed_up_at + away).date())
                if at > member.signed_up_at:
                    source = member.source if self._random.random() < 0.3 else SOURCES[0]
                    self._visit(at, known, source, 0.25 + 0.5 * member.loyalty, member.country, member)

    def _visit(
        self,
        at: datetime,
        who: DemoItem,
        source: Origin,
        inclination: float,
        country: str,
        member: Member | None = None,
    ) -> None:
        """Pages, and as far towards a purchase as the visitor is inclined to go. Messages follow to a member."""
        for _ in range(self._random.choices([1, 2, 3], [5, 3, 1])[0]):
            self._page(at, who, source)
            at += timedelta(seconds=self._random.randint(8, 200))
        product = self._product(country)
        for step, share in (
            ("product_view", 0.62),
            ("add_to_cart", 0.5),
            ("checkout_started", 0.62),
            ("purchase", 0.7),
        ):
            if self._random.random() > share * (1 if step == "product_view" else 0.55 + inclination):
                if step in ("checkout_started", "purchase") and member is not None:
                    self._message(member, "cart-reminder", at + timedelta(hours=3))
                return
            at += timedelta(seconds=self._random.randint(10, 240))
            if step != "purchase":
                self._track(at, who, step, **product)
        self._order(at, who, product)
        if member is not None and self._random.random() < 0.6:
            self._message(member, "rate-your-beans", at + timedelta(days=6))

    def _product(self, country: str) -> DemoItem:
        sku, name, price = self._random.choice(PRODUCTS)
        currency = CURRENCIES[country]
        if currency == "CHF":
            price = round(price * PRICE_IN_FRANCS, 1)
        return {"sku": sku, "name": name, "price": price, "currency": currency}

    def _order(self, at: datetime, who: DemoItem, product: DemoItem) -> None:
        """A purchase, which may be told twice, and money that is given back for it."""
        self._orders += 1
        order = {"order_id": f"BB-{10_000 + self._orders}", "currency": product["currency"]}
        quantity = self._random.choices([1, 2, 3], [6, 3, 1])[0]
        revenue = round(product["price"] * quantity, 2)
        if self._random.random() < WITHOUT_AMOUNT:
            self._track(at, who, "purchase", sku=product["sku"], name=product["name"], quantity=quantity)
            return
        bought = product | order | {"quantity": quantity, "revenue": revenue}
        self._track(at, who, "purchase", **bought)
        if self._random.random() < THANKED_TWICE:
            self._track(at + timedelta(seconds=self._random.randint(5, 600)), who, "purchase", **bought)
        if self._random.random() < REFUNDED:
            share = 1 if self._random.random() < REFUNDED_WHOLE else 0.5
            back = order | {"revenue": round(revenue * share, 2), "reason": self._random.choice(REASONS_OF_REFUNDS)}
            self._track(at + timedelta(days=self._random.randint(2, 20), hours=3), who, "Order Refunded", **back)

    def _page(self, at: datetime, who: DemoItem, source: Origin) -> None:
        path, title = self._random.choice(PAGES)
        properties = {"path": path, "title": title, "url": f"https://bluebird.example{path}"}
        self._call(at, {"type": "page", "name": title, "properties": properties} | who, source)

    def _track(self, at: datetime, who: DemoItem, event: str, **properties: object) -> None:
        self._call(at, {"type": "track", "event": event, "properties": properties} | who)

    def _call(self, at: datetime, call: DemoItem, source: Origin = SOURCES[0]) -> None:
        if at > self.now:
            return
        if source.source:
            utm = {"source": source.source, "medium": source.medium, "name": source.campaign}
            call["context"] = {"campaign": {key: value for key, value in utm.items() if value}}
        call |= {"messageId": f"demo-{len(self.calls)}", "timestamp": at.isoformat()}
        self.calls.append(call)

    def _one_offs(self, member: Member) -> Iterator[tuple[datetime, str]]:
        for campaign, days_ago, share in ONE_OFFS:
            at = self._at(self._today - timedelta(days=days_ago), time(9, 30))
            if member.signed_up_at < at and self._random.random() < share:
                yield at, campaign

    def _continuing_messages(self, member: Member) -> Iterator[tuple[datetime, str]]:
        days_since = (self.now - member.signed_up_at).days
        for days in (0, 3, 7):
            yield member.signed_up_at + timedelta(days=days, minutes=10), "welcome"
        self._enrol(member, "welcome", member.signed_up_at, days=8)
        if member.loyalty > 0.75:
            begun = member.signed_up_at + timedelta(days=14)
            self._enrol(member, "barista-course", begun, days=42)
            for week in range(6):
                yield begun + timedelta(weeks=week), "barista-course"
        if member.loyalty > 0.45 and not self._is_held_out(member):
            for months_ago in range(days_since // 28 + 1):
                day = self._today - timedelta(days=5 + 28 * months_ago)
                if (at := self._at(day, time(9))) > member.signed_up_at:
                    yield at, "newsletter"

    def _enrol(self, member: Member, campaign: str, at: datetime, *, days: int) -> None:
        if at > self.now:
            return
        done = at + timedelta(days=days)
        item = {"campaign": campaign, "contact": member.external_id, "enrolledAt": at.isoformat(), "status": "ACTIVE"}
        if done <= self.now:
            item["status"] = self._random.choices(["COMPLETED", "EXITED"], [9, 1])[0]
        if item["status"] == "COMPLETED":
            item["completedAt"] = done.isoformat()
        self.enrollments.append(item)

    def _message(self, member: Member, campaign: str, at: datetime) -> None:
        """One message and what became of it by now; a click leads to a visit. None to who has unsubscribed."""
        channel = CHANNELS[campaign]
        if at > self.now or (channel == "EMAIL" and member.unsubscribed_at and at > member.unsubscribed_at):
            return
        rates = RATES_OF_CHANNELS[channel]
        item: DemoItem = {
            "externalId": f"demo-message-{len(self.messages)}",
            "campaign": campaign,
            "contact": member.external_id,
            "channel": channel,
            "createdAt": at.isoformat(),
        }
        self.messages.append(item)
        more_opens = more_clicks = 1.0
        if split := SPLITS.get(campaign):
            item["abTest"] = split.external_id
            drawn = self._random.choice(split.variants)
            first = self._given.setdefault((campaign, member.external_id), drawn)
            item["variant"], more_opens, more_clicks = first
        fate = self._random.random()
        if fate < rates.failed:
            self._reach(item, "failedAt", at + timedelta(seconds=5))
            return
        self._reach(item, "sentAt", at + timedelta(seconds=self._random.randint(1, 240)))
        if fate < rates.failed + rates.bounced:
            bounced = at + timedelta(seconds=self._random.randint(241, 900))
            self._reach(item, "bouncedAt", bounced)
            kind, reason, _ = self._random.choices(BOUNCES, [often for _, _, often in BOUNCES])[0]
            self._report(item, "bounced", bounced, reason=reason, bounce=kind)
            return
        delivered = at + timedelta(seconds=self._random.randint(241, 600))
        self._reach(item, "deliveredAt", delivered)
        if channel == "EMAIL":
            if self._delays.random() < PUT_OFF:
                self._report(item, "deferred", at + timedelta(seconds=240), reason="451 4.7.1 Please try again later")
            self._machines(item, delivered, member, rates)
            self._harm(item, delivered, member, campaign, rates)
        eager = 0.55 + 0.9 * member.loyalty
        if self._random.random() > rates.opened * eager * more_opens:
            return
        opened = delivered + timedelta(minutes=self._random.lognormvariate(4.2, 1.5))
        self._reach(item, "openedAt", opened)
        if channel == "EMAIL" and member.is_read_by_service:
            self._report(item, "opened", opened, userAgent=PHONE)
        if self._random.random() > rates.clicked * more_clicks:
            return
        clicked = opened + timedelta(seconds=self._random.randint(5, 120))
        self._reach(item, "clickedAt", clicked)
        self._report(item, "clicked", clicked, url=f"https://bluebird.example{self._random.choice(PAGES)[0]}")
        known = {"userId": member.external_id, "anonymousId": member.anonymous_id}
        origin = origin_of_clicks(campaign)
        self._visit(clicked + timedelta(seconds=3), known, origin, 0.4 + 0.5 * member.loyalty, member.country)

    def _machines(self, item: DemoItem, delivered: datetime, member: Member, rates: Rates) -> None:
        """A mail service that loads the message, a scanner that follows its links."""
        if member.is_read_by_service:
            loaded = delivered + timedelta(seconds=self._random.randint(20, 5400))
            self._report(item, "opened", loaded, userAgent=PREFETCH)
        if self._random.random() < rates.scanned:
            for place, (path, _) in enumerate(PAGES[:3]):
                at = delivered + timedelta(seconds=3, milliseconds=300 * place)
                self._report(item, "clicked", at, userAgent=SCANNER, url=f"https://bluebird.example{path}")

    def _harm(self, item: DemoItem, delivered: datetime, member: Member, campaign: str, rates: Rates) -> None:
        """Who has enough says so: to us, or to the mailbox provider, which counts it against us."""
        later = delivered + timedelta(minutes=self._random.lognormvariate(4.2, 1.5))
        complained = UNLOVED_BY if campaign == UNLOVED else rates.complained
        fate = self._random.random()
        if fate < complained and not _address(member.external_id).endswith(SILENT):
            self._report(item, "complained", later)
        if fate < complained + rates.unsubscribed:
            self._report(item, "unsubscribed", later + timedelta(seconds=20))
            member.unsubscribed_at = min(later, member.unsubscribed_at or later)

    def _report(self, item: DemoItem, type_: str, at: datetime, **more: str) -> None:
        if at <= self.now:
            event = {"message": item["externalId"], "type": type_, "at": at.isoformat()}
            self.message_events.append(event | more)

    def _reach(self, item: DemoItem, status: str, at: datetime) -> None:
        if at <= self.now:
            item[status] = at.isoformat()


def _address(external_id: str) -> str:
    """Always the same of a member."""
    place = crc32(external_id.encode()) % 100
    for domain, share in MAILBOXES.items():
        if place < share:
            return f"{external_id}@{domain}"
        place -= share
    return f"hello@{external_id}.example"
