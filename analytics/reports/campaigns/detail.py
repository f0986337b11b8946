"""What one campaign's messages went through: opens and clicks by the hour, links, reasons of bounces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Case, Count, F, Func, IntegerField, When
from numpy.typing import NDArray

from analytics.ledger import Source
from analytics.models import Message, MessageEvent, MessageEventType
from analytics.questions.questions import CampaignQuestion, Opens
from analytics.reports.messages_meant import MessagesMeant
from campaignos.texts import CodePoints

HOURS = 72
SECONDS_PER_HOUR = 3600
TOP_LINKS = 20
TOP_REASONS = 20


@dataclass(frozen=True)
class HourCount:
    """Messages first opened and first clicked within `hours` of being sent."""

    hours: int
    opened: int
    clicked: int


@dataclass(frozen=True)
class LinkCount:
    """`messages` in which the link was clicked at least once, and all its clicks."""

    url: str
    messages: int
    clicks: int


@dataclass(frozen=True)
class ReasonCount:
    reason: str
    messages: int


@dataclass(frozen=True)
class CampaignDetail:
    hours: tuple[HourCount, ...]
    links: tuple[LinkCount, ...]
    bounce_reasons: tuple[ReasonCount, ...]


class SecondsBetween(Func):
    """Whole seconds from the second of one instant to the second of another, as an integer on every database."""

    output_field = IntegerField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        second = "CAST(FLOOR(EXTRACT(EPOCH FROM %s)) AS bigint)"
        if connection.vendor == "sqlite":
            second = "CAST(strftime('%%%%s', %s) AS INTEGER)"
        since, until = (compiler.compile(part) for part in self.get_source_expressions())
        return f"({second % until[0]} - {second % since[0]})", (*until[1], *since[1])


def sending() -> Case:
    """When a message was sent; where only its open shows that it was, when it was created."""
    return Case(When(sent_at__lt=F("opened_at"), then=F("sent_at")), default=F("created_at"))


def campaign_detail(source: Source, question: CampaignQuestion) -> CampaignDetail:
    """Of the campaign's messages created in the question's days: 0 to 72 hours cumulated, the most clicked links first,
    the most frequent reasons first. Hours are of what those opened and clicked whose opens count. Source: the
    facts, by the campaign's index. Three queries."""
    messages = MessagesMeant(source.workspace, question.window, question.part_of_campaign)
    return CampaignDetail(
        hours=_hours(messages, "human_" if question.opens is Opens.HUMAN else ""),
        links=_links(messages),
        bounce_reasons=_bounce_reasons(messages),
    )


def _hours(messages: MessagesMeant, whose: str) -> tuple[HourCount, ...]:
    """`whose` is what the names of the instants begin with."""
    first_open, first_click = f"{whose}opened_at", f"{whose}clicked_at"
    rows = list(
        Message.objects.filter(messages.rows(), **{f"{first_open}__isnull": False})
        .order_by()
        .values_list(SecondsBetween(sending(), F(first_open)), SecondsBetween(sending(), F(first_click)))
    )
    opened, clicked = [row[0] for row in rows], [row[1] for row in rows]
    return tuple(
        HourCount(hours, *both)
        for hours, both in enumerate(zip(_within(opened).tolist(), _within(clicked).tolist(), strict=True))
    )


def _within(seconds: Sequence[int | None]) -> NDArray[np.int64]:
    """How many lie within 0, 1, … HOURS hours; those before the sending, by some clock, within all."""
    known = np.sort(np.array([each for each in seconds if each is not None], dtype=np.int64))
    return np.searchsorted(known, np.arange(HOURS + 1) * SECONDS_PER_HOUR, side="right")


def _links(messages: MessagesMeant) -> tuple[LinkCount, ...]:
    rows = (
        _reports(messages, MessageEventType.CLICKED, clicked_at__isnull=False)
        .values("url")
        .annotate(messages=Count("message", distinct=True), clicks=Count("pk"))
        .order_by("-messages", "-clicks", CodePoints("url"))
    )
    return tuple(LinkCount(row["url"], row["messages"], row["clicks"]) for row in rows[:TOP_LINKS])


def _bounce_reasons(messages: MessagesMeant) -> tuple[ReasonCount, ...]:
    rows = (
        _reports(messages, MessageEventType.BOUNCED, bounced_at__isnull=False)
        .values("reason")
        .annotate(messages=Count("message", distinct=True))
        .order_by("-messages", CodePoints("reason"))
    )
    return tuple(ReasonCount(row["reason"], row["messages"]) for row in rows[:TOP_REASONS])


def _reports(messages: MessagesMeant, kind: MessageEventType, **reached: bool) -> Any:
    """Reports of a kind about the campaign's messages; `reached` narrows them to messages that can have one."""
    can_have = {f"message__{name}": value for name, value in reached.items()}
    of_messages = MessageEvent.objects.filter(messages.rows("message__"), **can_have)
    return of_messages.filter(workspace=messages.workspace.pk, type=kind)
