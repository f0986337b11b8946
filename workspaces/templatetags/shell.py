"""What is drawn around pages: the beginning of a title and, in a workspace, the switcher and the navigation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import template
from django.forms import BaseForm
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
    tabs: Sequence[Link] = ()
    """To the other pages of its entry."""

    @property
    def is_section(self) -> bool:
        """Whether the page on which it stands is one of its tabs."""
        return any(tab.is_current for tab in self.tabs)


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


@register.simple_tag(takes_context=True)
def if_wrong(context: template.Context) -> str:
    """What a page's title begins with where a form of it came back with errors.

    Forms are told by `type`, as `isinstance` asks what is lazy: the page that says the database is away has a user.
    """
    values: Iterable[Any] = context.flatten().values()
    forms = (value for value in values if issubclass(type(value), BaseForm))
    return "Error: " if any(form.is_bound and form.errors for form in forms) else ""


@register.simple_tag
def help_pages() -> list[tuple[Help, str]]:
    return [(page, reverse(page.name)) for page in HELP]


@register.inclusion_tag("_navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, Any]:
    groups = [(name, [link for entry in entries if (link := _link(entry, context))]) for name, entries in NAVIGATION]
    return {"groups": [(name, links) for name, links in groups if links]}


@register.inclusion_tag("_entry_tabs.html", takes_context=True)
def entry_tabs(context: template.Context) -> dict[str, Any]:
    """The pages of the current entry, if there are several that the member may see."""
    entry = next((entry for entry in _entries() if _page(context.get("nav")) in entry.pages), None)
    own = _link(entry, context) if entry else None
    if entry is None or own is None or not own.tabs:
        return {"tabs": []}
    return {"label": entry.label, "tabs": [replace(own, label=entry.tab or entry.label), *own.tabs]}


def _link(entry: Destination, context: template.Context) -> Link | None:
    membership, current = context["membership"], context.get("nav")
    workspace = membership.workspace
    is_there = entry.is_for(membership.role) and (workspace.tells_money or not entry.is_of_money)
    address = entry.address(workspace.slug) if is_there else None
    if address is None:
        return None
    return Link(
        label=entry.label,
        address=address + _kept_query(context["request"], _page(current), entry),
        is_current=entry.name == current,
        icon=entry.icon,
        shortcut=entry.shortcut,
        tabs=[link for tab in entry.tabs if (link := _link(tab, context))],
    )


@register.inclusion_tag("_switcher.html", takes_context=True)
def switcher(context: template.Context) -> dict[str, Any]:
    """The user's workspaces, the current one first, at most MOST_WORKSPACES. One query.

    A link leads to the same entry of the navigation there, if the user may see it; ids of this workspace stay behind.
    """
    request, here = context["request"], context["membership"]
    current = _page(context.get("nav"))
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


def _entries() -> Iterator[Destination]:
    return (entry for _, entries in NAVIGATION for entry in entries)


def _page(name: str | None) -> Destination | None:
    return next((page for entry in _entries() for page in entry.pages if page.name == name), None)


def _kept_query(request: HttpRequest, here: Destination | None, there: Destination | None) -> str:
    """What goes along from one page to another: the parameters that mean the same on both."""
    if here is None or there is None:
        return ""
    query = request.GET.copy()
    for name in set(query) - (set(here.keeps) & set(there.keeps)):
        del query[name]
    return f"?{query.urlencode()}" if query else ""
