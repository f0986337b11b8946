"""Lengths of time as addresses say them: `30m`, `12h`, `7d`. Pure."""

import re
from datetime import timedelta

ONE_MINUTE, ONE_DAY = timedelta(minutes=1), timedelta(days=1)
_UNITS = {"m": ONE_MINUTE, "h": timedelta(hours=1), "d": ONE_DAY}
_DURATION = re.compile(r"([0-9]{1,6})([mhd])")


def duration(text: str) -> timedelta | None:
    """Of `30m`, `12h` or `7d`; None for another text."""
    if text == "0":
        return timedelta(0)
    parts = _DURATION.fullmatch(text)
    return int(parts[1]) * _UNITS[parts[2]] if parts else None


def duration_text(length: timedelta) -> str:
    """In the largest unit that it is a whole number of."""
    unit = next((unit for unit in ("d", "h") if length and not length % _UNITS[unit]), "m")
    return f"{length // _UNITS[unit]}{unit}" if length else "0"
