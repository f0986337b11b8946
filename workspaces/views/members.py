"""Who belongs to a workspace, and who is invited."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from campaignos.conflicts import FormErrors
from campaignos.email_addresses import validate_email
from campaignos.page_parameters import PAGE, understands
from campaignos.texts import CodePoints
from workspaces.access import page_membership
from workspaces.invitation_mail import INVITATIONS, TOO_MANY, invitation_link, mail_invitation
from workspaces.models import Invitation, Membership, User
from workspaces.people import change_role, invite, remove_member, revoke_invitation
from workspaces.roles import GRANTS, RIGHTS, Right, Role
from workspaces.undo import tell_undoable
from workspaces.views.page import confirmation_page, page_of, settings_page


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="Email",
        max_length=254,
        validators=[validate_email],
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(initial=Role.VIEWER)

    def __init__(self, data: QueryDict | None = None, *, by: Membership) -> None:
        super().__init__(data)
        cast(forms.ChoiceField, self.fields["role"]).choices = role_choices(by)


def role_choices(by: Membership) -> list[tuple[str, str]]:
    """The roles a member may give, the highest first."""
    return [(role.value, str(role.label)) for role in Role if role in GRANTS[Role(by.role)]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(page=PAGE)
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Every member sees who the others are; those who manage invite."""
    posted = request.method == "POST"
    membership = page_membership(request, slug, Right.MANAGE if posted else Right.READ)
    form = InviteForm(request.POST if posted else None, by=membership)
    link = invited = ""
    if posted and form.is_valid():
        with FormErrors(form, "email"):
            link, invited = _invite(request, membership, form), form.cleaned_data["email"]
            form = InviteForm(by=membership)
    return _members_page(request, membership, form, link, invited, status=400 if form.errors else 200)


def _invite(request: HttpRequest, membership: Membership, form: InviteForm) -> str:
    """Invites, writes the mail, and answers the link. Raises ValidationError."""
    if INVITATIONS.is_reached(request):
        raise ValidationError(TOO_MANY)
    invitation, token = invite(
        workspace=membership.workspace,
        email=form.cleaned_data["email"],
        role=Role(form.cleaned_data["role"]),
        by=cast(User, request.user),
    )
    link = invitation_link(request, token)
    if not mail_invitation(invitation, link, by=cast(User, request.user)):
        messages.warning(request, "The email could not be sent. Pass on the link yourself.")
    return link


def _members_page(
    request: HttpRequest, membership: Membership, form: InviteForm, link: str, invited: str, *, status: int
) -> HttpResponse:
    """Four to six queries, with the door's."""
    workspace = membership.workspace
    people = workspace.memberships.with_second_factor().select_related("user").order_by(CodePoints("user__email"))
    pages = page_of(people, request.GET.get("page", ""))
    invitations = page_of(workspace.invitations.open(timezone.now()))
    granted = GRANTS[Role(membership.role)]
    return settings_page(
        request,
        membership,
        "members",
        status=status,
        form=form,
        link=link,
        invited=invited,
        members=[(row, row.role in granted, row.user_id == membership.user_id) for row in pages.rows],
        pages=pages,
        invitations=[(row, row.role in granted) for row in invitations.rows],
        invitations_left_out=invitations.left_out,
        roles=role_choices(membership),
    )


@login_required
@require_POST
def set_role(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    member = get_object_or_404(membership.workspace.memberships, pk=pk)
    role = request.POST.get("role", "")
    if role not in Role.values:
        messages.error(request, "There is no such role.")
    elif request.POST.get("seen", member.role) != member.role:
        now = member.get_role_display()
        messages.error(request, f"The role was not changed: meanwhile somebody changed it to {now}.")
    else:
        try:
            change_role(membership=member, role=Role(role), by=cast(User, request.user))
            messages.success(request, "The role was changed.")
        except ValidationError as error:
            messages.error(request, error.message)
    return redirect("settings-members", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Who manages removes others, and can undo that; everybody may leave."""
    membership = page_membership(request, slug)
    member = get_object_or_404(membership.workspace.memberships.select_related("user"), pk=pk)
    if request.method != "POST":
        return _before_removal(request, membership, member)
    try:
        remove_member(membership=member, by=cast(User, request.user))
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("settings-members", slug)
    if member.user_id == membership.user_id:
        messages.success(request, f"You have left {membership.workspace.name}.")
        return redirect("workspaces")
    tell_undoable(
        request,
        f"{member.user} was removed.",
        "member",
        membership.workspace,
        user_id=member.user_id,
        role=member.role,
    )
    return redirect("settings-members", slug)


def _before_removal(request: HttpRequest, membership: Membership, member: Membership) -> HttpResponse:
    name = membership.workspace.name
    is_self = member.user_id == membership.user_id
    if not is_self and Right.MANAGE not in RIGHTS[Role(membership.role)]:
        raise PermissionDenied
    return confirmation_page(
        request,
        membership,
        "members",
        heading=f"Leave {name}" if is_self else f"Remove {member.user}",
        consequences=[
            f"You can no longer see {name}. To come back, you need another invitation."
            if is_self
            else f"{member.user} can no longer see {name}. You can undo this right afterwards.",
            "Keys that were created and funnels that were saved stay.",
        ],
        button="Leave" if is_self else "Remove",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    invitation: Invitation = get_object_or_404(membership.workspace.invitations, pk=pk)
    if request.method != "POST":
        return confirmation_page(
            request,
            membership,
            "members",
            heading=f"Revoke the invitation of {invitation.email}",
            consequences=["The link in the email no longer works. You can invite again, with another link."],
            button="Revoke invitation",
        )
    revoke_invitation(invitation=invitation, by=cast(User, request.user))
    messages.success(request, "The invitation was revoked.")
    return redirect("settings-members", slug)
