"""Opened, clicked, complained and unsubscribed count as delivered; delivered and bounced count as sent.

Messages of the past get the earliest instants that are known, and the ledger what they count for by it: day by day, by
as many statements a day whatever its messages.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations, transaction
from django.db.models import Count, F, Max, Min, Q, QuerySet

from analytics.ledger import locks
from analytics.periods import Window, local_day

DIMENSIONS = ("campaign_id", "channel", "variant_id")
COUNTED = {"sent": "sent_at", "delivered": "delivered_at"}


def settle(apps: Any, schema_editor: Any) -> None:
    """A transaction a day, so that writers wait for no longer; what is done is done, should the next one fail."""
    for workspace_id in apps.get_model("workspaces", "Workspace").objects.values_list("pk", flat=True):
        messages = left = apps.get_model("analytics", "Message").objects.filter(workspace_id=workspace_id)
        while first := left.aggregate(at=Min("created_at"))["at"]:
            left = messages.filter(created_at__gte=settle_day(apps, workspace_id, first))


@transaction.atomic
def settle_day(apps: Any, workspace_id: int, at: datetime) -> datetime:
    """The local day of an instant; answers when it ends."""
    locks.take_alone(workspace_id)
    zone = ZoneInfo(apps.get_model("workspaces", "Workspace").objects.get(pk=workspace_id).time_zone)
    day = Window(zone, local_day(at, zone), 1)
    messages = apps.get_model("analytics", "Message").objects.filter(workspace_id=workspace_id).order_by()
    of_day = messages.filter(created_at__gte=day.starts_at, created_at__lt=day.ends_at)
    before = counts(of_day)
    imply(apps, workspace_id, of_day, day)
    add_to_ledger(apps, workspace_id, day, before, counts(of_day))
    return day.ends_at


def imply(apps: Any, workspace_id: int, messages: QuerySet[Any], day: Window) -> None:
    opened = messages.filter(missing_or_later("delivered_at", F("opened_at")), opened_at__isnull=False)
    opened.update(delivered_at=F("opened_at"))
    for message_id, at in objections(apps, workspace_id, day):
        messages.filter(missing_or_later("delivered_at", at), pk=message_id).update(delivered_at=at)
    for name in ("delivered_at", "bounced_at"):
        messages.filter(missing_or_later("sent_at", F(name)), **{f"{name}__isnull": False}).update(sent_at=F(name))


def objections(apps: Any, workspace_id: int, day: Window) -> list[tuple[Any, datetime]]:
    """Of the day's messages, those complained about or unsubscribed from, each with the first instant."""
    reports = apps.get_model("analytics", "MessageEvent").objects.filter(
        workspace_id=workspace_id,
        type__in=("complained", "unsubscribed"),
        message__workspace_id=workspace_id,
        message__created_at__gte=day.starts_at,
        message__created_at__lt=day.ends_at,
    )
    return list(reports.order_by().values_list("message_id").annotate(Min("occurred_at")))


def missing_or_later(name: str, instant: F | datetime) -> Q:
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gt": instant})


def counts(messages: QuerySet[Any]) -> Mapping[tuple[Any, ...], tuple[int, datetime]]:
    """By what is counted, campaign, channel and variant, how many, and when the newest was received."""
    found = {}
    for counted, name in COUNTED.items():
        reached = messages.filter(**{f"{name}__isnull": False}).values_list(*DIMENSIONS)
        for *key, n, through in reached.annotate(Count("pk"), Max("received_at")):
            found[counted, *key] = n, through
    return found


def add_to_ledger(
    apps: Any, workspace_id: int, day: Window, before: Mapping[Any, Any], after: Mapping[Any, Any]
) -> None:
    model = apps.get_model("analytics", "DayCount")
    model.objects.bulk_create(
        model(
            workspace_id=workspace_id,
            day=day.first_day,
            counted=counted,
            campaign_id=campaign_id,
            channel=channel,
            variant_id=variant_id or 0,
            n=more,
            through=through,
        )
        for (counted, campaign_id, channel, variant_id), (n, through) in after.items()
        if (more := n - before.get((counted, campaign_id, channel, variant_id), (0,))[0])
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("analytics", "0015_deliveries_of_the_past"),
        ("workspaces", "0001_users_workspaces_keys"),
    ]
    operations = [migrations.RunPython(settle, migrations.RunPython.noop)]
