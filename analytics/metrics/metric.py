"""What a metric is: a number with its words, its unit and what it is made of."""

from dataclasses import dataclass
from enum import StrEnum

from analytics.metrics.counted import ACTS_OF_PEOPLE, Counted, Dimension


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    MONEY = "money"
    """Minor units of the workspace's currency."""


@dataclass(frozen=True)
class Metric:
    """`counted` says where a count comes from; a rate has numerator and denominator; what has neither is reckoned by
    one report alone. `of_people` is the key of the metric that leaves out what machines opened and clicked; such a one
    has the same `name`, and says so in its `note`."""

    key: str
    name: str
    definition: str
    unit: Unit = Unit.COUNT
    numerator: str | None = None
    denominator: str | None = None
    less_is_better: bool = False
    counted: Counted | None = None
    of_people: str = ""
    note: str = ""
    is_small: bool = False
    """Of a share: told to hundredths of a per cent, for what mailbox providers mind begins below a tenth of one."""
    scale: int = 1
    """Of what is shared out: in so many parts of one, which add up to the last."""

    @property
    def places(self) -> int:
        """The decimals that a share is rounded to."""
        return 4 if self.is_small else 3

    @property
    def label(self) -> str:
        """Its name where others stand beside it: no two metrics of one report have the same."""
        return f"{self.name} ({self.note})" if self.note else self.name

    @property
    def parts(self) -> tuple[str, ...]:
        """The keys of the counts that it is made of."""
        return (self.numerator, self.denominator) if self.numerator and self.denominator else (self.key,)

    @property
    def is_ratio(self) -> bool:
        """Whether it says how much of one count there is for each of another."""
        return self.denominator is not None

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """What it can be split by: all of its counts can."""
        counted = [METRICS[key].counted for key in self.parts]
        return frozenset[Dimension].intersection(*[part.dimensions if part else frozenset() for part in counted])

    @property
    def rises_with_age(self) -> bool:
        """Whether it is a share that older messages have more of, for people open and click them for days."""
        return self.numerator is not None and METRICS[self.numerator].counted in ACTS_OF_PEOPLE

    @property
    def base(self) -> str:
        """`of delivered`, `of sent`: of which messages a rate is, empty for what is none of messages."""
        return f"of {self.denominator}" if self.denominator in ("sent", "delivered") else ""

    @property
    def qualifiers(self) -> tuple[str, ...]:
        """What stands below a rate's name: which messages it is of, and what is left out of it."""
        return tuple(filter(None, (self.base, self.note))) if self.base else ()

    @property
    def formula(self) -> str:
        """`Opened ÷ Sent`, empty for what is counted."""
        if self.numerator is None or self.denominator is None:
            return ""
        return f"{METRICS[self.numerator].label} ÷ {METRICS[self.denominator].label}"


METRICS: dict[str, Metric] = {}
"""By key, in the order in which they are explained; the catalogue enters them."""
NO_BOT_OPENS, NO_BOT_CLICKS = "bot opens excluded", "bot clicks excluded"
