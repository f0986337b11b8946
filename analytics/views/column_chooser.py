"""Which columns a list of people has: those of its address, those chosen last, or the usual ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.lists import ListParameters
from analytics.lists.amounts import has_money_events
from analytics.lists.contacts import SORTS, contact_order
from analytics.lists.people_columns import COLUMNS, FIXED_COLUMNS, MONEY_COLUMNS, attribute_columns, read_columns
from analytics.presentation.lists.people import people_column
from analytics.presentation.tables import Column
from analytics.views.page import Page
from campaignos.commas import comma_text
from campaignos.pages import Ordering


@dataclass(frozen=True)
class PeopleShown:
    """How people are shown: the columns, and of contacts what they are sorted by."""

    columns: tuple[str, ...]
    sort: str
    offered: Sequence[str]
    """What else can be shown."""

    @property
    def order(self) -> Ordering | None:
        return contact_order(self.sort)


@dataclass(frozen=True)
class ColumnChooser:
    """The columns that can be chosen, those that are shown first, each with whether it is; `usual` is the address with
    the usual ones."""

    columns: Sequence[tuple[Column, bool]]
    usual: str


def people_shown(page: Page, parameters: ListParameters, usual: Sequence[str]) -> PeopleShown:
    """The columns of the address, which are remembered for this list; without any those chosen last, or the usual. Two
    queries, and those of `read_columns`."""
    money = MONEY_COLUMNS if has_money_events(page.workspace) else ()
    offered = [*FIXED_COLUMNS, *money, *attribute_columns(page.workspace)]
    remembered, session, chosen = f"columns of {page.name}", page.request.session, read_columns(parameters, offered)
    if chosen and [*chosen] != session.get(remembered):
        session[remembered] = [*chosen]
    sort = page.request.GET.get("sort", "")
    if sort and not contact_order(sort):
        allowed = f"{', '.join((*SORTS, *MONEY_COLUMNS))}, or one of these with a - before it"
        page.notices.append(f"sort cannot be {sort[:100]!r}; allowed: {allowed}. It is left out.")
        sort = ""
    return PeopleShown(chosen or tuple(session.get(remembered, ())) or (*usual,), sort, offered)


def column_chooser(page: Page, shown: PeopleShown, usual: Sequence[str]) -> ColumnChooser:
    names = dict.fromkeys([*shown.columns, *shown.offered])
    columns = [(people_column(name), name in shown.columns) for name in names]
    return ColumnChooser(columns, page.same(COLUMNS, columns=comma_text(usual)))
