"""Random facts to ask about, and random conditions on them: odd texts, mixed types, nulls, people who become one."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from analytics import ingest
from analytics.ingest.senders import TRUSTED
from analytics.metrics import STATUSES
from analytics.models import Campaign, Variant
from analytics.periods import Window
from analytics.questions.fields import field_of
from analytics.questions.filters import (
    ACT_STATUSES,
    AllOf,
    AnyOf,
    Compares,
    Contains,
    Did,
    EventAct,
    Is,
    IsSet,
    MessageAct,
    Not,
    Operator,
)
from analytics.questions.values import Day

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
"""Two days after the clocks went forward."""
ASKED = Window.between(date(2026, 3, 24), date(2026, 3, 30), zone=ZONE)
TYPES = ["visit", "Straße", "purchase"]
NAMES = ["plan", "p.0", "é", "e\u0301", "a b", "0"]
PATHS = ["plan", "plan.deep", "p.0", "é", "é.plan", "a b", "0", "plan.0"]
SCALARS = st.one_of(
    st.sampled_from(
        ["pro", "PRO", "Straße", "STRASSE", "5", "5.0", "", "true", "é", "e\u0301", "2026-03-29", 'q"uote']
    ),
    st.sampled_from([0, 5, 5.0, -1.5, 10**20, True, False]),
    st.sampled_from(["2026-03-29T22:00:00Z", "2026-03-28T23:00:00+00:00", "x" * 260]),
)
JSON = st.one_of(
    SCALARS,
    SCALARS,
    st.none(),
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.sampled_from(["deep", "plan"]), SCALARS),
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=3)
INSTANTS = st.one_of(
    st.sampled_from([ASKED.starts_at, ASKED.ends_at, datetime(2026, 3, 28, 23, tzinfo=UTC)]),
    st.integers(0, 24 * 12).map(lambda hours: NOW - timedelta(hours=hours)),
)
CAMPAIGNS = [
    {
        "externalId": "c1",
        "name": "One",
        "abTests": [{"externalId": "t", "name": "T", "variants": [{"name": "A"}, {"name": "B"}]}],
    },
    {"externalId": "c2", "name": "Two"},
]
EMAILS = {"u1": "ada@gmail.com", "u2": "bo@hotmail.co.uk", "u3": "cy@shop.example"}


@dataclass
class Facts:
    """Items as they are sent, in batches of calls and of one contact."""

    people: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)

    def send(self, workspace) -> None:
        def take(function, items, **more):
            if items:
                function(workspace, items, received_at=NOW, **more)

        take(ingest.take_campaigns, CAMPAIGNS)
        take(ingest.take_contacts, [{"externalId": user, "email": email} for user, email in EMAILS.items()])
        for item in self.people:
            if "externalId" in item:
                take(ingest.take_contacts, [item])
            else:
                take(ingest.take_calls, [item], sender=TRUSTED)
        take(ingest.take_messages, self.messages)
        take(ingest.take_message_events, self.reports)


def iso(at):
    return at.isoformat()


somebody = st.one_of(
    st.fixed_dictionaries({"userId": st.sampled_from(["u1", "u2", "u3"])}),
    st.fixed_dictionaries({"anonymousId": st.sampled_from(["d1", "d2", "d3"])}),
    st.fixed_dictionaries({"userId": st.sampled_from(["u1", "u2"]), "anonymousId": st.sampled_from(["d1", "d2"])}),
)
utms = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"source": st.sampled_from(["News", "direct", "STRASSE"])},
        optional={
            "medium": st.just("Email"),
            "name": st.just("Süd"),
            "term": st.just("Wine"),
            "content": st.just("top"),
        },
    ),
)
tracks = st.builds(
    lambda who, type, at, properties, utm: {
        **who,
        "type": "track",
        "event": type,
        "timestamp": iso(at),
        "properties": properties,
        "context": {"campaign": utm} if utm else {},
    },
    somebody,
    st.sampled_from(TYPES),
    INSTANTS,
    OBJECTS,
    utms,
)
aliases = st.builds(
    lambda previous, user: {"type": "alias", "previousId": previous, "userId": user},
    st.sampled_from(["u2", "u3", "d3"]),
    st.just("u1"),
)
contacts = st.builds(
    lambda user, at, attributes: {"externalId": user, "signedUpAt": iso(at), "attributes": attributes},
    st.sampled_from(["u1", "u2", "u3", "u4"]),
    INSTANTS,
    OBJECTS,
)
messages = st.builds(
    lambda id, user, campaign, channel, variant, at, reached: {
        "externalId": id,
        "contact": user,
        "campaign": campaign,
        "channel": channel,
        "createdAt": iso(at),
        **({"abTest": "t", "variant": variant} if variant and campaign == "c1" else {}),
        **{f"{status}At": iso(later) for status, later in reached.items()},
    },
    st.sampled_from(["m1", "m2", "m3", "m4", "m5"]),
    st.sampled_from([*EMAILS]),
    st.sampled_from(["c1", "c2"]),
    st.sampled_from(["EMAIL", "IN_APP"]),
    st.sampled_from([None, "A", "B"]),
    INSTANTS,
    st.dictionaries(st.sampled_from([status.value for status in STATUSES[:6]]), INSTANTS, max_size=3),
)
reports = st.builds(
    lambda message, type, at, bounce: {"message": message, "type": type, "at": iso(at), **bounce},
    st.sampled_from(["m1", "m2", "m3"]),
    st.sampled_from(["opened", "clicked", "complained", "unsubscribed", "bounced"]),
    INSTANTS,
    st.sampled_from([{}, {"bounce": "hard"}, {"bounce": "soft"}]),
)


def numbered(calls):
    return [{"messageId": str(place), **call} if "externalId" not in call else call for place, call in enumerate(calls)]


facts = st.builds(
    Facts,
    st.lists(st.one_of(tracks, tracks, contacts, aliases), max_size=14).map(numbered),
    st.lists(messages, max_size=6),
    st.lists(reports, max_size=5),
)

texts = st.sampled_from(
    ["pro", "strasse", "5", "5.00", "", "true", "E\u0301", "2026-03-29", 'q"', "x" * 255, "NEWS", "t"]
)
several = st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)
days = st.sampled_from([date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]).map(lambda on: Day(on, ZONE))
bounds = st.one_of(days, st.sampled_from([Decimal(5), Decimal("-1.5"), Decimal(0), Decimal(10**20)]))


def of_json(prefix):
    fields = st.sampled_from(PATHS).map(lambda path: field_of(f"{prefix}.{path}"))
    return st.one_of(
        st.builds(Is, fields, several),
        st.builds(Contains, fields, several.filter(all)),
        st.builds(IsSet, fields),
        st.builds(Compares, fields, st.sampled_from(Operator), bounds),
    )


def of_texts(*keys, values=several):
    fields = st.sampled_from(keys).map(field_of)
    return st.one_of(
        st.builds(Is, fields, values), st.builds(Contains, fields, values.filter(all)), st.builds(IsSet, fields)
    )


def nested(leaves):
    inner = st.one_of(leaves, st.builds(Not, leaves))
    joined = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        inner, st.builds(AnyOf, joined), st.builds(Not, st.one_of(st.builds(AnyOf, joined), st.builds(AllOf, joined)))
    )


@cache
def of_events():
    utm = of_texts("utm.source", "utm.medium", "utm.campaign", "utm.term", "utm.content", "event")
    return nested(st.one_of(of_json("property"), utm))


def of_messages(workspace):
    keys = Keys.of(workspace)
    return _of_messages(len(keys.campaigns), len(keys.variants)).map(keys.named_by)


def of_people(workspace):
    keys = Keys.of(workspace)
    return _of_people(len(keys.campaigns), len(keys.variants)).map(keys.named_by)


@dataclass(frozen=True)
class Keys:
    """A workspace's, and one that it has not. Conditions are drawn with places among them: hypothesis takes long to
    look at strategies that it does not know yet, and each example has a workspace of its own."""

    campaigns: list[int]
    variants: list[int]

    @classmethod
    def of(cls, workspace):
        return cls([*keys_of(Campaign, workspace), 0], [*keys_of(Variant, workspace), 0])

    def named_by(self, condition):
        """The condition with keys for places."""
        match condition:
            case AllOf(conditions) | AnyOf(conditions):
                return type(condition)(tuple(map(self.named_by, conditions)))
            case Not(inner):
                return Not(self.named_by(inner))
            case Is(field, (place,)) if field.key == "campaign":
                return Is(field, (f"cmp_{self.campaigns[int(place)]}",))
            case Is(field, (place,)) if field.key == "variant":
                return Is(field, (str(self.variants[int(place)]),))
            case Did(act, where):
                return replace(condition, act=self.act(act), where=self.named_by(where))
        return condition

    def act(self, act):
        if not isinstance(act, MessageAct) or act.campaign_id is None:
            return act
        return replace(act, campaign_id=self.campaigns[act.campaign_id])


def keys_of(model, workspace):
    """Always as many, that examples can be tried again."""
    return sorted(model.objects.filter(workspace=workspace).values_list("pk", flat=True))


def places(number):
    return st.sampled_from([(str(place),) for place in range(number)])


@cache
def _of_messages(campaigns, variants):
    return nested(
        st.one_of(
            st.builds(Is, st.just(field_of("campaign")), places(campaigns)),
            st.builds(Is, st.just(field_of("variant")), places(variants)),
            st.builds(IsSet, st.sampled_from(["campaign", "variant", "channel", "domain"]).map(field_of)),
            st.builds(Is, st.just(field_of("channel")), st.just(("in_app",))),
            of_texts("domain", values=st.sampled_from([("google",), ("microsoft", "SHOP.example"), ("oo",)])),
        )
    )


@cache
def _of_people(campaigns, variants):
    times = st.sampled_from([(1, None), (2, None), (0, 1), (0, 0), (1, 1)])
    within = st.sampled_from([None, None, 1, 3])

    def dids(act, where):
        nothing = st.just(AllOf())
        joined = st.one_of(nothing, nothing, where.map(lambda condition: AllOf((condition,))))
        return st.builds(lambda act, where, times, within: Did(act, where, *times, within), act, joined, times, within)

    of_campaigns = st.sampled_from([None, *range(campaigns - 1)])
    message_acts = st.builds(MessageAct, st.sampled_from([None, *ACT_STATUSES]), of_campaigns)
    signed_up = field_of("contact.signedUpAt")
    return nested(
        st.one_of(
            of_json("contact"),
            st.builds(
                Is, st.just(field_of("contact.known")), st.sampled_from([("true",), ("false",), ("true", "false")])
            ),
            st.builds(Is, st.just(signed_up), days.map(lambda day: (day,))),
            st.builds(Compares, st.just(signed_up), st.sampled_from(Operator), days),
            st.just(IsSet(signed_up)),
            dids(st.builds(EventAct, st.sampled_from(["visit", "STRASSE", "never"])), of_events()),
            dids(message_acts, _of_messages(campaigns, variants)),
        )
    )
