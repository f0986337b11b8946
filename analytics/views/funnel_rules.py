"""The fields of the form in which the rules of a funnel are chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from analytics.presentation.funnel.rules import ORDERS, length
from analytics.questions.durations import duration, duration_text
from analytics.questions.funnel_rules import DEFAULT_WINDOW, MAX_EXCLUSIONS, NO_WINDOW, FunnelRules, StepOrder

WINDOWS_OFFERED = ("1h", "1d", "3d", "7d", "14d", "30d", "90d")


@dataclass(frozen=True)
class RuleFields:
    """What is chosen, and what there is to choose from: values and labels."""

    rules: FunnelRules

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
    def exclusions(self) -> list[str]:
        """Those there are, and an empty one for another."""
        texts = [exclusion.text for exclusion in self.rules.exclude]
        return [*texts, ""] if len(texts) < MAX_EXCLUSIONS else texts


def _words(window: timedelta) -> str:
    return length(int(window.total_seconds()))
