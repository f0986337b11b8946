"""What is asked of a test of variants."""

from dataclasses import dataclass

from analytics.questions.questions import Question

DEFAULT_SHARE_KEPT = 0.999
"""Money of a person above this quantile of all counts as that."""


def read_cap(text: str | None) -> float | None:
    """The quantile that is stated, or that which is usual; None for what is none from 0.9 to 1."""
    if not text:
        return DEFAULT_SHARE_KEPT
    try:
        cap = float(text) if len(text) < 20 else 0.0
    except ValueError:
        return None
    return cap if 0.9 <= cap <= 1 else None


@dataclass(frozen=True, kw_only=True)
class ExperimentQuestion(Question):
    """`goal` and `window_days` are the test's own where they are None. Money is cut off at the quantile `cap`; 1 cuts
    nothing."""

    test_id: int
    goal: str | None = None
    window_days: int | None = None
    cap: float = DEFAULT_SHARE_KEPT

    @property
    def query(self) -> dict[str, str | list[str]]:
        goal = {"metric": self.goal} if self.goal else {}
        window = {"window": f"{self.window_days}d"} if self.window_days else {}
        cap = {} if self.cap == DEFAULT_SHARE_KEPT else {"cap": f"{self.cap:g}"}
        return super().query | goal | window | cap
