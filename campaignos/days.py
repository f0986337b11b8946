"""The days that a form or a query may name: what lies beyond them has no instant in every time zone."""

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2099, 12, 31)
LATEST_INSTANT = datetime(2100, 1, 1, tzinfo=UTC)


class DayField(forms.DateField):
    """A day from 1970 to 2099, entered in the browser's own field for days."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            validators=[
                MinValueValidator(FIRST_DAY, f"The first day that can be named is {FIRST_DAY}."),
                MaxValueValidator(LAST_DAY, f"The last day that can be named is {LAST_DAY}."),
            ],
            **options,
        )
