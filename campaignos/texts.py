"""Texts compared alike on every database: by Unicode case folding and NFC, and sorted by their code points.

A database's own comparison depends on its version, its collation and its libraries. So it only gets what means the same
everywhere: ASCII in lower case, code points, and on SQLite `folded_text` itself as a function.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from unicodedata import normalize

from django.core.validators import RegexValidator
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Func, Lookup, TextField
from django.db.models.sql.compiler import SQLCompiler

_Sql = tuple[str, tuple[Any, ...]]
_UPPER = re.compile("[A-Z]+")
_ACCENTS = "[\\u0300-\\u036f]+"
"""Combining marks of Latin, Greek and Cyrillic letters. Those of other scripts are letters."""
_MARKS = re.compile(_ACCENTS)
_UNDIVIDED = {
    **dict.fromkeys("æÆ", "ae"),
    **dict.fromkeys("œŒ", "oe"),
    **dict(zip("øØłŁđĐħĦŧŦı", "oollddhhtti", strict=True)),
}
"""Letters that Unicode does not divide into one of ASCII and its accent."""
_PLAIN = str.maketrans(_UNDIVIDED)

one_line = RegexValidator(
    r"\A[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z", "Line breaks, tabs and other control characters are not allowed here."
)
"""Of what people call things: names stand in the subjects and lines of emails."""


def in_one_line(text: str) -> str:
    """For a line of an email: it could be taken for ours what somebody has put behind a line break."""
    return " ".join(text.split())


def folded_text(text: str) -> str:
    """What is compared: `STRASSE` and `Straße` are the same, and so are both ways to write an ö."""
    return text.lower() if text.isascii() else normalize("NFC", text).casefold()


def plain_text(text: str) -> str:
    """What is compared where accents do not matter either: ozil is the same as Özil, lukasz as Łukasz."""
    if text.isascii():
        return text.lower()
    unmarked = _MARKS.sub("", normalize("NFD", text))
    return unmarked.lower() if unmarked.isascii() else unmarked.translate(_PLAIN).casefold()


def is_storable(text: str) -> bool:
    """Whether every database keeps it: it has no NUL and no half of a pair of surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def spellings(texts: Iterable[str]) -> dict[str, str]:
    """Of texts that are the same when compared, the first spelling in order, by what is compared; in its order."""
    first: dict[str, str] = {}
    for text in sorted({*texts}):
        first.setdefault(folded_text(text), text)
    return dict(sorted(first.items()))


class _TextLookup(Lookup):
    """What is the same as a function of Python on both sides says, in the words of each database."""

    fold = staticmethod(folded_text)
    sqlite_function = "folded"
    postgresql_text = "normalize({}, NFC)"
    undivided: Mapping[str, str] = {}
    sqlite_test: str
    postgresql_test: str
    postgresql_pattern: str

    def get_prep_lookup(self) -> str:
        return self.fold(str(self.rhs))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        column, params = self.process_lhs(compiler, connection)
        is_ascii = f"length({column}) = length(CAST({column} AS BLOB))"
        text = f"CASE WHEN {is_ascii} THEN lower({column}) ELSE {self.sqlite_function}({column}) END"
        return self.sqlite_test.format(text), (*params * 4, self.rhs)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        column, params = self.process_lhs(compiler, connection)
        is_ascii = f"octet_length({column}) = char_length({column})"
        in_lower_case = self.postgresql_test.format(f'lower({column} COLLATE "C")')
        text = self.postgresql_text.format(column)
        for character, expansion in (*_several(self.undivided, self.rhs), *_expansions(self.rhs)):
            text = f"replace({text}, '{character}', '{expansion}')"
        sql = f'CASE WHEN {is_ascii} THEN {in_lower_case} ELSE {text} COLLATE "C" ~ %s END'
        pattern = self.postgresql_pattern.format("".join(map(_pattern, self.rhs)))
        return sql, (*params * 3, self.rhs, *params, pattern)


@CharField.register_lookup
@TextField.register_lookup
class ContainsText(_TextLookup):
    """`filter(name__contains_text="özil")`."""

    lookup_name = "contains_text"
    sqlite_test, postgresql_test, postgresql_pattern = "instr({}, %s) > 0", "strpos({}, %s) > 0", "{}"


@CharField.register_lookup
@TextField.register_lookup
class ContainsPlainText(ContainsText):
    """`filter(name__contains_plain_text="ozil")`."""

    lookup_name = "contains_plain_text"
    fold = staticmethod(plain_text)
    sqlite_function = "plain"
    postgresql_text = f"regexp_replace(normalize({{}}, NFD), '{_ACCENTS}', '', 'g')"
    undivided = _UNDIVIDED


@CharField.register_lookup
@TextField.register_lookup
class SameText(_TextLookup):
    """`filter(email__same_text="Ada@example.com")`."""

    lookup_name = "same_text"
    sqlite_test, postgresql_test, postgresql_pattern = "{} = %s", "{} = %s", "^(?:{})$"


@cache
def _written_as() -> tuple[dict[str, str], dict[str, str]]:
    """By folded character, all characters that fold to it; and those that fold to several, with these."""
    alternatives: dict[str, str] = defaultdict(str)
    expansions = {}
    for character in map(chr, range(0x80, sys.maxunicode + 1)):
        same = character.casefold()
        if len(same) > 1:
            expansions[character] = same
        elif same != character:
            alternatives[same] += character
    return alternatives, expansions


def _pattern(character: str) -> str:
    """A regular expression for all ways to write a folded character."""
    alternatives = _written_as()[0].get(character, "")
    if character.isascii() and character.isalpha():
        alternatives += character.upper()
    return f"[{character}{alternatives}]" if alternatives else re.escape(character)


def _expansions(wanted: str) -> list[tuple[str, str]]:
    """The characters that fold to several, if one of these is wanted."""
    return _several(_written_as()[1], wanted)


def _several(expansions: Mapping[str, str], wanted: str) -> list[tuple[str, str]]:
    return [(letter, several) for letter, several in expansions.items() if not set(several).isdisjoint(wanted)]


class AsciiLower(Func):
    """A text with its ASCII letters in lower case, as `ascii_lower` says: an index can have it, not `folded_text`."""

    function = "lower"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> _Sql:
        return self.as_sql(compiler, connection, template='%(function)s(%(expressions)s COLLATE "C")', **context)


def ascii_lower(text: str) -> str:
    """`İ` and `Ö` stay: what a database makes of them depends on where it was set up."""
    return text.lower() if text.isascii() else _UPPER.sub(lambda match: match[0].lower(), text)


class CodePoints(Func):
    """A text to be sorted by its code points, as SQLite and Python do."""

    template = "%(expressions)s"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> _Sql:
        return self.as_sql(compiler, connection, template='%(expressions)s COLLATE "C"', **context)


class CodePointsField(CharField):  # type: ignore[type-arg]  # none at run time
    """A column that is sorted so by itself, and by its index."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        collation = {"collation": "C"} if connection.vendor == "postgresql" else {}
        return {**super().db_parameters(connection), **collation}
