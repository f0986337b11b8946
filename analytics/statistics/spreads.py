"""How amounts are spread over people, so that those of one person may go together; ratios of two such amounts."""

from dataclasses import dataclass
from math import sqrt

from analytics.statistics.distributions import student_tails

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Spread:
    """Of so many `people`, added up over them: the square of each one's amount. Of a ratio also the product with what
    it is of, the base, the square of that, and its product with all the base that the person has anywhere."""

    people: int = 0
    squares: float = 0.0
    products: float = 0.0
    base_squares: float = 0.0
    base_products: float = 0.0

    def without(self, part: "Spread") -> "Spread":
        """The rest of it, where a part has other people."""
        return Spread(
            self.people - part.people,
            self.squares - part.squares,
            self.products - part.products,
            self.base_squares - part.base_squares,
            self.base_products - part.base_products,
        )

    def around_ratio(self, ratio: float) -> float:
        """The squares of how far each person's amount is from the ratio times their base, added up."""
        found = self.squares - 2 * ratio * self.products + ratio**2 * self.base_squares
        return self._for_few_people(found, self.squares)

    def around_share(self, share: float, whole: "Spread") -> float:
        """The squares of how far each person's base is from a share of all that they have, added up."""
        found = self.base_squares - 2 * share * self.base_products + share**2 * whole.base_squares
        return whole._for_few_people(found, self.base_squares)

    def _for_few_people(self, found: float, of: float) -> float:
        """As if the ratio had not been found in the same amounts; nothing where it is no more than rounding."""
        return found * self.people / (self.people - 1) if self.people > 1 and found > _ROUNDING * of else 0.0


@dataclass(frozen=True)
class RatioOfSums:
    """An amount over what it is of, and the squares of how far people are from it, added up."""

    amount: float
    base: float
    squares: float
    people: int


def ratios_p_value(now: RatioOfSums, before: RatioOfSums) -> float:
    """How likely two ratios differ as much by chance, which says whose amounts there are. 1 where one is of fewer than
    two people, or all are alike."""
    fewest = min(now.people, before.people)
    if fewest < 2 or not now.base or not before.base:
        return 1.0
    variance = now.squares / now.base**2 + before.squares / before.base**2
    if not variance:
        return 1.0
    return student_tails((now.amount / now.base - before.amount / before.base) / sqrt(variance), fewest - 1)
