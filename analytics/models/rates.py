"""Rates of exchange, as a workspace states them by day."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import models

from analytics.rates import DAYS_LOOKED_BACK, ExchangeRates, Rate
from workspaces.models import Workspace, validate_currency
from workspaces.scope import ScopedManager

MAX_RATE_DIGITS = 15
"""Digits of a rate, and how many of them may stand behind the point."""


class ExchangeRate(models.Model):
    """What one unit of a currency is worth in another on a local day: `digits`, the last `places` of which stand behind
    the point. So it is exact on every database."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    source = models.CharField("from", max_length=3, validators=[validate_currency])
    target = models.CharField("to", max_length=3, validators=[validate_currency])
    digits = models.PositiveBigIntegerField()
    places = models.PositiveSmallIntegerField()

    objects = ScopedManager["ExchangeRate"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "day", "source", "target"],
                name="exchange_rate_of_day",
                violation_error_message="There is a rate of this day already.",
            ),
            models.CheckConstraint(
                condition=models.Q(digits__gt=0, digits__lt=10**MAX_RATE_DIGITS), name="exchange_rate_is_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(places__lte=MAX_RATE_DIGITS), name="exchange_rate_has_few_places"
            ),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")), name="exchange_rate_is_of_two_currencies"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} to {self.target} on {self.day}"

    @property
    def api_id(self) -> str:
        return f"rate_{self.pk}"

    @property
    def rate(self) -> Decimal:
        return Decimal(self.digits).scaleb(-self.places)

    @property
    def rate_text(self) -> str:
        """Without an exponent."""
        return f"{self.rate:f}"


def rates_of_days(workspace_id: int, first_day: date, last_day: date) -> ExchangeRates:
    """The rates by which amounts of these local days are converted. One query."""
    first = first_day - timedelta(days=DAYS_LOOKED_BACK)
    rows = ExchangeRate.objects.filter(workspace=workspace_id, day__gte=first, day__lte=last_day)
    return ExchangeRates.of(Rate(row.day, row.source, row.target, row.rate) for row in rows.iterator())
