"""How figures look to people: the same in tables, tiles and sentences."""

from datetime import date, datetime
from functools import lru_cache

from django.utils import formats
from django.utils.text import Truncator

from analytics.money import Amount

NAME_CHARACTERS = 50
"""How much of a name is shown in a list to choose from, in a title or in a sentence."""
MOST_PLACES = 7
"""Decimals of a share, five of a per cent: what differs by less than they show is told as no change."""


def count(number: int) -> str:
    """12,400, −300"""
    return f"{number:,}".replace("-", "−")


def count_of(number: int, singular: str, plural: str) -> str:
    """1 event; 12,400 events"""
    return f"{count(number)} {singular if number == 1 else plural}"


def compact(number: int) -> str:
    """950, 12.4k, 3.1M, 6.2B, 1.5T: cut off, not rounded up, so that it never claims more than there is."""
    for size, letter in ((1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")):
        if number >= 10 * size or (letter != "k" and number >= size):
            return f"{number * 10 // size / 10:.1f}{letter}"
    return count(number)


def credit_text(conversions: float) -> str:
    """41.25, −0.50"""
    return f"{conversions:,.2f}".replace("-", "−")


def amount_text(amount: Amount, *, names_currency: bool = True, is_signed: bool = False) -> str:
    """30.10 EUR; 1,200 JPY; −5.00 EUR; with a sign also +30.10 EUR"""
    sign = _sign(amount.units) if is_signed else "−" if amount.units < 0 else ""
    text = f"{sign}{abs(amount.major):,f}"
    return f"{text} {amount.currency}" if names_currency else text


def compact_amount(amount: Amount) -> str:
    """30.10 EUR, 1,204 EUR, 12.4k EUR: cut off where it is long."""
    whole = int(abs(amount.major))
    if whole < 1_000:
        return amount_text(amount)
    return f"{'−' if amount.units < 0 else ''}{compact(whole)} {amount.currency}"


def size(number: int) -> str:
    """950 bytes, 12.4 kB, 3.1 MB"""
    for unit, letters in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if number >= unit:
            return f"{number * 10 // unit / 10:,.1f} {letters}"
    return count_of(number, "byte", "bytes")


_UNITS_OF_TIME = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def span(seconds: int) -> str:
    """4 d 2 h, 3 h 20 min, 12 min, 45 s: the two largest units."""
    texts, left = [], seconds
    for unit, size in _UNITS_OF_TIME:
        number, left = divmod(left, size)
        if number:
            texts.append(f"{count(number)} {unit}")
    return " ".join(texts[:2]) or "0 s"


def percent(share: float, places: int = 3) -> str:
    """30.0%, as browsers write it in English; 0.08% with one place more.

    A rate's 3 decimals are exactly one decimal of a per cent, so page and API say the same.
    """
    return f"{round(share * 100, places - 2):.{places - 2}f}%".replace("-", "−")


def signed_percent(change: float) -> str:
    """+4.1%, −12.0%; a small one +0.02%"""
    return f"{_sign(change)}{percent(abs(change), _telling_places(change, 3))}"


def signed_count(number: int) -> str:
    """+1,420, −300"""
    return f"{_sign(number)}{count(abs(number))}"


def signed_credit(conversions: float) -> str:
    """+41.25, −0.50"""
    return f"{_sign(round(conversions, 2))}{credit_text(abs(conversions))}"


def points(difference: float, *, unit: bool = True, places: int = 3) -> str:
    """+1.2 points, a small one +0.03 points: what two percentages differ by."""
    places = _telling_places(difference, places)
    return f"{_sign(difference)}{round(abs(difference) * 100, places - 2):.{places - 2}f}{' points' if unit else ''}"


def places_apart(before: float, now: float, places: int) -> int:
    """At least so many decimals of two shares: those with which they look different, and by as much as they are."""
    while places < MOST_PLACES:
        shown = round(now, places) - round(before, places)
        if (shown or now == before) and abs(shown - round(now - before, places)) < 10**-MOST_PLACES:
            break
        places += 1
    return places


def _telling_places(share: float, places: int) -> int:
    """At least so many decimals: those with which it is not taken for nothing."""
    while share and not round(share, places) and places < MOST_PLACES:
        places += 1
    return places


def p_value_text(p: float) -> str:
    """0.024, < 0.001"""
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def _sign(number: float) -> str:
    return "+" if number > 0 else "−" if number < 0 else "±"


def days(first: date, last: date) -> str:
    """12 May 2026; 1 – 12 May 2026; 28 Apr – 12 May 2026; 28 Dec 2025 – 12 Jan 2026"""
    end = formats.date_format(last, "j M Y")
    if first == last:
        return end
    start = "j" if first.replace(day=1) == last.replace(day=1) else "j M" if first.year == last.year else "j M Y"
    return f"{formats.date_format(first, start)} – {end}"


@lru_cache(4096)
def day(on: date) -> str:
    """Tue 12 May 2026"""
    return formats.date_format(on, "D j M Y")


def short_day(on: date) -> str:
    """12 May"""
    return formats.date_format(on, "j M")


def in_period(unit: str, number: int) -> str:
    """in week 3; on day 3"""
    return f"{'on' if unit == 'day' else 'in'} {unit} {number}"


def month(on: date) -> str:
    """May 2026"""
    return formats.date_format(on, "M Y")


def hour(at: datetime) -> str:
    """Tue 12 May 2026, 14:00; of two hours of one name, Sun 25 Oct 2026, 02:00 (UTC+01:00)"""
    is_ambiguous = at.utcoffset() != at.replace(fold=1 - at.fold).utcoffset()
    return f"{day(at.date())}, {at:%H:%M}{f' (UTC{at.isoformat()[-6:]})' if is_ambiguous else ''}"


def instant_text(at: datetime) -> str:
    """26 Nov 2026, 14:32"""
    return formats.date_format(at, "j M Y, H:i")


def short_name(name: str) -> str:
    return Truncator(name).chars(NAME_CHARACTERS)


def with_capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def inside_sentence(label: str) -> str:
    """`source`, but `UTM campaign`: a label as it stands behind other words."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
