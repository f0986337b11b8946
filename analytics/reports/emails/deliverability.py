"""Do our emails arrive, and what harm do they do? By mailbox provider, campaign, day, or why they came back."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from analytics.bounces import BounceClass
from analytics.channels import Channel
from analytics.ledger import Source, ValuedCounts
from analytics.mailboxes import MAILBOX_GROUPS, mailbox_group
from analytics.metrics import KEY_OF, OF_MESSAGES, Counted, Dimension, Numbers
from analytics.models import Campaign, Contact
from analytics.periods import Window, local_day
from analytics.questions.deliverability import DeliverabilityBy, DeliverabilityQuestion
from analytics.questions.fields import Field, field_of
from analytics.questions.groups import Breakdown, Group
from analytics.questions.slices import Slice
from analytics.reports.campaigns.side_by_side import settled_counts
from analytics.reports.emails.reported_messages import DeferredMessage, bounced_messages, deferred_messages
from analytics.reports.messages_meant import MessagesMeant
from analytics.reports.meta import Meta, meta
from analytics.reports.splits import Grouping

FEWEST_CONTACTS = 20
"""Domains with fewer contacts are told together: a private one names a person."""
DEFERRED = "deferred"
OF_BOUNCES = frozenset({"bounced", "hard_bounced", "soft_bounced", "bounce_share"})
"""The metrics of what came back, which alone have a class."""
GOOGLE = "google"
"""The provider that tells nobody who complained."""


@dataclass(frozen=True)
class DeliverabilityRow:
    """What the numbers are of: messages of the part, created in the window.

    `value` is what they are taken together by: a mailbox provider, the id of a campaign, a day or a class of bounces;
    None for all, for other domains (`domains` of them), and for messages to contacts without an address.
    """

    part: Slice
    window: Window
    numbers: Numbers
    value: str | None = None
    name: str = ""
    domains: int = 0
    bounce_class: BounceClass | None = None
    is_total: bool = False

    def tells(self, metric: str) -> bool:
        """Whether the metric is known of it. Of mailboxes of Google's no complaint is reported: no number is not 0."""
        if metric in ("complained", "complaint_rate") and self.value == GOOGLE:
            return self.numbers["complained"] > 0
        return self.bounce_class is None or metric in OF_BOUNCES


@dataclass(frozen=True)
class DeliverabilityReport:
    days: int
    by: DeliverabilityBy
    total: DeliverabilityRow
    rows: tuple[DeliverabilityRow, ...]
    meta: Meta

    @property
    def numbers(self) -> Numbers:
        """Of all."""
        return self.total.numbers

    def numbers_of(self, row: DeliverabilityRow) -> Numbers:
        """Of what a row of another such report is of, all or a value; nothing where that is not there."""
        if row.is_total:
            return self.numbers
        found = (
            each.numbers for each in self.rows if each.value == row.value and bool(each.domains) == bool(row.domains)
        )
        return next(found, Numbers())


def deliverability(source: Source, question: DeliverabilityQuestion) -> DeliverabilityReport:
    """Of emails created in the question's days, all and by what it asks for.

    Most sent first, and then those without a value; days in order, classes by how many came back. Source: the ledger's
    counts; what was put off and why messages came back is of their reports. Two to seven queries.
    """
    emails = _Emails(source, question, replace(question.part, channel=Channel.EMAIL.value))
    counts = source.answer_once(
        ("emails", question.window, emails.part),
        lambda: source.counts(OF_MESSAGES, window=question.window, part=emails.part),
    )
    numbers = Numbers(counts.numbers(), **{DEFERRED: len(emails.put_off)})
    if question.settled is not None:
        numbers = numbers.with_settled(settled_counts(source, replace(question, part=emails.part)).numbers())
    total = DeliverabilityRow(emails.part, question.window, numbers, is_total=True)
    rows: dict[DeliverabilityBy, Callable[[], list[DeliverabilityRow]]] = {
        DeliverabilityBy.DOMAIN: emails.by_domain,
        DeliverabilityBy.CAMPAIGN: emails.by_campaign,
        DeliverabilityBy.DAY: emails.by_day,
        DeliverabilityBy.CLASS: partial(emails.by_class, total),
    }
    return DeliverabilityReport(
        days=question.window.days,
        by=question.by,
        total=total,
        rows=tuple(rows[question.by]()),
        meta=meta(source, question, through=counts.through),
    )


@dataclass(frozen=True)
class _Emails:
    source: Source
    question: DeliverabilityQuestion
    part: Slice

    @property
    def rows_of_messages(self) -> MessagesMeant:
        return MessagesMeant(self.source.workspace, self.question.window, self.part)

    @property
    def put_off(self) -> Sequence[DeferredMessage]:
        key = ("deferred messages", self.question.window, self.part)
        return self.source.answer_once(key, lambda: deferred_messages(self.rows_of_messages))

    def row(self, numbers: Numbers, part: Slice, value: str | None, name: str, domains: int = 0) -> DeliverabilityRow:
        return DeliverabilityRow(part, self.question.window, numbers, value, name, domains)

    def by_domain(self) -> list[DeliverabilityRow]:
        by = field_of("domain")
        assert by is not None
        counts = self.source.valued_counts(OF_MESSAGES, window=self.question.window, by=by, part=self.part)
        sent = dict(zip(counts.values, counts.totals(Counted.MESSAGES).tolist(), strict=True))
        values = [value for value, n in sent.items() if n]
        contacts = self.source.contacts_by_mailbox() if any(values) else {}
        large = [
            each for each in values if each and (each in MAILBOX_GROUPS or contacts.get(each, 0) >= FEWEST_CONTACTS)
        ]
        named = tuple(sorted(large, key=lambda value: (-sent[value], value)))
        others = sum(1 for value in values if value is not None and value not in named)
        grouping = Grouping(Breakdown(by), named, others, None in values)
        deferred, settled = self._deferred_by_place(grouping), self._settled_numbers(by, grouping)
        return [
            self.row(
                Numbers(numbers, **{DEFERRED: deferred[place]}).with_settled(settled[place] if settled else None),
                self._part_of(group),
                group.value,
                "" if group.value is None else MAILBOX_GROUPS.get(group.value, group.value),
                domains=domains if group.is_rest else 0,
            )
            for place, ((group, domains), numbers) in enumerate(
                zip(grouping.groups, _grouped_numbers(counts, grouping), strict=True)
            )
        ]

    def _settled_numbers(self, by: Field, grouping: Grouping) -> list[Numbers]:
        """Of the groups' messages that are old enough to be compared with others; empty where all are."""
        window = self.question.settled
        if window is None:
            return []
        if not window.days:
            return [Numbers()] * len(grouping.groups)
        counts = self.source.valued_counts(OF_MESSAGES, window=window, by=by, part=self.part)
        return _grouped_numbers(counts, grouping)

    def _part_of(self, group: Group) -> Slice:
        return group.part_of(self.part).ending_with(self.question.window.last_day)

    def _deferred_by_place(self, grouping: Grouping) -> Counter[int]:
        if not self.put_off:
            return Counter()
        keys = {each.contact_id for each in self.put_off}
        rows = Contact.objects.filter(workspace=self.source.workspace, pk__among=[*keys])
        domain_of = {pk: mailbox_group(email) for pk, email in rows.values_list("pk", "email")}
        places = grouping.places([domain_of.get(each.contact_id) for each in self.put_off])
        return Counter(places.tolist())

    def by_campaign(self) -> list[DeliverabilityRow]:
        by = [Dimension.CAMPAIGN]
        counts = self.source.counts(OF_MESSAGES, window=self.question.window, by=by, part=self.part)
        deferred = Counter(each.campaign_id for each in self.put_off)
        keys = [key for key in counts.values(0) if isinstance(key, int)]
        campaigns = Campaign.objects.filter(workspace=self.source.workspace, pk__among=keys)
        names = dict(campaigns.values_list("pk", "name"))
        rows = [
            self.row(
                Numbers(counts.numbers(key), **{DEFERRED: deferred[key]}),
                replace(self.part, campaign_id=key),
                f"cmp_{key}",
                names.get(key, ""),
            )
            for key in keys
        ]
        return sorted(rows, key=lambda row: (-row.numbers["messages_total"], row.name, row.value))

    def by_day(self) -> list[DeliverabilityRow]:
        window = self.question.window
        counts = self.source.counts(OF_MESSAGES, window=window, by=[Dimension.DAY], part=self.part)
        deferred = Counter(local_day(each.created_at, window.zone) for each in self.put_off)
        return [self._of_day(day, Numbers(counts.numbers(day), **{DEFERRED: deferred[day]})) for day in window.day_list]

    def _of_day(self, day: date, numbers: Numbers) -> DeliverabilityRow:
        on_day = Window.between(day, day, zone=self.question.window.zone)
        part = self.part if self.part.until else self.part.ending_with(self.question.window.last_day)
        return DeliverabilityRow(part, on_day, numbers, day.isoformat(), day.isoformat())

    def by_class(self, total: DeliverabilityRow) -> list[DeliverabilityRow]:
        """Its share is of all sent."""
        bounced = bounced_messages(self.rows_of_messages) if total.numbers["bounced"] else ()
        of_all = Counter(each.bounce_class for each in bounced)
        hard = Counter(each.bounce_class for each in bounced if each.is_hard)
        soft = Counter(each.bounce_class for each in bounced if each.is_soft)
        sent = total.numbers["sent"]
        rows = [
            replace(
                self.row(
                    Numbers(sent=sent, bounced=n, hard_bounced=hard[each], soft_bounced=soft[each]),
                    self.part,
                    each.value,
                    each.value,
                ),
                bounce_class=each,
            )
            for each, n in of_all.items()
        ]
        order = [each.value for each in BounceClass]
        return sorted(rows, key=lambda row: (-row.numbers["bounced"], order.index(row.name)))


def _grouped_numbers(counts: ValuedCounts, grouping: Grouping) -> list[Numbers]:
    places, size = grouping.places(counts.values), len(grouping.groups)
    by_key: Mapping[str, list[int]] = {
        KEY_OF[counted]: np.bincount(places, counts.totals(counted), size)[:size].astype(np.int64).tolist()
        for counted in OF_MESSAGES
    }
    return [Numbers({key: numbers[place] for key, numbers in by_key.items()}) for place in range(size)]
