"""What every settings page knows."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from workspaces.models import Membership
from workspaces.navigation import SETTINGS
from workspaces.roles import RIGHTS, Right, Role


def own_address(request: HttpRequest, address: str, *, default: str = "/") -> str:
    """The address, if it is one of this site's own."""
    safe = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if safe else default


def confirmation_page(
    request: HttpRequest,
    membership: Membership,
    section: str,
    *,
    heading: str,
    consequences: Sequence[str],
    button: str,
) -> HttpResponse:
    """Says what ends by an act that cannot be taken back; its button posts to the address that was asked for."""
    back = reverse(f"settings-{section}", args=[membership.workspace.slug])
    return settings_page(
        request,
        membership,
        section,
        template="confirm",
        heading=heading,
        consequences=consequences,
        button=button,
        back=back,
    )


def settings_page(
    request: HttpRequest,
    membership: Membership,
    section: str,
    *,
    template: str = "",
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The page of a section, in the shell, with times in the workspace's zone."""
    slug = membership.workspace.slug
    sections = [(one, one.address(slug)) for one in SETTINGS if one.is_for(membership.role)]
    shell = {
        "membership": membership,
        "nav": "settings",
        "title": "Settings",
        "here": "settings" if section == "general" else f"settings-{section}",
        "sections": [(one, address) for one, address in sections if address],
        "may_manage": Right.MANAGE in RIGHTS[Role(membership.role)],
    }
    with timezone.override(membership.workspace.zone):
        return render(request, f"settings/{template or section}.html", {**shell, **context}, status=status)
