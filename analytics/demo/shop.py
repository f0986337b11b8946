"""What the demo's coffee shop is: where its people come from, what it sells, and what becomes of its messages."""

from dataclasses import dataclass
from typing import Any

DemoItem = dict[str, Any]


@dataclass(frozen=True)
class Origin:
    """Where people come from: how many, and how well they stay."""

    source: str
    medium: str
    campaign: str
    weight: float
    quality: float


SOURCES = [
    Origin("", "", "", 26, 1.0),
    Origin("google", "organic", "", 20, 1.05),
    Origin("google", "cpc", "brand", 12, 1.1),
    Origin("google", "cpc", "espresso-machines", 9, 0.8),
    Origin("instagram", "social", "barista-stories", 11, 0.75),
    Origin("facebook", "paid_social", "lookalike-2", 8, 0.55),
    Origin("coffee-podcast", "podcast", "episode-codes", 5, 1.3),
    Origin("beanreviews.example", "referral", "", 5, 1.15),
    Origin("partner", "affiliate", "office-kitchens", 4, 0.9),
]


@dataclass(frozen=True)
class Rates:
    """What becomes of a channel's messages; clicks are of those opened, complaints and the like of those delivered."""

    bounced: float
    failed: float
    opened: float
    clicked: float
    complained: float = 0.0
    unsubscribed: float = 0.0
    scanned: float = 0.0


RATES_OF_CHANNELS = {
    "EMAIL": Rates(
        bounced=0.016,
        failed=0.004,
        opened=0.38,
        clicked=0.24,
        complained=0.0004,
        unsubscribed=0.0025,
        scanned=0.015,
    ),
    "SMS": Rates(bounced=0.022, failed=0.008, opened=0.13, clicked=0.95),
    "PUSH": Rates(bounced=0.05, failed=0.01, opened=0.16, clicked=0.55),
    "IN_APP": Rates(bounced=0.0, failed=0.003, opened=0.57, clicked=0.22),
}

DEMO_CAMPAIGNS: list[DemoItem] = [
    {"externalId": "welcome", "name": "Welcome series", "channel": "EMAIL", "status": "ACTIVE"},
    {"externalId": "newsletter", "name": "Monthly newsletter", "channel": "EMAIL", "status": "ACTIVE"},
    {"externalId": "cart-reminder", "name": "Cart reminder", "channel": "PUSH", "status": "ACTIVE"},
    {"externalId": "rate-your-beans", "name": "Rate your beans", "channel": "IN_APP", "status": "ACTIVE"},
    {"externalId": "barista-course", "name": "Barista course", "channel": "EMAIL", "status": "ACTIVE"},
    {"externalId": "flash-sale", "name": "Weekend flash sale", "channel": "SMS", "status": "ACTIVE"},
    {"externalId": "tasting-box", "name": "Tasting box launch", "channel": "EMAIL", "status": "COMPLETED"},
    {"externalId": "cold-brew", "name": "Cold brew summer", "channel": "EMAIL", "status": "COMPLETED"},
    {"externalId": "loyalty", "name": "Loyalty points", "channel": "PUSH", "status": "PAUSED"},
    {"externalId": "hamburg", "name": "Hamburg store opening", "channel": "EMAIL", "status": "DRAFT"},
    {"externalId": "gift-guide", "name": "Gift guide", "channel": "EMAIL", "status": "SCHEDULED"},
    {"externalId": "referral", "name": "Bring a friend", "channel": "EMAIL", "status": "ARCHIVED"},
]
INBOX = {
    "welcome": ("Welcome, your first bag is on us", "Three beans to begin with"),
    "newsletter": ("What we roast this month", "Two new farms, and a recipe for cold days"),
    "barista-course": ("Four Saturdays to a better espresso", "Six places a course"),
    "tasting-box": ("Five coffees, one box", "For everybody who cannot decide"),
    "cold-brew": ("Cold brew is back", "Ready in twelve hours"),
    "hamburg": ("We open in Hamburg", ""),
    "gift-guide": ("Gifts for people who like mornings", "Sent in time, wrapped on request"),
    "referral": ("Bring a friend, both get a bag", ""),
}
"""By the campaign: the subject of its emails, and what inboxes show beside it."""
CHANNELS = {str(campaign["externalId"]): str(campaign["channel"]) for campaign in DEMO_CAMPAIGNS}


def origin_of_clicks(campaign: str) -> Origin:
    """What the links of a campaign's messages carry."""
    channel = CHANNELS[campaign]
    return Origin("newsletter" if channel == "EMAIL" else "app", channel.lower(), campaign, 0, 1)


@dataclass(frozen=True)
class Split:
    """An A/B test's variants, each with how much more it is opened and clicked than the first."""

    external_id: str
    name: str
    variants: tuple[tuple[str, float, float], ...]

    def item(self) -> DemoItem:
        variants = [{"name": name, "isControl": not place} for place, (name, _, _) in enumerate(self.variants)]
        return {"externalId": self.external_id, "name": self.name, "variants": variants}


SPLITS = {
    "newsletter": Split("subject", "Subject line", (("Plain subject", 1.0, 1.0), ("Question as subject", 1.5, 1.0))),
    "cart-reminder": Split("wording", "Wording", (("Friendly", 1.0, 1.0), ("Urgent", 1.0, 0.72))),
    "tasting-box": Split("hero", "Hero picture", (("Beans", 1.0, 1.0), ("Cup", 1.0, 1.0), ("Barista", 1.0, 1.0))),
}

GOALS = {"newsletter": "open", "cart-reminder": "click", "tasting-box": "click"}
"""Of campaigns' tests, what they are decided by."""
HOLDOUT: DemoItem = {
    "externalId": "newsletter-holdout",
    "name": "Newsletter holdout",
    "campaign": "newsletter",
    "isHoldout": True,
    "goal": "conversion",
    "windowDays": 28,
    "variants": [
        {"name": "Newsletter", "weight": 0.9},
        {"name": "No newsletter", "weight": 0.1, "isControl": True},
    ],
}
CHECKOUT_TEST: DemoItem = {
    "externalId": "checkout",
    "name": "Checkout on one page",
    "goal": "conversion",
    "windowDays": 14,
    "plannedSize": 1200,
    "variants": [{"name": "Three pages", "isControl": True}, {"name": "One page"}],
}
CHECKOUT_DAYS = 120
"""How long ago the test began."""

ONE_OFFS = [
    ("flash-sale", 12, 0.25),
    ("flash-sale", 75, 0.25),
    ("flash-sale", 201, 0.3),
    ("tasting-box", 23, 0.5),
    ("loyalty", 45, 0.35),
    ("cold-brew", 131, 0.5),
    ("referral", 390, 0.6),
]
"""Campaigns sent at once: how many days ago, to which share of the contacts."""

PRODUCTS = [
    ("house-blend", "House blend 500 g", 11.9),
    ("yirgacheffe", "Yirgacheffe 250 g", 9.5),
    ("decaf", "Decaf 500 g", 12.5),
    ("filter-papers", "Filter papers", 4.2),
    ("hand-grinder", "Hand grinder", 59.0),
    ("subscription", "Bean subscription", 24.0),
]
CURRENCIES = {"DE": "EUR", "AT": "EUR", "CH": "CHF"}
COUNTRIES = {"DE": 70, "AT": 16, "CH": 14}
"""How many of a hundred people live there."""
PRICE_IN_FRANCS = 1.15
FRANC_IN_EUROS, DAYS_BETWEEN_RATES = 1.05, 7
ROASTS = {"light": 3, "medium": 5, "dark": 2}
"""What people like, and how often."""
REFUNDED, REFUNDED_WHOLE = 0.045, 0.6
"""How many orders are given money back for, and to how many of these all of it."""
REASONS_OF_REFUNDS = ("arrived damaged", "wrong grind", "too late", "did not taste")
THANKED_TWICE = 0.008
"""How many purchases are told twice, since the page that thanks for the order was loaded again."""
WITHOUT_AMOUNT = 0.006
"""How many purchases say nothing of money, as the old till does."""
PAGES = [("/", "Home"), ("/beans", "Beans"), ("/brew-guides", "Brew guides"), ("/machines", "Machines")]
MAILBOXES = {
    "gmail.com": 38,
    "outlook.com": 14,
    "icloud.com": 12,
    "web.de": 9,
    "yahoo.com": 7,
    "example.com": 14,
    "roasters.example": 5,
}
"""Whose mailboxes members have, in a hundred; the others have one of their own domain."""
SILENT = "@gmail.com"
"""Whose provider tells nobody who complained."""
PUT_OFF = 0.02
"""Of emails, those that a mailbox provider does not accept at once."""
BOUNCES = [
    ("hard", "550 5.1.1 no such user", 5),
    ("hard", "554 5.7.1 refused as spam", 1),
    ("soft", "452 4.2.2 mailbox full", 3),
    ("soft", "421 4.7.0 try again later", 2),
]
"""Why messages come back: for good or for now, what the server says, and how often."""
UNLOVED = "cold-brew"
"""The campaign that was too much for some: more complaints than a mailbox provider bears."""
UNLOVED_BY = 0.006
READ_BY_SERVICE = 0.18
"""How many people's mail is loaded by a service before they look, as Apple's Mail Privacy Protection does."""
PREFETCH, SCANNER = "Mozilla/5.0", "Mimecast Security Scanner"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
FIRST_NAMES = (
    "Amira Anton Ayşe Ben Carla Chiara David Elena Emil Farid Finn Greta Hana Ida Ivan Jonas Jule Karim Lena Leo "
    "Linh Lukas Maja Marta Mateo Mia Milan Nora Oskar Paul Priya Rosa Sami Sofia Theo Tomás Vera Yusuf Zoe"
)
LAST_NAMES = (
    "Adler Bauer Becker Çelik Costa Dietrich Engel Fischer Fuchs García Haas Hofmann Ivanova Jansen Kaya Keller König "
    "Lang Lehmann Martin Meier Möller Nguyen Novák Okafor Peters Petrov Richter Rossi Sato Schulz Silva Simon Vogel "
    "Wagner Weber Winkler Yilmaz Zimmermann"
)
