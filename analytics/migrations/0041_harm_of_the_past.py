"""Messages of the past get the harm that was reported of them, and the ledger counts it, day by day."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet

from analytics.ledger import locks
from analytics.periods import Window, local_day

DIMENSIONS = ("campaign_id", "channel", "variant_id")
IMPLIED = {
    "hard_bounced": ("bounced", "sent"),
    "soft_bounced": ("bounced", "sent"),
    "complained": ("delivered", "sent"),
    "unsubscribed": ("delivered", "sent"),
}
"""By harm, what a message went through before it."""
COUNTED = (*IMPLIED, "bounced", "delivered", "sent")
FIELDS = [f"{counted}_at" for counted in COUNTED]
OF_HARM = Q(type__in=("complained", "unsubscribed")) | ~Q(bounce_kind="")
AT_ONCE = 500


def note_harm(apps: Any, schema_editor: Any) -> None:
    """A transaction a day, so that writers wait for no longer; what is done is done, should the next one fail."""
    reports = apps.get_model("analytics", "MessageEvent").objects
    for workspace_id in apps.get_model("workspaces", "Workspace").objects.values_list("pk", flat=True):
        if not reports.filter(OF_HARM, workspace_id=workspace_id).exists():
            continue
        messages = left = apps.get_model("analytics", "Message").objects.filter(workspace_id=workspace_id)
        while first := left.aggregate(at=Min("created_at"))["at"]:
            left = messages.filter(created_at__gte=note_harm_of_day(apps, workspace_id, first))


@transaction.atomic
def note_harm_of_day(apps: Any, workspace_id: int, at: datetime) -> datetime:
    """The local day of an instant; answers when it ends."""
    locks.take_alone(workspace_id)
    zone = ZoneInfo(apps.get_model("workspaces", "Workspace").objects.get(pk=workspace_id).time_zone)
    day = Window(zone, local_day(at, zone), 1)
    messages = apps.get_model("analytics", "Message").objects.filter(workspace_id=workspace_id).order_by()
    of_day = messages.filter(created_at__gte=day.starts_at, created_at__lt=day.ends_at)
    before = counts(of_day)
    note(apps, workspace_id, of_day)
    add_to_ledger(apps, workspace_id, day, before, counts(of_day))
    return day.ends_at


def note(apps: Any, workspace_id: int, messages: QuerySet[Any]) -> None:
    model = apps.get_model("analytics", "MessageEvent")
    reports = model.objects.filter(OF_HARM, workspace_id=workspace_id, message=OuterRef("pk"))
    harmful = {message.pk: message for message in messages.filter(Exists(reports))}
    ids = [*harmful]
    for start in range(0, len(ids), AT_ONCE):
        told = model.objects.filter(OF_HARM, workspace_id=workspace_id, message_id__in=ids[start : start + AT_ONCE])
        for report in told.order_by():
            note_report(harmful[report.message_id], report)
    messages.bulk_update(harmful.values(), FIELDS, batch_size=AT_ONCE)


def note_report(message: Any, report: Any) -> None:
    harm = f"{report.bounce_kind}_bounced" if report.bounce_kind else report.type
    for name in (harm, *IMPLIED[harm]):
        known = getattr(message, f"{name}_at")
        if known is None or report.occurred_at < known:
            setattr(message, f"{name}_at", report.occurred_at)


def counts(messages: QuerySet[Any]) -> Mapping[tuple[Any, ...], tuple[int, datetime]]:
    """By what is counted, campaign, channel and variant, how many, and when the newest was received."""
    found = {}
    for counted in COUNTED:
        reached = messages.filter(**{f"{counted}_at__isnull": False}).values_list(*DIMENSIONS)
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
        ("analytics", "0040_acts_of_messages_in_packs"),
        ("workspaces", "0001_users_workspaces_keys"),
    ]
    operations = [migrations.RunPython(note_harm, migrations.RunPython.noop)]
