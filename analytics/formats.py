"""How figures look to people: the same in tables, tiles and sentences."""

from datetime import date

from django.utils import formats


def count(number: int) -> str:
    """12,400"""
    return formats.number_format(number, force_grouping=True)


def compact(number: int) -> str:
    """950, 12.4k, 3.1M: cut off, not rounded up, so that it never claims more than there is."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= 10 * size or (letter == "M" and number >= size):
            return f"{formats.number_format(number * 10 // size / 10, 1)}{letter}"
    return count(number)


def percent(share: float) -> str:
    """30.0%, as browsers write it in English.

    A rate's 3 decimals are exactly one decimal of a per cent, so page and API say the same.
    """
    return f"{formats.number_format(round(share * 100, 1), 1)}%"


def day(on: date) -> str:
    """Tue 12 May 2026"""
    return formats.date_format(on, "D j M Y")
