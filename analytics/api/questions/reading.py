"""What a kept question says, read for a workspace at an instant, without a request: strictly, as the API reads."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from django.http import QueryDict

from analytics.api import params
from analytics.api.reports.conditions import CONDITIONS
from analytics.ledger import Ledger
from analytics.lists.filter_names import known_filter
from analytics.lists.steps import StepNames
from analytics.questions.errors import QuestionError
from analytics.questions.fields import Subject
from analytics.questions.filter_reader import FilterParameters
from analytics.questions.filter_texts import canonical, filter_query
from analytics.questions.filters import NO_CONDITION, AllOf, all_of
from analytics.questions.parts import subject_of
from analytics.questions.questions import Question
from analytics.questions.ranges import DEFAULT_RANGE, Comparison
from analytics.questions.reader import OF_PAGES
from campaignos.errors import ParameterError
from workspaces.models import Workspace


@dataclass(frozen=True)
class Asking:
    """For which workspace a kept question is asked, and when.

    `locks` are conditions that hold beside whatever it asks. Where addresses are not seen, it may name none.
    """

    workspace: Workspace
    now: datetime
    sees_addresses: bool = False
    locks: AllOf = NO_CONDITION

    @cached_property
    def source(self) -> Ledger:
        return Ledger(self.workspace)

    @property
    def names(self) -> StepNames:
        return StepNames(self.workspace, self.sees_addresses)


@dataclass(frozen=True)
class QuestionReading:
    """The parameters of a kept question, as they are read. Raises ParameterError for the first that is not
    understood."""

    query: QueryDict
    asking: Asking
    is_compared: bool

    @property
    def workspace(self) -> Workspace:
        return self.asking.workspace

    @cached_property
    def texts(self) -> dict[str, str]:
        """The last value of each parameter."""
        return {name: str(self.query[name]) for name in self.query}

    def question(
        self,
        subjects: Collection[Subject],
        *,
        range: str = DEFAULT_RANGE,
        life: tuple[date, date] | None = None,
        comparison: Comparison = OF_PAGES.comparison,
        splits_by: Collection[Subject] | None = None,
    ) -> Question:
        """Days, comparison, conditions and locks on the subjects; `splits_by` are what groups can be of, the same where
        that is None."""
        usual = comparison if self.is_compared else Comparison.OFF
        found = params.question(
            self.texts,
            self.workspace,
            now=self.asking.now,
            defaults=replace(OF_PAGES, range=range, comparison=usual, life=life),
            conditions=self.conditions(subjects),
        )
        split = params.split(self.texts, self.workspace, subjects if splits_by is None else splits_by)
        return replace(found, split=split)

    def conditions(self, subjects: Collection[Subject]) -> AllOf:
        given = FilterParameters.of(self.query)
        asked = params.conditions(given, self.workspace, subjects=subjects, sees_addresses=self.asking.sees_addresses)
        return canonical(all_of(asked, self._locks(subjects)))

    def _locks(self, subjects: Collection[Subject]) -> AllOf:
        """None is ever left out: where one means nothing, nothing is shown."""
        locks = self.asking.locks
        self.refuse_locks_but(subjects)
        try:
            known_filter(self.workspace, locks, strict=True)
        except QuestionError as error:
            raise ParameterError("lock", given=error.given, allowed=error.allowed) from None
        return locks

    def refuse_locks_but(self, subjects: Collection[Subject]) -> None:
        for lock in self.asking.locks.conditions:
            if subject_of(lock) not in subjects:
                raise ParameterError("lock", given=_text(lock), allowed=f"conditions on {' and '.join(subjects)}")

    def choice(self, name: str, allowed: Collection[str], default: str) -> str:
        given = self.texts.get(name, default)
        if given not in allowed and given != default:
            raise ParameterError(name, given=given, allowed=", ".join(allowed))
        return given

    def number(self, name: str, default: int, most: int) -> int:
        given = self.texts.get(name)
        if given is None:
            return default
        if not (given.isascii() and given.isdigit() and len(given) <= 6 and 1 <= int(given) <= most):
            raise ParameterError(name, given=given[:200], allowed=f"a whole number from 1 to {most:,}")
        return int(given)

    def refuse_beside(self, name: str, others: Sequence[str]) -> None:
        """What means nothing beside `name`."""
        for other in filter(self.texts.get, others):
            raise ParameterError(other, given=self.texts[other][:200], allowed=f"nothing beside {name}")


def _text(condition: object) -> str:
    return str(filter_query(AllOf((condition,)))[0][1])[:200]  # type: ignore[arg-type]


_DAYS = ("range", "from", "to")
OF_ALL = (*_DAYS, *CONDITIONS)
