"""What was said of a contact, field by field: which word counts, and what a contact shows that others were joined to.

The rules, so that any order of arrival ends in the same contact:
- Of each field the newest word counts; of two of one instant, the greater one as JSON. A word without an instant of its
  own is of its receipt, and of two of these the one that came last counts.
- A null takes the field back, and is a word like any other.
- A word that only fills counts less than one that does not, and of several the oldest counts. What came by a key for
  web pages counts less than what others said; what it took the place of is kept, for it may be dropped.
- A contact shows what was said of it itself. What that leaves empty it takes from the contacts that were joined to it,
  the word first that counts most.
- It signed up when the first of them did; what a sender stated counts before a guess.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from analytics.models import Contact
from analytics.periods import instant_of, microseconds

TEXT_FIELDS = ("email", "phone", "name")
OBJECTION_FIELDS = ("complained_at", "unsubscribed_at")
ATTRIBUTE = "attributes."
SIGNUP = "signed_up_at"
ADDRESSES = ("email", "phone")
_GUESSED = 0
_PROVISIONAL = "is_provisional"
MOST_REPLACED = 8
"""Words for which a word that came by a key for web pages took the place, of each field."""
NOBODY_KNOWS = datetime.max.replace(tzinfo=UTC)
"""When a contact signed up of which all that said so was dropped."""
MOST_FORMER = 100
"""Addresses that were said of a contact and count no more; erasing it looks for them."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})

OfKey = tuple[int, int] | None
"""The key for web pages by which something came, and when in µs; None where it came otherwise."""


class Word(NamedTuple):
    """`value` is None where it was taken back."""

    rank: int
    value: Any
    of_key: OfKey = None


class Statement(NamedTuple):
    """What was said of a contact at an instant.

    `texts` are email, phone and name, `attributes` all else, None where it is taken back; what is in neither was not
    said. `fills_only` changes nothing that is known. `is_dated` unless the instant is that of the receipt. `known_at`
    is when the contact was there already, although nobody states when it signed up; `former_ids` lead to it, too.
    From `unsubscribed_at` on it wants no more messages.
    """

    user_id: str
    at: datetime
    texts: Mapping[str, str | None] = _NOTHING
    attributes: Mapping[str, Any] = _NOTHING
    signed_up_at: datetime | None = None
    fills_only: bool = False
    is_dated: bool = True
    of_key: OfKey = None
    known_at: datetime | None = None
    former_ids: tuple[str, ...] = ()
    unsubscribed_at: datetime | None = None

    @property
    def earliest_at(self) -> datetime:
        """From when on the contact was there, as far as this says."""
        return self.at if self.known_at is None else min(self.at, self.known_at)

    @property
    def is_more_than_a_name(self) -> bool:
        return bool(self.texts or self.attributes or self.signed_up_at or self.unsubscribed_at)

    @property
    def rank(self) -> int:
        """The greater counts: above zero, later instants; below it, of words that only fill, earlier ones."""
        rank = microseconds(self.at) + 1
        return -rank if self.fills_only else rank

    def words(self) -> Iterator[tuple[str, Any]]:
        yield from self.texts.items()
        for name, value in self.attributes.items():
            yield ATTRIBUTE + name, value


@dataclass
class Words:
    """What was said of one contact itself. `signup_rank` is None where nobody stated when it signed up.

    What came by keys for web pages says so: a word, the signup, that it is not provisional. `replaced` has by field
    what counted before such a word came, as it was received; a signup that nobody stated has rank 0 there.
    """

    fields: dict[str, Word]
    signed_up_at: datetime
    signup_rank: int | None
    objections: dict[str, datetime | None]
    is_provisional: bool = False
    former_addresses: set[str] = field(default_factory=set)
    signup_of_key: OfKey = None
    confirmed_of_key: OfKey = None
    replaced: dict[str, list[Word]] = field(default_factory=dict)
    has_changed: bool = False
    """Whether a word was added or taken away, beside that of an earlier signup."""

    def add(self, statement: Statement) -> bool:
        """Whether a field has another value now."""
        is_changed, rank = False, statement.rank
        for name, value in statement.words():
            known, word = self.fields.get(name), Word(rank, value, statement.of_key)
            if known is None or _counts_more(word, known, is_dated=statement.is_dated):
                self._replace(name, known, statement.of_key)
                self.fields[name], self.has_changed = word, True
                is_changed |= value != (known.value if known else None)
            if known is not None and name in ADDRESSES and value != known.value:
                other = known if self.fields[name] is word else word
                self.former_addresses |= {other.value} - {None} if other.of_key is None else set()
                self.has_changed = True
        if statement.unsubscribed_at is not None:
            is_changed |= self.object_since("unsubscribed_at", statement.unsubscribed_at)
        return self._add_signup(statement) or is_changed

    def object_since(self, name: str, at: datetime) -> bool:
        """Note that somebody wants no more messages, since the earliest time that was said; whether that is news."""
        known = self.objections[name]
        self.objections[name] = at if known is None else min(known, at)
        return self.objections[name] != known

    def _add_signup(self, statement: Statement) -> bool:
        before = self.signed_up_at, self.signup_rank is None
        known = Word(self.signup_rank or _GUESSED, self.signed_up_at.isoformat(), self.signup_of_key)
        if statement.signed_up_at is not None:
            word = Word(statement.rank, statement.signed_up_at.isoformat(), statement.of_key)
            if self.signup_rank is None or _counts_more(word, known, is_dated=statement.is_dated):
                self._replace(SIGNUP, known, statement.of_key)
                self.signed_up_at, self.signup_rank, self.has_changed = statement.signed_up_at, statement.rank, True
                self.signup_of_key = statement.of_key
        elif self.signup_rank is None and statement.earliest_at < self.signed_up_at:
            self._replace(SIGNUP, known, statement.of_key)
            self.has_changed |= statement.of_key != self.signup_of_key
            self.signed_up_at, self.signup_of_key = statement.earliest_at, statement.of_key
        return (self.signed_up_at, self.signup_rank is None) != before

    def _replace(self, name: str, known: Word | None, of_key: OfKey) -> None:
        """Keep what a key's word takes the place of; another word makes all before it forgotten."""
        if of_key is None:
            self.replaced.pop(name, None)
        elif known is not None and len(kept := self.replaced.setdefault(name, [])) < MOST_REPLACED:
            kept.append(known)

    def confirm(self, of_key: OfKey) -> None:
        """Somebody named the contact who does not do so provisionally."""
        self.is_provisional, self.confirmed_of_key = False, of_key
        self.has_changed |= of_key is not None

    def take_back(self, key: int, *, since: int, until: int) -> int:
        """Forget the words that came by a key for web pages between these instants, in µs; how many counted.

        What counted before counts again; a signup that nobody else knows is NOBODY_KNOWS then.
        """

        def is_meant(of_key: OfKey) -> bool:
            return of_key is not None and of_key[0] == key and since <= of_key[1] <= until

        kept = {name: [word for word in words if not is_meant(word.of_key)] for name, words in self.replaced.items()}
        names = [name for name, word in self.fields.items() if is_meant(word.of_key)]
        for name in names:
            before = kept[name].pop() if kept.get(name) else None
            if before is None:
                del self.fields[name]
            else:
                self.fields[name] = before
        is_signup_meant = is_meant(self.signup_of_key)
        if is_signup_meant:
            before = kept[SIGNUP].pop() if kept.get(SIGNUP) else None
            self.signup_rank = before.rank or None if before else None
            self.signed_up_at = datetime.fromisoformat(before.value) if before else NOBODY_KNOWS
            self.signup_of_key = before.of_key if before else None
        if is_meant(self.confirmed_of_key):
            self.confirmed_of_key, self.has_changed = None, True
            self.is_provisional = not self.fields and self.signup_rank is None
        self.has_changed |= bool(names) or is_signup_meant or kept != self.replaced
        self.replaced = {name: words for name, words in kept.items() if words}
        return len(names) + is_signup_meant


def new_words(at: datetime) -> Words:
    """The words of a new contact, of which only the id is known, from an instant on."""
    return Words({}, at, None, dict.fromkeys(OBJECTION_FIELDS))


def _counts_more(word: Word, known: Word, *, is_dated: bool) -> bool:
    if (word.of_key is None) != (known.of_key is None):
        return word.of_key is None
    if word.rank != known.rank or not is_dated:
        return word.rank >= known.rank
    return _canonical(word) > _canonical(known)


def _canonical(word: Word) -> tuple[bool, int, str]:
    return word.of_key is None, word.rank, json.dumps(word.value, sort_keys=True, ensure_ascii=False, default=str)


def words_of(row: Contact) -> Words:
    """What was said of the contact itself, without what it took from those joined to it."""
    provenance: dict[str, Any] = row.provenance
    ranks, taken = provenance.get("ranks", {}), set(provenance.get("taken", ()))
    keys = {name: tuple(of_key) for name, of_key in provenance.get("keys", {}).items()}
    newest = microseconds(row.attributes_at) + 1
    shown = {name: value for name in TEXT_FIELDS if (value := getattr(row, name))}
    shown |= {ATTRIBUTE + name: value for name, value in row.attributes.items()}
    fields = {name: Word(rank, None, keys.get(name)) for name, rank in ranks.items() if name != SIGNUP}
    fields |= {
        name: Word(ranks.get(name, newest), value, keys.get(name)) for name, value in shown.items() if name not in taken
    }
    is_stated = row.signup_is_stated if row.own_signed_up_at is None else SIGNUP in ranks
    objections = provenance.get("objections", {})
    return Words(
        fields,
        row.own_signed_up_at or row.signed_up_at,
        ranks.get(SIGNUP, newest) if is_stated else None,
        {name: _own_objection(row, name, objections) for name in OBJECTION_FIELDS},
        row.is_provisional,
        set(row.former_addresses),
        keys.get(SIGNUP) or _made_of_key(row, is_stated=is_stated),
        keys.get(_PROVISIONAL),
        {name: [_read_word(*word) for word in words] for name, words in provenance.get("replaced", {}).items()},
    )


def _read_word(rank: int, value: Any, of_key: Sequence[int] | None) -> Word:
    return Word(rank, value, None if of_key is None else (of_key[0], of_key[1]))


def _made_of_key(row: Contact, *, is_stated: bool) -> OfKey:
    """The key that named the contact first, where nobody said more of its signup."""
    is_known = not is_stated and row.made_by_key is not None and row.made_at is not None
    return (row.made_by_key, microseconds(row.made_at)) if is_known else None  # type: ignore[return-value,arg-type]


def _own_objection(row: Contact, name: str, objections: Mapping[str, str | None]) -> datetime | None:
    if name not in objections:
        return getattr(row, name)  # type: ignore[no-any-return]
    own = objections[name]
    return None if own is None else datetime.fromisoformat(own)


def show(row: Contact, own: Words, joined: Sequence[Words] = ()) -> None:
    """Bring the row up to what was said of it, and of the contacts that are joined to it."""
    if own.has_changed or joined or row.own_signed_up_at is not None:
        _show_fields(row, own, joined)
    _show_signup(row, own, joined)
    _show_objections(row, own, joined)
    row.is_provisional = own.is_provisional


def _show_fields(row: Contact, own: Words, joined: Sequence[Words]) -> None:
    shown, taken = _shown_values(own, joined)
    for name in TEXT_FIELDS:
        setattr(row, name, shown.get(name, ""))
    row.attributes = {
        name.removeprefix(ATTRIBUTE): value for name, value in shown.items() if name.startswith(ATTRIBUTE)
    }
    newest = max((word.rank for name, word in own.fields.items() if name in shown and name not in taken), default=0)
    newest = max(newest, own.signup_rank or 0, 1)
    row.attributes_at = instant_of(newest - 1)
    ranks = {
        name: word.rank
        for name, word in own.fields.items()
        if word.value is None or name in taken or word.rank != newest
    }
    if own.signup_rank is not None and (joined or own.signup_rank != newest):
        ranks[SIGNUP] = own.signup_rank
    row.provenance = {"ranks": ranks} if ranks else {}
    if taken:
        row.provenance["taken"] = sorted(taken)
    keys = {name: list(word.of_key) for name, word in own.fields.items() if word.of_key}
    keys |= {SIGNUP: list(own.signup_of_key)} if own.signup_of_key else {}
    keys |= {_PROVISIONAL: list(own.confirmed_of_key)} if own.confirmed_of_key else {}
    if keys:
        row.provenance["keys"] = keys
    if own.replaced:
        row.provenance["replaced"] = {name: [list(word) for word in words] for name, words in own.replaced.items()}
    current = {word.value for name in ADDRESSES if (word := own.fields.get(name))}
    row.former_addresses = sorted(own.former_addresses - current)[:MOST_FORMER]


def _shown_values(own: Words, joined: Sequence[Words]) -> tuple[dict[str, Any], set[str]]:
    """By field the value, and the fields that were taken from contacts joined to it."""
    shown = {name: word.value for name, word in own.fields.items() if word.value is not None}
    if not joined:
        return shown, set()
    best: dict[str, Word] = {}
    for words in (own, *joined):
        for name, word in words.fields.items():
            if name not in shown and (name not in best or _canonical(word) > _canonical(best[name])):
                best[name] = word
    taken_over = {name: word.value for name, word in best.items() if word.value is not None}
    return shown | taken_over, set(taken_over)


def _show_signup(row: Contact, own: Words, joined: Sequence[Words]) -> None:
    """A provisional contact is joined like a device, whose acts are no signup."""
    if not joined:
        row.signed_up_at, row.signup_is_stated = own.signed_up_at, own.signup_rank is not None
        row.own_signed_up_at = None
        return
    everybody = [own, *(words for words in joined if not words.is_provisional)]
    stated = [words.signed_up_at for words in everybody if words.signup_rank is not None]
    row.signed_up_at = min(stated or [words.signed_up_at for words in everybody])
    row.signup_is_stated = bool(stated)
    row.own_signed_up_at = own.signed_up_at


def _show_objections(row: Contact, own: Words, joined: Sequence[Words]) -> None:
    if not joined:
        row.complained_at, row.unsubscribed_at = own.objections["complained_at"], own.objections["unsubscribed_at"]
        return
    kept = {}
    for name in OBJECTION_FIELDS:
        known = [at for words in (own, *joined) if (at := words.objections[name]) is not None]
        setattr(row, name, min(known, default=None))
        if getattr(row, name) != own.objections[name]:
            at = own.objections[name]
            kept[name] = None if at is None else at.isoformat()
    if kept:
        row.provenance["objections"] = kept


SHOWN_COLUMNS: Sequence[str] = (
    *TEXT_FIELDS,
    "attributes",
    "attributes_at",
    "provenance",
    SIGNUP,
    "own_signed_up_at",
    "signup_is_stated",
    *OBJECTION_FIELDS,
    "is_provisional",
    "former_addresses",
)
"""The columns that `show` sets."""
