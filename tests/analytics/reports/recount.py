"""The six reports once more, slow and obvious: loops and dicts over the items that were sent.

Nothing here knows the database or the code under test; only the published words of what each number means.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

STATUSES = ("sent", "delivered", "opened", "clicked", "bounced", "failed")
HARM = {
    "hardBounced": "hard_bounced",
    "softBounced": "soft_bounced",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}


def third_decimal(part: int, whole: int) -> float:
    if whole == 0:
        return 0.0
    thousandths, rest = divmod(1000 * part, whole)
    return (thousandths + (2 * rest >= whole)) / 1000


def fourth_decimal(part: int, whole: int) -> float:
    if whole == 0:
        return 0.0
    parts, rest = divmod(10_000 * part, whole)
    return (parts + (2 * rest >= whole)) / 10_000


@dataclass
class History:
    """What was sent, in the order in which it came. Instants are aware datetimes in UTC."""

    zone: ZoneInfo
    now: datetime
    calls: list[dict] = field(default_factory=list)
    contacts: list[dict] = field(default_factory=list)
    messages: list[dict] = field(default_factory=list)
    message_events: list[dict] = field(default_factory=list)


def is_conversion(row: dict) -> bool:
    return row["event"] == "purchase"


class World:
    """Who is who and what happened, after a history."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.zone, self.now = history.zone, history.now
        self.group = {}  # an identity to the set of identities of its person
        self.signup = {}  # a user id to (stated, implied) signup
        self.merged = set()
        self.events = []
        self.settle_people()
        self.settle_signups_by_messages()
        self.messages = self.settle_messages()

    # -- days

    def midnight(self, day: date) -> datetime:
        """The first instant whose local day is `day` or later, found by trying every quarter of an hour."""
        at = datetime.combine(day, datetime.min.time(), tzinfo=UTC) - timedelta(hours=15)
        while at.astimezone(self.zone).date() < day:
            at += timedelta(minutes=15)
        return at

    def window(self, days: int) -> list[tuple[date, datetime, datetime]]:
        today = self.now.astimezone(self.zone).date()
        span = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
        return [(day, self.midnight(day), self.midnight(day + timedelta(days=1))) for day in span]

    def day_of(self, at: datetime, days: int) -> int | None:
        for number, (_, begins, ends) in enumerate(self.window(days)):
            if begins <= at < ends:
                return number
        return None

    # -- people

    def known(self, identity) -> bool:
        return identity in self.group

    def users_in(self, identity) -> set[str]:
        return {value for kind, value in self.group.get(identity, {identity}) if kind == "user"}

    def unite(self, one, other) -> None:
        both = self.group.setdefault(one, {one}) | self.group.setdefault(other, {other})
        for identity in both:
            self.group[identity] = both

    def person(self, identity):
        return min(self.group[identity])

    def name_user(self, user: str, at: datetime) -> None:
        stated, implied = self.signup.get(user, (None, None))
        if not self.known(("user", user)):
            self.group[("user", user)] = {("user", user)}
        self.signup[user] = (stated, at if implied is None else min(at, implied))

    def settle_people(self) -> None:
        seen = set()
        for item in sorted(
            [(row["arrived"], 0, row) for row in self.history.contacts]
            + [(row["arrived"], 1, row) for row in self.history.calls],
            key=lambda entry: entry[:2],
        ):
            _, kind, row = item
            if kind == 0:
                self.settle_contact(row)
            elif row["messageId"] not in seen and self.settle_call(row):
                seen.add(row["messageId"])

    def settle_contact(self, row: dict) -> None:
        user = row["externalId"]
        self.heed_aliases(user)
        self.name_user(user, row["received"])
        if row.get("signedUpAt") is not None:
            self.signup[user] = (row["signedUpAt"], self.signup[user][1])

    def survivor(self, user: str) -> str:
        while user in self.merged_into:
            user = self.merged_into[user]
        return user

    @property
    def merged_into(self) -> dict:
        return self.__dict__.setdefault("_merged_into", {})

    def settle_call(self, row: dict) -> bool:
        user, anonymous, at = row.get("userId"), row.get("anonymousId"), row["at"]
        if row["type"] == "alias":
            return self.settle_alias(row["previousId"], user, at)
        if user is not None:
            self.heed_aliases(user)
            self.name_user(user, at)
            if anonymous is not None and self.users_in(("device", anonymous)) <= self.users_in(("user", user)):
                self.unite(("device", anonymous), ("user", user))
            me = ("user", user)
        else:
            me = ("device", anonymous)
            self.group.setdefault(me, {me})
        if row["type"] == "track":
            self.events.append((me, row))
        return True

    def settle_alias(self, previous: str, user: str, at: datetime) -> bool:
        if previous == user:
            self.heed_aliases(user)
            self.name_user(user, at)
            return True
        mine = self.users_in(("user", user))
        owners = self.users_in(("device", previous))
        if self.known(("user", previous)) and self.survivor(previous) != previous:
            owners |= self.users_in(("user", previous))
        if not self.known(("user", user)) and user in self.aliases:
            mine |= self.users_in(("user", self.aliases[user]))
        if owners and not owners <= mine:
            return False
        self.heed_aliases(user)
        self.name_user(user, at)
        if self.known(("user", previous)) and self.survivor(previous) != self.survivor(user):
            self.unite(("user", previous), ("user", user))
            self.merged_into[previous] = self.survivor(user)
        self.unite(("device", previous), ("user", user))
        self.aliases.setdefault(previous, user)
        return True

    def heed_aliases(self, user: str) -> None:
        """A user id that was an alias's previous one before anything named it belongs to the user of that alias."""
        if user in self.aliases and not self.known(("user", user)):
            kept = self.survivor(self.aliases[user])
            self.group[("user", user)] = {("user", user)}
            self.unite(("user", user), ("user", kept))
            self.merged_into[user] = kept

    @property
    def aliases(self) -> dict:
        return self.__dict__.setdefault("_aliases", {})

    def settle_signups_by_messages(self) -> None:
        """Who got a message had signed up by then, if nobody says when."""
        for row in self.history.messages:
            instants = [row[name] for name in ("createdAt", *(f"{status}At" for status in STATUSES)) if row.get(name)]
            user = self.survivor(row["contact"])
            if instants and user in self.signup:
                stated, implied = self.signup[user]
                self.signup[user] = (stated, min(implied, *instants))

    def signups(self) -> dict[str, datetime]:
        """By user id of each contact there is, when they signed up: as stated, else when the first is known of them."""
        found = defaultdict(lambda: ([], []))
        for user, (stated, implied) in self.signup.items():
            of_person = found[self.survivor(user)]
            of_person[0].extend([stated] if stated else [])
            of_person[1].append(stated or implied)
        return {user: min(stated or implied) for user, (stated, implied) in found.items()}

    # -- messages

    def settle_messages(self) -> dict[str, dict]:
        messages = {}
        for row in self.history.messages:
            known = messages.setdefault(row["externalId"], {"contact": row["contact"], "channel": row["channel"]})
            known["channel"] = row["channel"]
            if row.get("createdAt"):
                known["created"] = row["createdAt"]
            elif "created" not in known:
                given = [row[f"{status}At"] for status in STATUSES if row.get(f"{status}At")]
                known["created"] = min(given, default=row["received"])
            for status in STATUSES:
                if row.get(f"{status}At"):
                    known.setdefault(status, []).append(row[f"{status}At"])
        for known in messages.values():
            known["stated"] = {kind: list(known.get(kind, [])) for kind in ("opened", "clicked")}
            known["reports"] = {}
        for row in self.history.message_events:
            if row["message"] in messages:
                known = messages[row["message"]]
                known.setdefault(row["type"], []).append(row["at"])
                known["reports"].setdefault((row["type"], row["at"], row.get("url")), row)
        for known in messages.values():
            known["opened"] = known.get("opened", []) + known.get("clicked", [])
            known["told_delivered"] = known.get("delivered", [])
            objections = known.get("complained", []) + known.get("unsubscribed", [])
            known["delivered"] = known["told_delivered"] + known["opened"] + objections
            known["sent"] = known.get("sent", []) + known["delivered"] + known.get("bounced", [])
            reports = known["reports"].values()
            for kind in ("hard", "soft"):
                bounces = [row for row in reports if row["type"] == "bounced" and row.get("bounce") == kind]
                known[f"{kind}_bounced"] = bool(bounces)
            known["human_clicked"] = self.by_people("clicked", known)
            known["human_opened"] = self.by_people("opened", known) or known["human_clicked"]
        return messages

    def by_people(self, kind: str, message: dict) -> bool:
        """Whether a person opened or clicked a message: as reports say, or if there are none, the message itself."""
        reports = list(message["reports"].values())
        of_kind = [row for row in reports if row["type"] == kind]
        if not of_kind:
            return bool(message["stated"][kind])
        return any(not self.is_machines(row, reports, message) for row in of_kind)

    def is_machines(self, row: dict, reports: list[dict], message: dict) -> bool:
        agent, is_open = row.get("userAgent"), row["type"] == "opened"
        if row.get("providerHint") in ("bot", "prefetch") or agent == "python-requests/2.32":
            return True
        if is_open and agent == "Mozilla/5.0":
            return True
        delivered = min(message["told_delivered"], default=None)
        if is_open and agent == "GoogleImageProxy" and delivered and (row["at"] - delivered).total_seconds() < 2:
            return True
        clicks = [one for one in reports if one["type"] == "clicked"]
        if not is_open:
            return self.is_in_a_burst(row, clicks)
        return any(
            click.get("userAgent") == agent
            and abs((click["at"] - row["at"]).total_seconds()) <= 10
            and self.is_in_a_burst(click, clicks)
            for click in clicks
        )

    @staticmethod
    def is_in_a_burst(row: dict, clicks: list[dict]) -> bool:
        for first in clicks:
            for links, seconds in ((2, 2), (3, 10)):
                stretch = [one for one in clicks if 0 <= (one["at"] - first["at"]).total_seconds() <= seconds]
                if row in stretch and len({one["url"] for one in stretch if one.get("url")}) >= links:
                    return True
        return False

    # -- the reports

    def overview(self, days: int = 30) -> dict:
        inside = lambda at: self.day_of(at, days) is not None  # noqa: E731
        signups = self.signups()
        created = [one for one in self.messages.values() if inside(one["created"])]
        reached = {status: sum(1 for one in created if one.get(status)) for status in STATUSES}
        return {
            "contacts": {"total": len(signups), "new": sum(1 for at in signups.values() if inside(at))},
            "messages": {
                "total": len(created),
                "sent": reached["sent"],
                "opened": reached["opened"],
                "clicked": reached["clicked"],
                "openRate": third_decimal(reached["opened"], reached["sent"]),
                "clickRate": third_decimal(reached["clicked"], reached["sent"]),
                **self.human(created, reached["sent"]),
            },
            "events": {"total": sum(1 for _, row in self.events if inside(row["at"]))},
        }

    def campaign(self, days: int) -> dict:
        created = [one for one in self.messages.values() if self.day_of(one["created"], days) is not None]
        reached = {status: sum(1 for one in created if one.get(status)) for status in STATUSES}
        channels = defaultdict(int)
        for one in created:
            channels[one["channel"]] += 1
        breakdown = {"QUEUED": len(created), **{status.upper(): n for status, n in reached.items()}}
        return {
            "messages": {
                "total": len(created),
                **reached,
                "openRate": third_decimal(reached["opened"], reached["delivered"]),
                "clickRate": third_decimal(reached["clicked"], reached["delivered"]),
                "bounceRate": third_decimal(reached["bounced"], reached["delivered"]),
                **self.human(created, reached["delivered"]),
                **(harm := {name: sum(1 for one in created if one.get(key)) for name, key in HARM.items()}),
                "hardBounceRate": fourth_decimal(harm["hardBounced"], reached["sent"]),
                "complaintRate": fourth_decimal(harm["complained"], reached["delivered"]),
                "unsubscribeRate": fourth_decimal(harm["unsubscribed"], reached["delivered"]),
            },
            "statusBreakdown": [{"status": status, "_count": n} for status, n in breakdown.items() if n],
            "channelBreakdown": [
                {"channel": channel, "_count": n}
                for channel, n in sorted(channels.items(), key=lambda c: (-c[1], c[0]))
            ],
        }

    def human(self, created: list[dict], whole: int) -> dict:
        opened, clicked = (sum(1 for one in created if one[name]) for name in ("human_opened", "human_clicked"))
        return {
            "humanOpened": opened,
            "humanClicked": clicked,
            "humanOpenRate": third_decimal(opened, whole),
            "humanClickRate": third_decimal(clicked, whole),
        }

    def timeseries(self, days: int) -> list[dict]:
        rows = [
            {"date": day.isoformat(), "events": 0, "contacts": 0, "messages": 0, "opens": 0, "clicks": 0}
            for day, _, _ in self.window(days)
        ]

        def add(name, at):
            number = self.day_of(at, days)
            if number is not None:
                rows[number][name] += 1

        for _, row in self.events:
            add("events", row["at"])
        for at in self.signups().values():
            add("contacts", at)
        for one in self.messages.values():
            add("messages", one["created"])
            if one.get("opened"):
                add("opens", min(one["opened"]))
            if one.get("clicked"):
                add("clicks", min(one["clicked"]))
        return rows

    def trend(self, days: int, channel: str | None = None) -> list[dict]:
        """For each day the metrics by their keys, zeros left out; those of one channel are of messages alone."""
        rows = [defaultdict(int) for _ in range(days)]

        def add(name, at):
            number = self.day_of(at, days)
            if number is not None:
                rows[number][name] += 1

        if channel is None:
            for _, row in self.events:
                add("events", row["at"])
                if is_conversion(row):
                    add("conversion_events", row["at"])
                    add("orders", row["at"])  # without an amount, and without an id by which it could be told twice
            for at in self.signups().values():
                add("contacts_new", at)
        for one in self.messages.values():
            if channel in (None, one["channel"]):
                add("messages_total", one["created"])
                for name in (*STATUSES, "human_opened", "human_clicked", *HARM.values()):
                    if one.get(name):
                        add(name, one["created"])
                for name, instants in (("opens", one.get("opened")), ("clicks", one.get("clicked"))):
                    if instants:
                        add(name, min(instants))
        return [dict(row) for row in rows]

    def source_tree(self, days: int) -> dict:
        """By path, from the source down: visitors, events and conversions. Of touches at one instant, the last by name
        counts."""
        inside = [(self.person(me), row) for me, row in self.events if self.day_of(row["at"], days) is not None]
        visitors, events, conversions = defaultdict(set), defaultdict(int), defaultdict(int)
        direct = {"events": 0, "conversions": 0}
        for person, row in inside:
            for path in self.paths(row.get("utm")):
                visitors[path].add(person)
                events[path] += 1
            direct["events"] += not row.get("utm")
            if is_conversion(row):
                touches = [
                    (one["at"], [name or "" for name in one["utm"]], one["utm"])
                    for other, one in inside
                    if other == person and one.get("utm") and one["at"] <= row["at"]
                ]
                for path in self.paths(max(touches)[2] if touches else None):
                    conversions[path] += 1
                direct["conversions"] += not touches
        nodes = {path: (len(visitors[path]), events[path], conversions[path]) for path in events}
        return {"nodes": nodes, "direct": direct}

    @staticmethod
    def paths(utm: tuple | None) -> list[tuple[str, ...]]:
        names = tuple(name or "" for name in utm or ())
        return [names[:depth] for depth in range(1, len(names) + 1)]

    def attribution(self, days: int) -> dict:
        rows, visitors, first = defaultdict(int), defaultdict(set), {}
        inside = [(self.person(me), row) for me, row in self.events if self.day_of(row["at"], days) is not None]
        for person, row in inside:
            if row.get("utm"):
                rows[row["utm"]] += 1
                visitors[row["utm"]].add(person)
                first[person] = min(row["at"], first.get(person, row["at"]))
        conversions = [
            row for person, row in inside if is_conversion(row) and person in first and first[person] <= row["at"]
        ]
        named = sorted(rows, key=lambda utm: (-rows[utm], utm[0], utm[1] or "", utm[2] or ""))
        return {
            "sources": [
                {
                    "source": utm[0],
                    "medium": utm[1],
                    "campaign": utm[2],
                    "uniqueVisitors": len(visitors[utm]),
                    "totalEvents": rows[utm],
                }
                for utm in named
            ],
            "totalAttributedEvents": sum(rows.values()),
            "conversions": len(conversions),
        }

    def conversions(self, days: int) -> tuple[int, int]:
        """How many there are, and of how many people."""
        inside = [me for me, row in self.events if self.day_of(row["at"], days) is not None and is_conversion(row)]
        return len(inside), len({self.person(me) for me in inside})

    def funnel(self, steps: tuple[str, ...], days: int) -> dict:
        by_person = defaultdict(list)
        for me, row in self.events:
            if self.day_of(row["at"], days) is not None:
                by_person[self.person(me)].append((row["at"], row["event"]))
        depth = [self.depth(events, steps) for events in by_person.values()]
        counts = [sum(1 for one in depth if one > number) for number in range(len(steps))]
        result = []
        for number, step in enumerate(steps):
            previous = counts[number - 1] if number else counts[0]
            result.append(
                {
                    "step": step,
                    "count": counts[number],
                    "dropoff": previous - counts[number],
                    "conversionFromPrevious": 1.0 if number == 0 else third_decimal(counts[number], previous),
                }
            )
        return {"steps": result, "overallConversion": third_decimal(counts[-1], counts[0])}

    def depth(self, events: list, steps: tuple[str, ...], since: datetime | None = None) -> int:
        """How far one can get by trying every event for every step."""
        if not steps:
            return 0
        best = 0
        for place, (at, name) in enumerate(events):
            if name == steps[0] and (since is None or at >= since):
                best = max(best, 1 + self.depth(events[:place] + events[place + 1 :], steps[1:], at))
        return best

    def cohorts(self, days: int, metric: str) -> list[dict]:
        touches = defaultdict(set)  # a person to the numbers of the days on which they were active
        if metric in ("opens", "clicks"):
            for one in self.messages.values():
                instants = one.get("opened" if metric == "opens" else "clicked")
                if instants and self.day_of(min(instants), days) is not None:
                    touches[self.person(("user", one["contact"]))].add(self.day_of(min(instants), days))
        else:
            wanted = {"events": None, "conversions": "purchase"}.get(metric, metric.removeprefix("event:"))
            for me, row in self.events:
                day = self.day_of(row["at"], days)
                if day is not None and wanted in (None, row["event"]):
                    touches[self.person(me)].add(day)
        by_day = defaultdict(list)
        for user, at in self.signups().items():
            if self.day_of(at, days) is not None:
                by_day[self.day_of(at, days)].append(self.person(("user", user)))
        window = self.window(days)
        return [self.cohort(window, signup_day, by_day[signup_day], touches) for signup_day in sorted(by_day)]

    def cohort(self, window: list, signup_day: int, people: list, touches: dict) -> dict:
        retention = {}
        week = 0
        while signup_day + 7 * week < len(window):
            days = range(signup_day + 7 * week, signup_day + 7 * week + 7)
            retention[f"week_{week}"] = sum(1 for person in people if touches[person] & set(days))
            week += 1
        active = retention[f"week_{week - 1}"]
        return {
            "cohort": window[signup_day][0].isoformat(),
            "size": len(people),
            "activeContacts": active,
            "retentionRate": third_decimal(active, len(people)),
            "retention": retention,
        }
