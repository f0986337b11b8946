"""Samples of as many, drawn with replacement from what came so many times each: the bootstrap."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SAMPLES_AT_ONCE = 8
_SELDOM = 8
_MARGIN = 3
"""By how many times the root of its size a sample is left to be filled: then few have too many already."""
_DIGIT = 16
_OPEN = 2**32 - 1
_HIGHEST = 100
"""A Poisson number of a mean up to _SELDOM is below it, as far as floats can tell."""

Drawn = tuple[NDArray[np.integer], NDArray[np.integer]]


def number_of_seldom(counts: NDArray[np.int64]) -> int:
    """Of counts, which ascend, how many of the first are so low that very many may be drawn quickly."""
    return int(np.searchsorted(counts, _SELDOM, side="right"))


def resamples(counts: NDArray[np.int64], samples: int, *, seed: int) -> Iterator[Drawn]:
    """Yields, for SAMPLES_AT_ONCE samples at a time, how often each was drawn, by its place and the sample: of the
    `number_of_seldom` and of the others. `samples` are a multiple of these; the same of the same counts and seed.

    Of each sample the numbers are multinomial. Independent Poisson numbers are so too, given their sum: each is drawn
    with a mean that leaves some of the sample open, which is then drawn one by one. A sample that has too many, which
    is rare, is drawn one by one as a whole.
    """
    random = np.random.default_rng(seed)
    total = int(counts.sum())
    less = max(0.0, 1 - _MARGIN / np.sqrt(max(total, 1)))
    seldom, often = np.split(counts, [number_of_seldom(counts)])
    each = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    numbers, alike = np.unique(seldom, return_counts=True)
    tables = [(_Poisson(number * less), int(times)) for number, times in zip(numbers, alike, strict=True)]
    for _ in range(samples // SAMPLES_AT_ONCE):
        parts = [table.numbers(times, random) for table, times in tables]
        drawn = (
            np.concatenate([np.zeros((0, SAMPLES_AT_ONCE), np.uint16), *parts]),
            random.poisson(np.repeat(often[:, None] * less, SAMPLES_AT_ONCE, axis=1)),
        )
        _fill(drawn, total, each, random)
        yield drawn


def _fill(drawn: Drawn, total: int, each: NDArray[np.int32], random: np.random.Generator) -> None:
    """Draws what samples lack of the total from `each`, the place of each thing that came."""
    lacking = np.asarray(total - sum(np.einsum("ij->j", part, dtype=np.int64) for part in drawn))
    has_too_many = lacking < 0
    for part in drawn:
        part[:, has_too_many] = 0
    lacking[has_too_many] = total
    places = each[random.integers(0, max(total, 1), int(lacking.sum()))]
    cells = places.astype(np.int64) * SAMPLES_AT_ONCE + np.repeat(np.arange(SAMPLES_AT_ONCE), lacking)
    start = 0
    for part in drawn:
        here = cells[(cells >= start) & (cells < start + part.size)]
        np.add.at(part.reshape(-1), here - start, 1)
        start += part.size


class _Poisson:
    """Poisson numbers of a mean: two of _DIGIT random bits, and where these leave them open, of as many as a float has.

    A number is put above the bits of the other.
    """

    def __init__(self, mean: float) -> None:
        chances = np.exp(-mean) * np.cumprod(np.concatenate([[1.0], mean / np.arange(1, _HIGHEST)]))
        numbers = np.arange(_HIGHEST, dtype=np.uint32)
        self.pairs = (numbers[:, None] << 16 | numbers).reshape(-1)
        self.up_to = np.cumsum(np.outer(chances, chances))
        self.up_to /= self.up_to[-1]
        ends = (self.up_to * 2**_DIGIT).astype(np.int64)
        self.table = np.repeat(self.pairs, np.diff(ends, prepend=0))
        self.table[ends[ends < 2**_DIGIT]] = _OPEN

    def numbers(self, n: int, random: np.random.Generator) -> NDArray[np.uint16]:
        """For so many things, a number for each of SAMPLES_AT_ONCE samples."""
        digits = random.integers(0, 2**_DIGIT, (n, SAMPLES_AT_ONCE // 2), np.uint16)
        found = self.table.take(digits)
        are_open = found == _OPEN
        more = (digits[are_open] + random.random(np.count_nonzero(are_open))) / 2**_DIGIT
        found[are_open] = self.pairs[np.searchsorted(self.up_to, more, side="right")]
        return found.view(np.uint16)
