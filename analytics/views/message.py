"""One message: how far it got, and what was reported of it by whom."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from analytics.metrics import STATUSES
from analytics.models import Message, MessageEvent, Variant
from analytics.views.disclosure import name_shown_to, shown_to
from analytics.views.listing import Cell, opened
from analytics.views.lists import STATUS_LABELS, contacts_and_campaigns, status_text
from campaignos.ids import uuid_of

MOST_REPORTS = 100
"""Each as it was reported; what became of the message stands beside them."""


@login_required
@require_safe
def message_page(request: HttpRequest, slug: str, message_id: str) -> HttpResponse:
    page = opened(request, slug, "messages", "Message")
    key = uuid_of("msg", message_id)
    message = Message.objects.filter(workspace_id=page.workspace.pk, pk=key).first() if key else None
    if message is None:
        raise Http404
    contacts, campaigns = contacts_and_campaigns(page, [message])
    contact = contacts.get(message.contact_id)
    variants = Variant.objects.filter(workspace=page.workspace, pk=message.variant_id or 0).select_related("test")
    page.title = f"Message of {campaigns.get(message.campaign_id, 'an unknown campaign')}"
    ladder = [("Queued", page.instant(message.created_at))]
    ladder += [(STATUS_LABELS[status], page.instant(getattr(message, status.field))) for status in STATUSES]
    rows = MessageEvent.objects.filter(workspace_id=page.workspace.pk, message=message).order_by("occurred_at", "id")
    reports = list(rows[: MOST_REPORTS + 1])
    return page.response(
        "lists/message.html",
        message=message,
        to=Cell(name_shown_to(page.membership, contact), page.address("contact", contact.api_id)) if contact else None,
        campaign_address=page.address("campaign", campaign=f"cmp_{message.campaign_id}"),
        campaign_name=campaigns.get(message.campaign_id, ""),
        variant=variants.first(),
        reached=status_text(message),
        external_id=shown_to(page.membership, message.external_id),
        ladder=ladder,
        reports=[(one, shown_to(page.membership, one.url or one.reason)) for one in reports[:MOST_REPORTS]],
        reports_in_all=rows.count() if len(reports) > MOST_REPORTS else len(reports),
    )
