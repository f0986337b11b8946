"""Which variant of a test somebody gets: drawn by a hash of the test's seed and an id, by whoever has both. Pure.

It is the second version of GrowthBook's hash (FNV-1a of 32 bits, twice), so that its clients draw the same.
"""

from collections.abc import Sequence
from itertools import accumulate

_BUCKETS = 10_000


def draw(seed: str, id: str) -> float:
    """A number from 0 to below 1, in steps of a ten-thousandth."""
    return _fnv1a(str(_fnv1a(seed + id))) % _BUCKETS / _BUCKETS


def drawn_place(weights: Sequence[float], number: float) -> int | None:
    """The place of the variant in whose share of the weights a drawn number lies; None where none weighs anything."""
    total = sum(weights)
    ends = [end / total for end in accumulate(weights)] if total else []
    return next((place for place, end in enumerate(ends) if number < end), None)


def _fnv1a(text: str) -> int:
    """Over UTF-16 code units, as JavaScript has a text."""
    number = 0x811C9DC5
    units = text.encode("utf-16-le", "surrogatepass")
    for low, high in zip(units[::2], units[1::2], strict=True):
        number = (number ^ (low | high << 8)) * 0x01000193 & 0xFFFFFFFF
    return number
