"""What can be told of people side by side: who they are, what they did last and how often, and any attribute."""

from collections import Counter
from collections.abc import Collection, Sequence

from analytics.lists.query import ListParameters
from analytics.models import Contact
from analytics.questions.fields import CONTACT_PREFIX, field_of
from analytics.questions.filters import AllOf, IsSet
from analytics.reports.revenue.people_money import MoneyFigure
from campaignos.commas import comma_values
from workspaces.models import Workspace

COLUMNS = "columns"
"""The parameter with the columns of a list of people."""
FIXED_COLUMNS = (
    *("contact", "email", "id", "devices", "signedUp"),
    *("lastEvent", "events", "messages", "opened", "clicked"),
)
"""Those that everybody has; an attribute's is called as conditions call it, such as `contact.plan`."""
MONEY_COLUMNS = tuple(figure.value for figure in MoneyFigure)
"""What people bought, and what it comes to; offered where any event says what it is worth."""
OF_CONTACTS = ("contact", "email", "id", "signedUp", "lastEvent")
OF_PEOPLE = ("contact", "email", "id", "devices", "lastEvent")
"""Those that are shown unless others are asked for."""
MOST_COLUMNS = 20
NEWEST_LOOKED_AT, ATTRIBUTES_OFFERED = 1_000, 40
"""Of how many contacts, how many attributes are offered as columns."""
COLUMNS_OF_EVENTS = frozenset({"lastEvent", "events"})
COLUMNS_OF_MONEY = frozenset(MONEY_COLUMNS)
COLUMNS_OF_MESSAGES = frozenset({"messages", "opened", "clicked"})


def read_columns(parameters: ListParameters, offered: Collection[str]) -> tuple[str, ...]:
    """The columns that are asked for, in their order; none where none is. One query for each attribute that is and is
    not `offered`, which somebody must have."""
    known = {*FIXED_COLUMNS, *MONEY_COLUMNS, *offered}
    names = [name for text in parameters.several(COLUMNS) for name in comma_values(text) if name]
    columns = [name for name in dict.fromkeys(names) if name in known or _is_attribute(name, parameters)]
    if len(columns) < len(set(names)):
        fixed = ", ".join((*FIXED_COLUMNS, *MONEY_COLUMNS))
        parameters.refuse(COLUMNS, f"{fixed}, or an attribute that a contact has, as contact.plan")
    if len(columns) > MOST_COLUMNS:
        parameters.refuse(COLUMNS, f"at most {MOST_COLUMNS} columns")
    return tuple(columns[:MOST_COLUMNS])


def _is_attribute(name: str, parameters: ListParameters) -> bool:
    field = field_of(name)
    if field is None or field.path is None or not name.startswith(CONTACT_PREFIX):
        return False
    condition = AllOf((IsSet(field),))
    known, _ = parameters.known(condition)
    return known == condition


def are_asked(columns: Collection[str], some: Sequence[str] | frozenset[str]) -> bool:
    return not {*columns}.isdisjoint(some)


def attribute_columns(workspace: Workspace) -> list[str]:
    """The columns of the attributes that most of the newest contacts have. One query."""
    newest = Contact.objects.current().filter(workspace=workspace).order_by("-pk").values_list("attributes", flat=True)
    totals = Counter(name for attributes in newest[:NEWEST_LOOKED_AT] for name in attributes)
    names = (f"{CONTACT_PREFIX}{name}" for name, _ in totals.most_common(ATTRIBUTES_OFFERED))
    return [name for name in names if (field := field_of(name)) and field.path is not None]
