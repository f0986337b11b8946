"""What rows of a file would do to what is there, worked out in memory: the same for each resource."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from analytics.ingest.outcome import ItemError, ItemWarnings
from workspaces.models import Workspace

_Item = TypeVar("_Item")
NAMES_IN_FILES = {
    "signed_up_at": "signedUpAt",
    "signup_is_stated": "signupIsStated",
    "unsubscribed_at": "unsubscribedAt",
    "started_at": "startedAt",
    "ended_at": "endedAt",
    "preview_text": "previewText",
    "is_control": "isControl",
    "utm_source": "utm.source",
    "utm_medium": "utm.medium",
    "utm_campaign": "utm.campaign",
}
"""Fields that are called otherwise in files."""


@dataclass(frozen=True)
class FieldChange:
    """None is nothing; other values are as in JSON, and instants."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class RowEffect:
    """What a row would do. A contact that others are joined to may show the same as before, although the row says
    something new of one of them."""

    is_new: bool
    is_changed: bool
    fields: list[FieldChange]
    warnings: tuple[tuple[str, str], ...] = ()


class Workings(ABC, Generic[_Item]):
    """What a file names, as it is after its rows so far."""

    def __init__(self, workspace: Workspace, now: datetime) -> None:
        self.workspace, self.now = workspace, now

    def prepare(self, items: Sequence[object]) -> None:
        """Looks at a block's items before they are read."""

    def expect_contacts(self, external_ids: Collection[str]) -> None:
        """Contacts that would be made before the rows that name them are taken."""

    @abstractmethod
    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> _Item:
        """Raises ItemError."""

    @abstractmethod
    def id_of(self, item: _Item) -> str: ...

    @abstractmethod
    def load(self, items: Sequence[_Item]) -> None:
        """Reads what these are about that is not known yet."""

    def problems(self, items: Sequence[_Item]) -> Mapping[int, ItemError]:
        """By place, why what is loaded, or stands before them, refuses items. They are not applied."""
        return {}

    @abstractmethod
    def apply(self, item: _Item) -> RowEffect:
        """Raises ItemError where only what is known already shows that it cannot be so."""

    def warnings(self, items: Sequence[tuple[int, _Item]]) -> Iterable[tuple[int, ItemWarnings]]:
        """What is told of items, by their index, once they and those before are applied."""
        return ()


def pending_warnings(*pending: tuple[str, str]) -> ItemWarnings:
    warnings = ItemWarnings()
    warnings.pending += pending
    return warnings
