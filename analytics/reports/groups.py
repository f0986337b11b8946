"""Whose people are taken together by a value: of theirs, or of an event of theirs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Source, Touches
from analytics.models import Contact
from analytics.questions.fields import Field, FieldKind
from analytics.questions.groups import Group
from analytics.questions.values import text_of, value_at
from campaignos.texts import folded_text, spellings

_WITHOUT = 0


@dataclass(frozen=True, eq=False)
class PeopleByValue:
    """By the number of a person, the place of their value among the `values`, of which the first is None: no value."""

    values: Sequence[str | None]
    places: NDArray[np.int32]

    @classmethod
    def of_people(cls, source: Source, field: Field, size: int) -> "PeopleByValue":
        """For `size` people, by a field of theirs. One query."""
        values, codes = _places_by_number(_values_of_contacts(source, field), default=_default(field))
        places = np.full(size, _WITHOUT if _default(field) is None else values.index(_default(field)), np.int32)
        for number, code in codes.items():
            if number < size:
                places[number] = code
        return cls(values, places)

    @classmethod
    def of_touches(cls, touches: Touches, by: Field, at: NDArray[np.int64]) -> "PeopleByValue":
        """By the value of the touch of each person at an instant of theirs; of several at that instant the first value
        in order."""
        column = touches.values.as_values
        values, places_of_values = _in_order([None if value is None else by.text(value) for value in column.values])
        is_first = touches.at == at[touches.people]
        people, codes = touches.people[is_first], places_of_values[column.codes[is_first]]
        last = np.int32(len(values))
        places = np.full(len(at), last, np.int32)
        np.minimum.at(places, people, np.where(codes == _WITHOUT, last, codes).astype(np.int32))
        return cls(values, np.where(places == last, _WITHOUT, places))

    def counts(self, people: NDArray[np.intp]) -> NDArray[np.intp]:
        """How many of the people have each of the values."""
        return np.bincount(self.places[people], minlength=len(self.values))

    def have(self, people: NDArray[np.intp], group: Group) -> NDArray[np.intp]:
        """Those of the people who are in a group."""
        if group.others_than is not None:
            named = {folded_text(value) for value in group.others_than}
            meant = [value is not None and folded_text(value) not in named for value in self.values]
        else:
            wanted = None if group.value is None else folded_text(group.value)
            meant = [(None if value is None else folded_text(value)) == wanted for value in self.values]
        return people[np.array(meant, np.bool_)[self.places[people]]]


def _default(field: Field) -> str | None:
    """What those have of whom nothing is said."""
    return "false" if field.kind is FieldKind.FLAG else None


def _values_of_contacts(source: Source, field: Field) -> Iterable[tuple[int, str]]:
    contacts = Contact.objects.current().filter(workspace=source.workspace).order_by()
    if field.kind is FieldKind.FLAG:
        return ((number, "true") for number in contacts.values_list("person_number", flat=True))
    rows = contacts.values_list("person_number", "attributes").iterator(chunk_size=2000)
    known = ((number, value_at(attributes, field.path or "")) for number, attributes in rows)
    return ((number, text_of(value)) for number, value in known if value is not None)


def _places_by_number(
    rows: Iterable[tuple[int, str]], default: str | None
) -> tuple[list[str | None], Mapping[int, int]]:
    by_number = dict(rows)
    values, places = _in_order([None, default, *by_number.values()])
    return values, dict(zip(by_number, places[2:].tolist(), strict=True))


def _in_order(texts: Sequence[str | None]) -> tuple[list[str | None], NDArray[Any]]:
    """The different values in order, None the first, and the place of each text among them.

    What differs in case or in the way a letter is written is one value, called by the first spelling in order.
    """
    by_key = spellings(text for text in texts if text is not None)
    values = [None, *by_key.values()]
    place_of = {key: place for place, key in enumerate(by_key, start=1)}
    places = [_WITHOUT if text is None else place_of[folded_text(text)] for text in texts]
    return values, np.array(places, np.int32)
