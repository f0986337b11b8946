"""What is asked of a test of variants."""

from dataclasses import dataclass

from analytics.questions.questions import Question

DEFAULT_SHARE_KEPT = 0.999
"""Money of a person above this quantile of all counts as that."""


@dataclass(frozen=True, kw_only=True)
class ExperimentQuestion(Question):
    """`goal` and `window_days` are the test's own where they are None. Money is cut off at the quantile `cap`; 1 cuts
    nothing."""

    test_id: int
    goal: str | None = None
    window_days: int | None = None
    cap: float = DEFAULT_SHARE_KEPT
