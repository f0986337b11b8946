"""In which zone a time is that does not say so: a bare day in the workspace's, others in UTC; in files all in that."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from workspaces.models import Workspace

BARE_DAY_LENGTH = len("2026-01-15")

_Taken = TypeVar("_Taken")


@dataclass(frozen=True)
class _Zones:
    days: ZoneInfo
    times: ZoneInfo


_UTC = _Zones(days=ZoneInfo("UTC"), times=ZoneInfo("UTC"))
_zones = ContextVar("zones", default=_UTC)


def in_zone(at: datetime, text: str) -> datetime:
    """A time that was read from a text without an offset, in its zone."""
    zones = _zones.get()
    return at.replace(tzinfo=zones.days if len(text) <= BARE_DAY_LENGTH else zones.times)


@contextmanager
def local_times(zone: ZoneInfo) -> Iterator[None]:
    """Within it, also times without an offset are in this zone."""
    token = _zones.set(_Zones(days=zone, times=zone))
    try:
        yield
    finally:
        _zones.reset(token)


def with_days_of_workspace(take: Callable[..., _Taken]) -> Callable[..., _Taken]:
    """For a function that reads items: its first argument is the workspace in whose zone bare days are."""

    @wraps(take)
    def take_with_days(workspace: Workspace, items: Sequence[object], **options: Any) -> _Taken:
        token = _zones.set(_Zones(days=workspace.zone, times=_zones.get().times))
        try:
            return take(workspace, items, **options)
        finally:
            _zones.reset(token)

    return take_with_days
