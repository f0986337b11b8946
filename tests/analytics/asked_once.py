"""Answers over the same rows, asked once: many numbers lead to one list, and many tests look at one shop."""

import os
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from django.db import connection

from analytics.models import Campaign
from workspaces.models import Workspace

EVERY = bool(os.environ.get("EVERY_NUMBER"))
"""Set by `make torture`: each address is followed."""
OF_EACH = {"sqlite": 3}
"""Of addresses that differ in days, hours and ids alone, so many are followed otherwise; on other databases two: there
they are the same statement with other values."""
_NUMBERS = re.compile(r"\d[\d:T-]*")
_Item = TypeVar("_Item")
_KNOWN: dict[tuple[object, ...], dict[str, bytes]] = defaultdict(dict)


class AskedOnce:
    """By their address, the answers that any test of this process got in a workspace with these data.

    `data` name all that the tests fill it with; where a fixture is made anew instead of copied, ids may be others.
    """

    def __init__(self, workspace: Workspace, *data: object) -> None:
        campaigns = Campaign.objects.filter(workspace=workspace).order_by("pk")
        ids = campaigns.values_list("pk", "external_id")
        self._known = _KNOWN[workspace.pk, workspace.api_id, *ids, *data]

    def __call__(self, address: str, ask: Callable[[], bytes]) -> bytes:
        if address not in self._known:
            self._known[address] = zlib.compress(ask(), 1)
        return zlib.decompress(self._known[address])


def some_of_each(items: Iterable[_Item], address: Callable[[_Item], str]) -> Iterator[_Item]:
    """Of the items with addresses that differ in their numbers alone the first, the last and maybe one between, as far
    from each other as may be: a list of another day is found by the same steps."""
    for some in _alike(items, address):
        most = len(some) if EVERY else min(OF_EACH.get(connection.vendor, 2), len(some))
        yield from (some[place * (len(some) - 1) // max(1, most - 1)] for place in range(most))


def largest_of_each(
    items: Iterable[_Item], address: Callable[[_Item], str], size: Callable[[_Item], float]
) -> Iterator[_Item]:
    """Of the items with addresses that differ in their numbers alone the one of the most rows: for what changes which
    rows there are, where it was tried before that the first and the last are found."""
    for some in _alike(items, address):
        yield from some if EVERY else [max(some, key=size)]


def _alike(items: Iterable[_Item], address: Callable[[_Item], str]) -> Iterable[list[_Item]]:
    found: dict[str, list[_Item]] = defaultdict(list)
    for item in items:
        found[_NUMBERS.sub("0", address(item))].append(item)
    return found.values()
