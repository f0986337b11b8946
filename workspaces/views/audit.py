"""A workspace's audit log, as page and as CSV."""

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaignos.csv_export import spreadsheet_response
from campaignos.days import DayField
from campaignos.page_parameters import PLACE, understands
from campaignos.pages import Ordering, Place, page_of
from workspaces.access import page_membership
from workspaces.models import AuditEvent, Workspace
from workspaces.models.audit import AuditEventQuerySet, action_choices
from workspaces.roles import Right
from workspaces.views.page import settings_page

PAGE_ROWS = 50
LATEST = Ordering("-id", "pk", is_descending=True)
COLUMNS = ("at", "actor", "action", "target", "before", "after", "ip", "request id")


class FilterForm(forms.Form):
    action = forms.ChoiceField(required=False, choices=lambda: [("", "All actions"), *action_choices()])
    who = forms.CharField(required=False, max_length=254, label="Who or what")
    since = DayField(required=False, label="From")
    until = DayField(required=False, label="To")

    def matching_events(self, workspace: Workspace) -> AuditEventQuerySet:
        """The events asked for; a filter that is no good is left out, and its field says so."""
        self.is_valid()
        filters = self.cleaned_data
        rows = AuditEvent.objects.seen_from(workspace)
        if action := filters.get("action"):
            rows = rows.filter(action=action)
        if who := filters.get("who"):
            is_called_so = Q(actor_name__contains_text=who) | Q(target__same_text=who)
            rows = rows.filter(is_called_so | Q(account__email__same_text=who))
        if since := filters.get("since"):
            rows = rows.filter(at__gte=datetime.combine(since, time(), workspace.zone))
        if until := filters.get("until"):
            rows = rows.filter(at__lt=datetime.combine(until + timedelta(days=1), time(), workspace.zone))
        return rows


@login_required
@require_safe
@understands(*FilterForm.base_fields, before=PLACE)
def audit(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest first, 50 at a time, older ones by the id they come before. Two queries, with the door's."""
    membership = page_membership(request, slug, Right.MANAGE)
    form = FilterForm(request.GET)
    rows = form.matching_events(membership.workspace).select_related("account")
    before = request.GET.get("before", "")
    place = Place(None, int(before)) if before.isascii() and before.isdigit() and len(before) < 19 else None
    page = page_of(list(LATEST.rows_after(rows, place)[: PAGE_ROWS + 1]), PAGE_ROWS, lambda event: str(event.pk))
    query = request.GET.copy()
    query.pop("before", None)
    return settings_page(
        request,
        membership,
        "audit",
        form=form,
        events=page.rows,
        older=page.following or None,
        query=query.urlencode(),
    )


@login_required
@require_safe
@understands(*FilterForm.base_fields)
def audit_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """All that the page's filters choose, the newest first."""
    workspace = page_membership(request, slug, Right.MANAGE).workspace
    rows = FilterForm(request.GET).matching_events(workspace)
    return spreadsheet_response(f"audit-{workspace.slug}.csv", COLUMNS, _lines(rows, workspace))


def _lines(rows: AuditEventQuerySet, workspace: Workspace) -> Iterator[tuple[Any, ...]]:
    for event in rows.iterator(chunk_size=1000):
        at = timezone.localtime(event.at, workspace.zone).isoformat(timespec="seconds")
        changes = (json.dumps(fields) if fields else "" for fields in (event.before, event.after))
        yield at, event.actor_name, event.get_action_display(), event.target, *changes, event.ip, event.request_id
