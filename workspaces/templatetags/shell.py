"""What `workspace.html` draws around every page of a workspace: the switcher and the navigation."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse

from workspaces.access import memberships_of
from workspaces.models import Key, Membership
from workspaces.navigation import HELP, KEY_ACTS, NAVIGATION, Destination, Help
from workspaces.undo import undo_token

register = template.Library()
register.filter("undo_token", undo_token)

MOST_WORKSPACES = 30
"""How many workspaces the switcher has; the page of all workspaces, to which it leads, has the rest."""


@dataclass(frozen=True)
class Link:
    label: str
    address: str
    is_current: bool
    icon: str = ""
    beside: str = ""
    shortcut: str = ""


@dataclass(frozen=True)
class KeyLink:
    """A link to what can be done about a key; `phrase` is its text within a sentence."""

    label: str
    description: str
    phrase: str
    address: str


@register.simple_tag(takes_context=True)
def key_links(context: template.Context, key: Key) -> list[KeyLink]:
    slug = context["membership"].workspace.slug
    return [
        KeyLink(act.label, act.description.format(key=key.name), act.phrase, reverse(act.name, args=[slug, key.pk]))
        for act in KEY_ACTS
        if act.is_for(key)
    ]


@register.simple_tag
def help_pages() -> list[tuple[Help, str]]:
    return [(page, reverse(page.name)) for page in HELP]


@register.inclusion_tag("_navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, Any]:
    membership, current = context["membership"], context.get("nav")
    request, here = context["request"], _entry(current)
    groups = [
        (
            name,
            [
                link
                for entry in entries
                if (link := _link(entry, membership, current, _kept_query(request, here, entry)))
            ],
        )
        for name, entries in NAVIGATION
    ]
    return {"groups": [(name, links) for name, links in groups if links]}


def _link(entry: Destination, membership: Membership, current: str | None, kept: str) -> Link | None:
    workspace = membership.workspace
    is_there = entry.is_for(membership.role) and (workspace.tells_money or not entry.is_of_money)
    address = entry.address(workspace.slug) if is_there else None
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
            address=_same_page(membership, current) + _kept_query(request, current, current),
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


def _kept_query(request: HttpRequest, here: Destination | None, there: Destination | None) -> str:
    """What goes along from one page to another: the parameters that mean the same on both."""
    if here is None or there is None:
        return ""
    query = request.GET.copy()
    for name in set(query) - (set(here.keeps) & set(there.keeps)):
        del query[name]
    return f"?{query.urlencode()}" if query else ""
