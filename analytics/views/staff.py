"""A workspace as staff see it who help somebody: what came in last, what was refused, keys, webhooks and members.

It is read-only, but for two mails that go to whom they are about. What they do is in the audit trail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.password_reset import request_password_reset
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from analytics.ingest.remarks import REMARKS_KEPT_FOR
from analytics.lists.remarks import items_refused_by_key, refusals
from analytics.models import Event, Message
from analytics.views.remarks import fix
from campaignos.texts import CodePoints
from workspaces.audit import record
from workspaces.invitation_mail import INVITATIONS, TOO_MANY, invitation_link, mail_invitation
from workspaces.log_in_limits import may_mail
from workspaces.models import Action, Key, User, Workspace
from workspaces.people import renew_invitation
from workspaces.views.page import page_of, page_of_all

MOST_REASONS = 50
FAILURES_OF = timedelta(hours=24)


@dataclass(frozen=True)
class LastArrival:
    """The newest of a kind by its own time: what it is, when it happened and when it came in."""

    kind: str
    name: str
    at: datetime
    received_at: datetime


@dataclass(frozen=True)
class UsedKey:
    """A key, and how many of the items that were sent with it were refused in the last FAILURES_OF."""

    key: Key
    refused: int


def staff_page(
    request: HttpRequest, workspace: Workspace, of_site: Mapping[str, Any], *, may_reset: bool, may_resend: bool
) -> HttpResponse:
    """Times are those of the workspace's zone. Ten queries."""
    now = timezone.now()
    members = workspace.memberships.with_second_factor().select_related("user").order_by(CodePoints("user__email"))
    pending = workspace.invitations.filter(accepted_at=None, revoked_at=None)
    context = {
        "workspace": workspace,
        "arrivals": _last_arrivals(workspace),
        "refusals": [(row, fix(row.code)) for row in refusals(workspace, most=MOST_REASONS)],
        "kept_days": REMARKS_KEPT_FOR.days,
        "keys": page_of_all(_keys(workspace, now)),
        "webhooks": page_of_all([*workspace.webhooks.order_by("-id")]),
        "members": page_of(members, request.GET.get("page", "")),
        "invitations": page_of(pending),
        "may_reset": may_reset,
        "may_resend": may_resend,
        "now": now,
    }
    with timezone.override(workspace.zone):
        return render(request, "admin/workspaces/workspace/state.html", {**of_site, **context})


def _keys(workspace: Workspace, now: datetime) -> list[UsedKey]:
    """Newest first. Two queries."""
    refused = items_refused_by_key(workspace, since=now - FAILURES_OF)
    keys = workspace.keys.select_related("created_by").order_by("-id")
    return [UsedKey(key, refused.get(key.pk, 0)) for key in keys]


def _last_arrivals(workspace: Workspace) -> list[LastArrival]:
    event = Event.objects.filter(workspace_id=workspace.pk).order_by("-occurred_at").first()
    message = Message.objects.filter(workspace_id=workspace.pk).order_by("-created_at").first()
    return [
        *([LastArrival("Event", event.type, event.occurred_at, event.received_at)] if event else []),
        *([LastArrival("Message", message.external_id, message.created_at, message.received_at)] if message else []),
    ]


def send_reset_mail(request: HttpRequest, workspace: Workspace, membership_id: int) -> HttpResponse:
    """To a member, as if they had asked for it: staff see neither the link nor the password."""
    member = workspace.memberships.select_related("user").filter(pk=membership_id).first()
    if member is None:
        raise Http404
    user = member.user
    if not user.is_active:
        messages.error(request, f"{user.email} may not log in: nothing was sent.")
    elif not may_mail(request, user.email):
        messages.error(request, f"{user.email} got several such mails in the last minutes: nothing was sent.")
    else:
        request_password_reset(request, user.email, [user], default_token_generator)
        record(Action.RESET_MAILED, by=cast(User, request.user), workspace=workspace, account=user)
        messages.success(request, f"A mail to set a new password was sent to {user.email}.")
    return _back(workspace)


def resend_invitation(request: HttpRequest, workspace: Workspace, invitation_id: int) -> HttpResponse:
    """With another link, for the former is kept nowhere."""
    invitation = workspace.invitations.filter(pk=invitation_id).first()
    if invitation is None:
        raise Http404
    by = cast(User, request.user)
    try:
        if INVITATIONS.is_reached(request):
            raise ValidationError(TOO_MANY)
        link = invitation_link(request, renew_invitation(invitation=invitation, by=by))
        invitation.refresh_from_db()
    except ValidationError as error:
        messages.error(request, error.message)
        return _back(workspace)
    if mail_invitation(invitation, link, by=by):
        messages.success(request, f"The invitation was sent to {invitation.email} again. The former link ends.")
    else:
        messages.error(request, "The email could not be sent, and the former link ended. Try again.")
    return _back(workspace)


def _back(workspace: Workspace) -> HttpResponse:
    return redirect("admin:workspaces_workspace_state", workspace.pk)
