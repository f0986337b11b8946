"""Counts by the keys of their metrics, and the only place that divides."""

from collections.abc import Iterable, Iterator, Mapping

from analytics.metrics.metric import METRICS, Unit


def rate(numerator: int, denominator: int, places: int = 3) -> float:
    """A fraction rounded half up to so many decimals; 0.0 over nothing."""
    if denominator == 0:
        return 0.0
    scale: int = 10**places
    return (2 * scale * numerator + denominator) // (2 * denominator) / scale


def mean_units(units: int, number: int) -> int:
    """An amount in minor units divided among so many, half of one rounded away from zero; 0 among nobody."""
    if not number:
        return 0
    size = (2 * abs(units) + number) // (2 * number)
    return -size if units < 0 else size


def seconds_of(microseconds: int) -> float:
    """Rounded half up to 3 decimals."""
    return (microseconds + 500) // 1000 / 1000


def known_rate(numerator: int, denominator: int) -> float | None:
    """The same for people to read, who take a rate of nothing for a bad one: None over nothing."""
    return rate(numerator, denominator) if denominator else None


def exact_rate(numerator: float, denominator: float) -> float | None:
    """Not rounded, to be reckoned with; None over nothing."""
    return numerator / denominator if denominator else None


class Numbers(Mapping[str, int]):
    """Counts by the keys of their metrics: 0 for what was not counted.

    `settled` are those of messages that are old enough to be compared with others; None where all are.
    """

    def __init__(self, counts: Mapping[str, int] | Iterable[tuple[str, int]] = (), **more: int) -> None:
        self._counts = dict(counts, **more)
        self.settled: Numbers | None = None

    def with_settled(self, settled: "Numbers | None") -> "Numbers":
        """The same, with those of messages that are old enough."""
        found = Numbers(self)
        found.settled = settled
        return found

    def compared_by(self, key: str) -> "Numbers":
        """Those that a metric is compared by: of a share that rises with age the settled ones."""
        return self.settled if self.settled is not None and METRICS[key].rises_with_age else self

    def __getitem__(self, key: str) -> int:
        return self._counts.get(key, 0)

    def __contains__(self, key: object) -> bool:
        return key in self._counts

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return f"Numbers({self._counts})"

    def value(self, key: str) -> int | float:
        """Of any metric made of counts: the number itself, a rate of two, or of an amount what each has of it."""
        metric = METRICS[key]
        if metric.numerator is None or metric.denominator is None:
            return self[key]
        parts = self[metric.numerator], self[metric.denominator]
        return mean_units(*parts) if metric.unit is Unit.MONEY else rate(*parts, metric.places)

    def known_value(self, key: str) -> int | float | None:
        """The same, but None for a rate over nothing, which a line through other rates must not fall to."""
        denominator = METRICS[key].denominator
        return None if denominator and not self[denominator] else self.value(key)

    def of_people(self) -> "Numbers":
        """With what people opened and clicked in place of all."""
        found = Numbers((key, self[METRICS[key].of_people or key]) for key in self)
        return found.with_settled(self.settled and self.settled.of_people())

    @classmethod
    def sum_of(cls, parts: Iterable["Numbers"]) -> "Numbers":
        total: dict[str, int] = {}
        for numbers in parts:
            for key, n in numbers.items():
                total[key] = total.get(key, 0) + n
        return cls(total)


def exact_value(key: str, numbers: Numbers) -> float | None:
    """As `Numbers.known_value`, not rounded."""
    metric = METRICS[key]
    if metric.numerator is None or metric.denominator is None:
        return float(numbers[key])
    return exact_rate(numbers[metric.numerator], numbers[metric.denominator])
