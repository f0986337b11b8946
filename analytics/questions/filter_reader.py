"""The filter that an address asks for by its parameters `where`, `segment` and `filter`."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.errors import QuestionError
from analytics.questions.fields import Subject
from analytics.questions.filter_json import FilterError, FilterReader, parsed_filter
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf, Filter, InSegment, all_of, atoms
from analytics.questions.parts import MixtureError, parts_of, subject_of
from analytics.questions.where import read_where
from campaignos.ids import number_of

MAX_FILTER_BYTES = 4096
MOST_ATOMS = 20
FILTER_PARAMETERS = ("where", "segment", "filter")


class Parameters(Protocol):
    """What was asked with, each name as often as it is there."""

    def get(self, name: str, /) -> Any: ...

    def getlist(self, name: str, /) -> Sequence[str]: ...


@dataclass(frozen=True)
class FilterParameters:
    """What is asked; an empty text says nothing. `filter` may be JSON that was parsed already, of any size; texts
    have at most `most_bytes`."""

    where: Sequence[str] = ()
    segment: Sequence[str] = ()
    filter: Any = None
    most_bytes: int = MAX_FILTER_BYTES

    @classmethod
    def of(cls, parameters: Parameters) -> "FilterParameters":
        most_bytes = getattr(parameters, "most_bytes", MAX_FILTER_BYTES)
        return cls(parameters.getlist("where"), parameters.getlist("segment"), parameters.get("filter"), most_bytes)

    def in_size(self, text: str) -> str:
        """Raises ConditionError."""
        if len(text.encode("utf-8", "surrogatepass")) > self.most_bytes:
            raise ConditionError(f"at most {self.most_bytes:,} bytes; longer ones by POST")
        return text


@dataclass(frozen=True)
class _Reading:
    """A condition yet to be read: the parameter, what it says, and how it is read."""

    parameter: str
    given: Any
    read: Callable[[], Filter]


def read_filter(
    given: FilterParameters, values: ConditionValues, *, strict: bool, subjects: Collection[Subject] = tuple(Subject)
) -> tuple[AllOf, tuple[str, ...]]:
    """What all must hold, in canonical order, and what of it was not understood and is left out.

    `subjects` are what can be asked about. With `strict`, raises QuestionError for the first thing not understood.
    """
    found: list[Filter] = []
    notices = []
    for reading in _readings(given, values):
        try:
            found.append(_within_bounds(_read(reading, subjects), found, reading))
        except QuestionError as error:
            if strict:
                raise
            notices.append(f"{error} It is left out.")
    return canonical(all_of(*found)), tuple(notices)


def _readings(given: FilterParameters, values: ConditionValues) -> Iterator[_Reading]:
    for text in filter(None, given.where):
        yield _Reading("where", text, partial(_where, text, given, values))
    for text in filter(None, given.segment):
        yield _Reading("segment", text, partial(_segment, text))
    if given.filter:
        yield _Reading("filter", given.filter, partial(_filter, given, values))


def _read(reading: _Reading, subjects: Collection[Subject]) -> Filter:
    """Raises QuestionError."""
    try:
        condition = reading.read()
        parts_of(condition)
        if not {subject_of(inner) for inner in all_of(condition).conditions} <= {*subjects}:
            raise ConditionError(f"conditions on {' and '.join(subjects)}")
    except FilterError as error:
        raise QuestionError(reading.parameter, error.given[:200], f"at {error.place}: {error.allowed}") from None
    except (ConditionError, MixtureError) as error:
        raise QuestionError(reading.parameter, str(reading.given)[:200], str(error)) from None
    return condition


def _within_bounds(condition: Filter, before: Sequence[Filter], reading: _Reading) -> Filter:
    if sum(1 for _ in atoms(all_of(*before, condition))) > MOST_ATOMS:
        allowed = f"at most {MOST_ATOMS} conditions together"
        raise QuestionError(reading.parameter, str(reading.given)[:200], allowed)
    return condition


def _where(text: str, given: FilterParameters, values: ConditionValues) -> Filter:
    return read_where(given.in_size(text), values)


def _segment(text: str) -> InSegment:
    key = number_of("seg", text)
    if key is None:
        raise ConditionError("an identifier such as seg_4")
    return InSegment(key)


def _filter(given: FilterParameters, values: ConditionValues) -> Filter:
    said = given.filter
    return FilterReader(values).read(parsed_filter(given.in_size(said)) if isinstance(said, str) else said)
