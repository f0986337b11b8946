"""Whose people are taken together by a value: of theirs, or of what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import PeopleValues, Source, Touches, distinct_values
from analytics.questions.fields import Field
from analytics.questions.groups import Group
from analytics.sorting import cache_sized_parts

_WITHOUT = 0


@dataclass(frozen=True, eq=False)
class PeopleByValue:
    """By the number of a person, the place of their value among the `values`, of which the first is None: no value."""

    values: Sequence[str | None]
    places: NDArray[np.integer[Any]]

    @classmethod
    def of_people(cls, source: Source, field: Field, size: int) -> "PeopleByValue":
        """For `size` people, by a field of theirs. One query."""
        people = PeopleValues.of(source.workspace, field)
        return cls(people.values, people.at(np.arange(size)))

    @classmethod
    def of_touches(cls, touches: Touches, by: Field, at: NDArray[np.int64]) -> "PeopleByValue":
        """By the value of the touch of each person at an instant of theirs; of several at that instant the first value
        in order."""
        column = touches.values.as_values
        values, of_column = distinct_values(None if value is None else by.text(value) for value in column.values)
        last = len(values)
        places = np.full(len(at), last, np.int64)
        for part in cache_sized_parts(len(touches.at)):
            people = touches.people[part]
            is_first = np.flatnonzero(touches.at[part] == at[people])
            people, codes = people[is_first], of_column[column.codes[part][is_first]]
            np.minimum.at(places, people, np.where(codes == _WITHOUT, last, codes))
        return cls(values, np.where(places == last, _WITHOUT, places))

    def counts(self, people: NDArray[np.intp]) -> NDArray[np.intp]:
        """How many of the people have each of the values."""
        return np.bincount(self.places[people], minlength=len(self.values))

    def have(self, people: NDArray[np.intp], group: Group) -> NDArray[np.intp]:
        """Those of the people who are in a group."""
        meant: NDArray[np.bool_] = np.array([*map(group.has, self.values)], np.bool_)[self.places[people]]
        return people[meant]
