"""What every settings page knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from workspaces.models import Membership
from workspaces.navigation import SETTINGS
from workspaces.roles import RIGHTS, Right, Role

PAGE_ROWS = 50

_Row = TypeVar("_Row", bound=Model)
_Any = TypeVar("_Any")


@dataclass(frozen=True)
class RowsPage(Generic[_Any]):
    """Some rows of a table, and which of how many they are."""

    rows: Sequence[_Any]
    number: int
    total: int

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_ROWS + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def before(self) -> int:
        return self.number - 1

    @property
    def after(self) -> int:
        return self.number + 1

    @property
    def left_out(self) -> int:
        return self.total - len(self.rows)


def page_number(number: str) -> int:
    """The page's number, as the address says it; 1 where that is none."""
    return max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 9 else 1


def page_of_all(rows: Sequence[_Any], number: str = "") -> RowsPage[_Any]:
    """A page of rows that are there already."""
    page = page_number(number)
    return RowsPage(rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS], page, len(rows))


def page_of(rows: QuerySet[_Row], number: str = "") -> RowsPage[_Row]:
    """A page of rows. One query, two where that is not all of them."""
    page = page_number(number)
    first = (page - 1) * PAGE_ROWS
    page_and_next = list(rows[first : first + PAGE_ROWS + 1])
    is_all = page == 1 and len(page_and_next) <= PAGE_ROWS
    return RowsPage(page_and_next[:PAGE_ROWS], page, len(page_and_next) if is_all else rows.count())


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
    sections = [(section, section.address(slug)) for section in SETTINGS if section.is_for(membership.role)]
    here = "settings" if section == "general" else f"settings-{section}"
    shell = {
        "membership": membership,
        "nav": "settings",
        "title": "Settings",
        "here": here,
        "section": next(section.label for section in SETTINGS if section.name == here),
        "sections": [(section, address) for section, address in sections if address],
        "may_manage": Right.MANAGE in RIGHTS[Role(membership.role)],
    }
    with timezone.override(membership.workspace.zone):
        return render(request, f"settings/{template or section}.html", {**shell, **context}, status=status)
