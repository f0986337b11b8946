"""Who is who after the rows of a file so far, as importing them would settle it; nothing is written."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from analytics.ingest.outcome import ItemError
from analytics.ingest.people.identities import JOINED, Claims, People, load_people, separated_from
from analytics.ingest.people.settlement import Settlement

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_FIRST_NEW_NUMBER = 2**31
"""Numbers from here on are no person's who is stored."""


class PeopleOfFile:
    def __init__(self, workspace_id: int) -> None:
        self.people = People(workspace_id, is_locked=True)
        self._settlement = Settlement(self.people, next_number=_FIRST_NEW_NUMBER)

    def load(self, claims: Claims) -> None:
        """Reads what is stored of those named here, of which the rows before may have said more. Up to seven
        queries."""
        stored = load_people(self.people.workspace_id, claims)
        separated = separated_from(stored, claims)
        known = self.people
        for kind, numbers in stored.number_of.items():
            _add_unknown(known.number_of[kind], numbers)
        _add_unknown(known.joined_to, stored.joined_to)
        _add_unknown(known.contacts, stored.contacts)
        _add_unknown(known.separated, separated)

    def settle(self, claims: Claims, ids: Sequence[object]) -> tuple[list[int], dict[int, ItemError]]:
        """The places of the loaded claims that count, and by place, why others are refused, as in `settle_claims`."""
        return self._settlement.run(claims, ids)

    def numbers_of(self, kind: str, values: set[str]) -> Mapping[str, int]:
        of_kind = self.people.number_of[kind]
        return {value: of_kind[value] for value in values if value in of_kind}

    def known_by(self, numbers: set[int]) -> Mapping[int, int]:
        """One query."""
        stored = {number for number in numbers if number < _FIRST_NEW_NUMBER}
        joined = dict(JOINED.rows(self.people.workspace_id, numbers=stored))
        return {number: self.people.known_by(joined.get(number, number)) for number in numbers}


def _add_unknown(known: dict[_Key, _Value], found: Mapping[_Key, _Value]) -> None:
    for key, value in found.items():
        known.setdefault(key, value)
