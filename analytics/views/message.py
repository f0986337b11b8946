"""One message: how far it got, and what was reported of it by whom."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from analytics.lists.messages import message_rows
from analytics.metrics import HARM, STATUSES
from analytics.models import Message, MessageEvent, Variant
from analytics.presentation.lists.messages import STATUS_LABELS, status_label
from analytics.presentation.lists.people import contact_cell
from analytics.views.page import open_page
from campaignos.ids import uuid_of

MOST_MESSAGE_EVENTS = 100
"""Each as it was reported; what became of the message stands beside them."""


@login_required
@require_safe
def message_page(request: HttpRequest, slug: str, message_id: str) -> HttpResponse:
    page = open_page(request, slug, "messages", "Message")
    key = uuid_of("msg", message_id)
    message = Message.objects.filter(workspace_id=page.workspace.pk, pk=key).first() if key else None
    if message is None:
        raise Http404
    row = message_rows(page.workspace, [message])[0]
    variants = Variant.objects.filter(workspace=page.workspace, pk=message.variant_id or 0).select_related("test")
    page.title = f"Message of {'an unknown campaign' if row.campaign is None else row.campaign}"
    ladder = [("Queued", message.created_at)]
    reached = [(status, getattr(message, status.field)) for status in STATUSES]
    ladder += [(STATUS_LABELS[status], at) for status, at in reached if at or status not in HARM]
    rows = MessageEvent.objects.filter(workspace_id=page.workspace.pk, message=message).order_by("occurred_at", "id")
    reports = list(rows[: MOST_MESSAGE_EVENTS + 1])
    return page.response(
        "lists/message.html",
        message=message,
        to=contact_cell(row.contact, page.audience) if row.contact else None,
        campaign_address=page.address("campaign", campaign=f"cmp_{message.campaign_id}"),
        campaign_name=row.campaign or "",
        variant=variants.first(),
        reached=status_label(row),
        external_id=page.audience.text(message.external_id),
        ladder=ladder,
        reports=[(one, page.audience.text(one.url or one.reason)) for one in reports[:MOST_MESSAGE_EVENTS]],
        reports_in_all=rows.count() if len(reports) > MOST_MESSAGE_EVENTS else len(reports),
    )
