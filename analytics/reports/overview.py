"""How are we doing? Contacts, campaigns, messages and events in a few numbers."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from analytics.ledger import Counted, Source
from analytics.metrics import rate
from analytics.models import Campaign, CampaignStatus
from analytics.periods import Days, Window
from analytics.reports.meta import Meta, meta, newest


@dataclass(frozen=True)
class OverviewParams:
    days: Days = 30


@dataclass(frozen=True)
class ContactTotals:
    total: int
    new: int


@dataclass(frozen=True)
class CampaignTotals:
    total: int
    active: int


@dataclass(frozen=True)
class MessageTotals:
    total: int
    sent: int
    opened: int
    clicked: int
    human_opened: int
    human_clicked: int

    @property
    def open_rate(self) -> float:
        return rate(self.opened, self.sent)

    @property
    def click_rate(self) -> float:
        return rate(self.clicked, self.sent)

    @property
    def human_open_rate(self) -> float:
        return rate(self.human_opened, self.sent)

    @property
    def human_click_rate(self) -> float:
        return rate(self.human_clicked, self.sent)


@dataclass(frozen=True)
class EventTotals:
    total: int


@dataclass(frozen=True)
class Overview:
    contacts: ContactTotals
    campaigns: CampaignTotals
    messages: MessageTotals
    events: EventTotals
    meta: Meta


def overview(source: Source, params: OverviewParams, *, now: datetime) -> Overview:
    """The totals of the params' days. Source: the ledger's counts and the campaigns' table.

    Messages are those created in the window with what became of them since, so opened ≤ sent by nature.
    """
    window = Window.of(params.days, zone=source.workspace.zone, now=now)
    in_window = source.counts(
        {
            Counted.CONTACTS,
            Counted.EVENTS,
            Counted.MESSAGES,
            Counted.SENT,
            Counted.OPENED,
            Counted.CLICKED,
            Counted.HUMAN_OPENED,
            Counted.HUMAN_CLICKED,
        },
        window=window,
    )
    ever = source.counts({Counted.CONTACTS}, window=None)
    campaigns = Campaign.objects.filter(workspace=source.workspace).aggregate(
        total=Count("pk"), active=Count("pk", filter=Q(status=CampaignStatus.ACTIVE))
    )
    return Overview(
        contacts=ContactTotals(total=ever.of(Counted.CONTACTS), new=in_window.of(Counted.CONTACTS)),
        campaigns=CampaignTotals(**campaigns),
        messages=MessageTotals(
            total=in_window.of(Counted.MESSAGES),
            sent=in_window.of(Counted.SENT),
            opened=in_window.of(Counted.OPENED),
            clicked=in_window.of(Counted.CLICKED),
            human_opened=in_window.of(Counted.HUMAN_OPENED),
            human_clicked=in_window.of(Counted.HUMAN_CLICKED),
        ),
        events=EventTotals(total=in_window.of(Counted.EVENTS)),
        meta=meta(source.workspace, window, now=now, through=newest(in_window.through, ever.through)),
    )
