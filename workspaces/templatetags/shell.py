"""What `workspace.html` draws around every page of a workspace: the switcher and the navigation."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse

from workspaces.access import memberships_of
from workspaces.models import Membership
from workspaces.navigation import NAVIGATION, Destination
from workspaces.undo import undo_token

register = template.Library()
register.filter("undo_token", undo_token)

KEPT = ("range", "from", "to", "compare", "compareFrom", "compareTo", "match", "interval", "opens")
"""The parameters that go along from one report of a workspace to another: those that mean the same on each."""


MOST_WORKSPACES = 30
"""In the switcher; the page of all workspaces, to which it leads, has the rest."""


@dataclass(frozen=True)
class Link:
    label: str
    address: str
    is_current: bool
    icon: str = ""
    beside: str = ""
    shortcut: str = ""


@register.inclusion_tag("_navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, Any]:
    membership, current = context["membership"], context.get("nav")
    kept = _kept(context["request"], _entry(current))
    groups = [
        (
            name,
            [link for entry in entries if (link := _link(entry, membership, current, kept if entry.has_days else ""))],
        )
        for name, entries in NAVIGATION
    ]
    return {"groups": [(name, links) for name, links in groups if links]}


def _link(entry: Destination, membership: Membership, current: str | None, kept: str) -> Link | None:
    address = entry.address(membership.workspace.slug) if entry.is_for(membership.role) else None
    if address is None:
        return None
    return Link(
        label=entry.label,
        address=address + kept,
        is_current=entry.name == current,
        icon=entry.icon,
        shortcut=entry.shortcut,
    )


@register.inclusion_tag("_switcher.html", takes_context=True)
def switcher(context: template.Context) -> dict[str, Any]:
    """The user's workspaces, the current one first, at most MOST_WORKSPACES. One query.

    A link leads to the same entry of the navigation there, if the user may see it; ids of this workspace stay behind.
    """
    request, here = context["request"], context["membership"]
    current = _entry(context.get("nav"))
    links = [
        Link(
            label=membership.workspace.name,
            address=_same_page(membership, current) + _kept(request, current),
            is_current=membership.pk == here.pk,
            beside=membership.get_role_display(),
        )
        for membership in memberships_of(request.user)
    ]
    links.sort(key=lambda link: not link.is_current)
    return {"workspace": here.workspace, "links": links[:MOST_WORKSPACES]}


def _same_page(membership: Membership, current: Destination | None) -> str:
    slug = membership.workspace.slug
    there = current.address(slug) if current and current.is_for(membership.role) else None
    return there or reverse("workspace", args=[slug])


def _entry(name: str | None) -> Destination | None:
    return next((entry for _, entries in NAVIGATION for entry in entries if entry.name == name), None)


def _kept(request: HttpRequest, here: Destination | None) -> str:
    if here is None or not here.has_days:
        return ""
    query = request.GET.copy()
    for name in set(query) - set(KEPT):
        del query[name]
    return f"?{query.urlencode()}" if query else ""
