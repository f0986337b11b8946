"""Rates of exchange over the API."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import ingest
from analytics.api.filters.base import DayFilter, WorkspaceListFilter
from analytics.api.resources.items import RateChange, RateItem
from analytics.api.resources.refusals import checked_identity
from analytics.api.resources.viewsets import Item, WrittenViewSet
from analytics.ingest.outcome import ItemWarnings
from analytics.ingest.rates import delete_rate, rate_item, rates_held
from analytics.models import ExchangeRate
from campaignos.conditional import check_precondition
from campaignos.filters import Row, TextFilter
from workspaces.access import caller


class RateFilter(WorkspaceListFilter):
    dayFrom = DayFilter("day", "gte", help_text="Of this day or later.")
    dayBefore = DayFilter("day", "lt", help_text="Before this day.")
    currency = TextFilter(method="of_currency", help_text="From or to this currency.")

    def of_currency(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        return rows.filter(Q(source=value.upper()) | Q(target=value.upper()))


class RateRecord(serializers.Serializer[ExchangeRate]):
    id = serializers.CharField(source="api_id", help_text="Such as rate_1.")
    day = serializers.DateField(help_text="A day of the workspace's time zone.")
    rate = serializers.CharField(
        source="rate_text", help_text="What one unit of `from` is worth in `to`: an exact decimal, as a text."
    )

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's."""
        fields = super().get_fields()
        currencies = {
            name: serializers.CharField(source=source, help_text="A code of ISO 4217.")
            for name, source in (("from", "source"), ("to", "target"))
        }
        return {"id": fields["id"], "day": fields["day"], **currencies, "rate": fields["rate"]}


class RatesViewSet(WrittenViewSet):
    """Rates of exchange, one for each day and pair of currencies."""

    resource, prefix = "rates", "rate"
    filters = RateFilter
    serializer_class = RateRecord
    item_class, change_class = RateItem, RateChange
    orderings = {"day": "day", "id": "pk"}
    take = staticmethod(ingest.take_rates)

    def rows(self) -> QuerySet[ExchangeRate]:
        return ExchangeRate.objects.filter(workspace=self.access.workspace)

    def taken_items(self, items: Sequence[Item], received_at: datetime) -> ingest.Outcome:
        return ingest.take_rates(self.access.workspace, items, received_at=received_at, by=caller(self.request))

    def row_of(self, item: Item) -> ExchangeRate:
        day, source, target = rate_item(item, ItemWarnings()).key
        return self.rows().get(day=day, source=source, target=target)

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only `rate` can change."""
        with rates_held(self.access.workspace):
            rate = self.row(resource_id)
            identity = {"day": str(rate.day), "from": rate.source, "to": rate.target}
            item = checked_identity(self.item(request), **identity)
            return self.change(request, rate, {"rate": rate.rate_text, **item})

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete the rate."""
        with rates_held(self.access.workspace):
            rate = self.row(resource_id)
            check_precondition(request, self.record(rate))
            delete_rate(rate=rate, by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
