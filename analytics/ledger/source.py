"""What reports ask, whoever answers: the ledger, or in tests the facts themselves."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics.ledger.assignments import Assignments
from analytics.ledger.packs import Rows, Segment
from analytics.ledger.series import Counts, FactsRead, Series, Touches
from analytics.ledger.valued import ValuedCounts
from analytics.metrics import Counted, Dimension
from analytics.periods import Window
from analytics.questions.fields import Field
from analytics.questions.slices import EVERYTHING, Slice
from workspaces.models import Workspace

_Answer = TypeVar("_Answer")


class Source(Protocol):
    """Answers of one workspace, in its local days."""

    @property
    def workspace(self) -> Workspace: ...

    @property
    def facts_read(self) -> tuple[FactsRead, ...]:
        """What answers so far took from the facts, in place of columns that are not there."""

    def answer_once(self, key: Hashable, answer: Callable[[], _Answer]) -> _Answer:
        """What several parts of an answer ask for, found once. It stays until the request is over."""

    def counts(
        self,
        counted: Collection[Counted],
        *,
        window: Window | None,
        by: Sequence[Dimension] = (),
        part: Slice = EVERYTHING,
    ) -> Counts:
        """How many of a part of the facts, in the window (None: ever), split by the dimensions.

        What the part's conditions cannot apply to is not counted.
        """

    def touches(
        self, series: Collection[Series], *, window: Window, part: Slice = EVERYTHING
    ) -> tuple[Mapping[Series, Touches], datetime | None]:
        """Who of the people that a part means did what when in the window, for each series, and when the newest fact
        among them was received.

        Conditions on facts are those of the series; no other word of the part says anything here.
        """

    def active_people(self, *, window: Window, part: Slice = EVERYTHING) -> NDArray[np.signedinteger]:
        """The numbers of the people whom a part means with any event in the window, ascending."""

    def assignments(
        self, test_id: int, *, until: date | None = None, part: Slice = EVERYTHING
    ) -> tuple[Assignments, datetime | None]:
        """Of a test, the first assignment of each person whom a part means, and when the newest of all was received.

        What has to lie within so many days ends with the part's day, or with `until`, which it needs where it has
        conditions.
        """

    def valued_counts(
        self, counted: Collection[Counted], *, window: Window | None, by: Field, part: Slice = EVERYTHING
    ) -> ValuedCounts:
        """How many of a part of the facts, in the window (None: ever), by the values of a field that each has, or that
        somebody has whose it is.

        Of what is counted the part has all.
        """

    def contacts_by_mailbox(self) -> Mapping[str | None, int]:
        """How many contacts there are by their mailbox provider, None for no address; 0 of others."""

    def all_days(self) -> Window | None:
        """From the first to the last day on which anything is counted; None where nothing is."""

    def has_events(self, types: Collection[str]) -> bool:
        """Whether there is any event of these types."""

    def event_types(self, *, window: Window) -> tuple[str, ...]:
        """The types of the events in the window, most frequent first, then by name."""


class SourceOfMessages(Source, Protocol):
    """One that says what packs have of messages."""

    def has_messages(self, series: Series) -> bool:
        """Whether packs have all of a series of messages, and what conditions look at."""

    def segments_of_messages(
        self, series: Collection[Series], names: Collection[str], window: Window
    ) -> tuple[Mapping[Series, Sequence[tuple[date, Segment | Rows]]], datetime | None]:
        """Their touches by day, with these columns, and when the newest was received."""
