"""The fields of the form in which the rules of a funnel are chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

from analytics.presentation.funnel.rules import ORDERS, length
from analytics.questions.durations import duration, duration_text
from analytics.questions.funnel_rules import (
    DEFAULT_WINDOW,
    MAX_EXCLUSIONS,
    NO_WINDOW,
    Exclusion,
    FunnelRules,
    StepOrder,
)
from analytics.questions.step_texts import step_text

WINDOWS_OFFERED = ("1h", "1d", "3d", "7d", "14d", "30d", "90d")


@dataclass(frozen=True)
class ExclusionFields:
    """What the two fields of an exclusion have: what voids an attempt, and the places that it lies between."""

    what: str = ""
    between: str = ""

    @classmethod
    def of(cls, exclusion: Exclusion) -> "ExclusionFields":
        if exclusion.between is None:
            return cls(exclusion.text)
        return cls(step_text(exclusion.step), "{}-{}".format(*exclusion.between))

    @property
    def text(self) -> str:
        """As addresses have it; empty for what is to void nothing."""
        what = self.what.strip()
        return f"{what}@{self.between}" if what and self.between else what


@dataclass(frozen=True)
class RuleFields:
    """What is chosen, and what there is to choose from: values and labels."""

    rules: FunnelRules
    steps: int

    @property
    def window(self) -> str:
        return NO_WINDOW if self.rules.window is None else duration_text(self.rules.window)

    @property
    def window_to_save(self) -> str:
        """The one that is shown, otherwise the usual one of new funnels."""
        return self.window if self.rules.window else DEFAULT_WINDOW

    @property
    def windows(self) -> Iterator[tuple[str, str]]:
        yield NO_WINDOW, "Until the period ends"
        lengths = {found for text in WINDOWS_OFFERED if (found := duration(text))}
        for window in sorted(lengths | ({self.rules.window} if self.rules.window else set())):
            yield duration_text(window), f"Within {_words(window)} of the first step"

    @property
    def order(self) -> str:
        return self.rules.order.value

    @property
    def orders(self) -> list[tuple[str, str]]:
        return [(order.value, ORDERS[order]) for order in StepOrder]

    @property
    def exclusions(self) -> list[ExclusionFields]:
        """Those there are, and an empty one for another."""
        found = [*map(ExclusionFields.of, self.rules.exclude)]
        return [*found, ExclusionFields()] if len(found) < MAX_EXCLUSIONS else found

    @property
    def between(self) -> list[tuple[str, str]]:
        """What an exclusion may lie between."""
        places = combinations(range(1, self.steps + 1), 2) if self.rules.order is not StepOrder.ANY else ()
        return [
            ("", "anywhere between the steps"),
            *((f"{one}-{two}", f"between steps {one} and {two}") for one, two in places),
        ]


def _words(window: timedelta) -> str:
    return length(int(window.total_seconds()))
