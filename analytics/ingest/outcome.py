"""What became of the items of a batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ParamSpec, TypeVar

_Params = ParamSpec("_Params")
_Value = TypeVar("_Value")


class ItemError(ValueError):
    """One item is refused: a code for programs, a message that says what was wrong and what is allowed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type["ItemError"], tuple[str, str]]:
        """It goes from one process to another."""
        return type(self), (self.code, str(self))


class ItemWarnings:
    """What is changed about an item as it is read: by code, a message that names the field and says what became of it.

    `parsed_items` gives it to whoever reads an item, and hands it on to the outcome if the item is not refused: so it
    is in the answer, and kept as a remark.
    """

    def __init__(self) -> None:
        self.pending: list[tuple[str, str]] = []

    def add(self, code: str, message: str) -> None:
        self.pending.append((code, message))

    def optional(self, read: Callable[_Params, _Value], *args: _Params.args, **kwargs: _Params.kwargs) -> _Value | None:
        """What `read` answers; None, with a warning, where it raises ItemError."""
        try:
            return read(*args, **kwargs)
        except ItemError as error:
            self.leave_out(error)
            return None

    def leave_out(self, error: ItemError) -> None:
        self.add(error.code, f"{str(error).removesuffix('.')}. It is left out.")


@dataclass(frozen=True)
class Remark:
    """Why the item at an index of the batch was refused, or what was changed about it."""

    index: int
    message_id: str | None
    code: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return {"index": self.index, "messageId": self.message_id, "code": self.code, "message": self.message}


@dataclass
class Outcome:
    """`accepted` are new, `updated` were known and changed, `duplicates` were known and are the same.

    `first_duplicate` is the index of one of these, where it is known.
    """

    accepted: int = 0
    updated: int = 0
    duplicates: int = 0
    rejected: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    first_duplicate: int | None = None

    def reject(self, index: int, item: object, error: ItemError) -> None:
        self.rejected.append(Remark(index, message_id_of(item), error.code, str(error)))

    def warn(self, index: int, item: object, warnings: ItemWarnings) -> None:
        """Take over what was changed about an item."""
        message_id = message_id_of(item)
        self.warnings += [Remark(index, message_id, code, message) for code, message in warnings.pending]
        warnings.pending.clear()

    def add(self, part: "Outcome", places: Sequence[int]) -> None:
        """Add what became of a part of the batch, whose items stand at these places of the whole."""
        self.accepted += part.accepted
        self.updated += part.updated
        self.duplicates += part.duplicates
        self.rejected += [replace(remark, index=places[remark.index]) for remark in part.rejected]
        self.warnings += [replace(remark, index=places[remark.index]) for remark in part.warnings]
        if part.first_duplicate is not None:
            place = places[part.first_duplicate]
            self.first_duplicate = place if self.first_duplicate is None else min(place, self.first_duplicate)


def message_id_of(item: object) -> str | None:
    if not isinstance(item, dict):
        return None
    id = item.get("messageId", item.get("externalId"))
    if not isinstance(id, str):
        return None
    return storable(id[:255])


def storable(text: str) -> str:
    """The text without halves of surrogate pairs and NUL, which can neither be sent back nor stored."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
