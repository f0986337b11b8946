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


def some_of_each(
    items: Iterable[_Item], address: Callable[[_Item], str], size: Callable[[_Item], float]
) -> Iterator[_Item]:
    """Of the items with addresses that differ in days, hours and ids alone the first and the last: a list of another
    day is found by the same steps. On other databases than SQLite, where their statements differ in values that
    Python computes alike, the one of the most rows."""
    if connection.vendor != "sqlite":
        yield from largest_of_each(items, address, size)
        return
    for some in _alike(items, address):
        yield from some if EVERY else {id(item): item for item in (some[0], some[-1])}.values()


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
