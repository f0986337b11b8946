"""Which parameters of its address a page understands. What it does not, it says on the page, as the API does in JSON.

A view says by `understands` which names it reads, and which values those can have that it judges no further. What else
stands in the address is left out, and the notice says so: `_messages.html` draws it, on every page alike.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest

_View = TypeVar("_View", bound=Callable[..., Any])

MOST_NAMES, MOST_CHARACTERS = 10, 100
"""How much a notice repeats of what somebody wrote into an address."""


@dataclass(frozen=True)
class AllowedValues:
    """The values that a parameter can have; `text` says them in a notice."""

    text: str
    pattern: str

    def accepts(self, value: str) -> bool:
        return re.fullmatch(self.pattern, value) is not None


def one_of(values: Collection[str]) -> AllowedValues:
    return AllowedValues(", ".join(values), "|".join(map(re.escape, values)))


JUDGED = AllowedValues("", r"(?s:.*)")
"""The view itself says what it cannot read, or any text has a meaning."""
PAGE = AllowedValues("the number of a page", "[1-9][0-9]{0,8}")
PLACE = AllowedValues("what the link to the next page has", r"-?[0-9]{1,20}(?:-[0-9a-f-]{1,36})?")
PLACE_IN_ORDER = AllowedValues(PLACE.text, rf"{PLACE.pattern}|[0-9A-Za-z_=-]{{20,}}")
"""Also of a list in another order than by time, of which it is encrypted."""
DAY = AllowedValues("a day such as 2026-01-15", "[0-9]{4}-[0-9]{2}-[0-9]{2}")
FILE = one_of(["csv", "xlsx"])

NEXT: Mapping[str, AllowedValues] = {"next": JUDGED}
"""What a view understands that says nothing: where to go on after a log-in."""


@dataclass(frozen=True)
class PageParameters:
    """The parameters of a view, by name; `many` are those that may be there several times."""

    allowed: Mapping[str, AllowedValues]
    many: frozenset[str] = frozenset()


def understands(*names: str, many: Collection[str] = (), **allowed: AllowedValues) -> Callable[[_View], _View]:
    """Says which parameters a view reads: it judges `names` and `many` itself; the values of others are `allowed`."""
    understood = PageParameters({**dict.fromkeys((*names, *many), JUDGED), **allowed}, frozenset(many))

    def decorate(view: _View) -> _View:
        view.understood = understood  # type: ignore[attr-defined]
        return view

    return decorate


def understood_of(view: Callable[..., Any]) -> PageParameters:
    parameters: PageParameters = getattr(view, "understood", PageParameters(NEXT))
    return parameters


def parameter_notices(request: HttpRequest) -> dict[str, Any]:
    """For templates: what of the address is left out. They are made where a template asks for them."""
    return {"parameter_notices": lambda: list(_notices(request))}


def _notices(request: HttpRequest) -> Iterator[str]:
    match = request.resolver_match
    if match is None or match.app_name == "admin":
        return
    understood = understood_of(match.func)
    query = {name: values for name, values in request.GET.lists() if not name.startswith("_")}
    if unknown := [name[:MOST_CHARACTERS] for name in query if name not in understood.allowed]:
        yield _unknown_notice(unknown, [name for name in understood.allowed if name not in NEXT])
    for name in query.keys() & understood.allowed.keys():
        allowed = understood.allowed[name]
        for value in query[name]:
            if value and not allowed.accepts(value):
                yield f"{name} cannot be {value[:MOST_CHARACTERS]!r}; allowed: {allowed.text}. It is left out."
        if name not in understood.many and len(set(query[name])) > 1:
            yield f"{name} is there {len(query[name]):,} times, with different values: the last is taken."


def _unknown_notice(names: list[str], known: list[str]) -> str:
    more = len(names) - MOST_NAMES
    left_out = ", ".join(names[:MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")
    what = "is not understood here and is" if len(names) == 1 else "are not understood here and are"
    return f"{left_out} {what} left out; understood are: {', '.join(known) or 'none'}."
