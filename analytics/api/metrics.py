"""The metric dictionary: every number of the reports, in words."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.metrics import METRICS, Metric, Unit
from campaignos.conditional import answer
from campaignos.schema import IF_NONE_MATCH, NOT_MODIFIED
from campaignos.views import ApiView


class MetricRecord(serializers.Serializer[Metric]):
    key = serializers.CharField(help_text="Such as open_rate.")
    name = serializers.CharField(source="label", help_text="As the pages show it.")
    definition = serializers.CharField()
    unit = serializers.ChoiceField(
        [unit.value for unit in Unit], help_text="A count, a share from 0 to 1, or minor units of money."
    )
    numerator = serializers.CharField(allow_null=True, help_text="The key of what is divided, for shares.")
    denominator = serializers.CharField(allow_null=True, help_text="The key of what it is divided by.")
    formula = serializers.CharField(help_text="Such as `Opened ÷ Sent`; empty for what is counted.")


class MetricsBody(serializers.Serializer[Any]):
    results = MetricRecord(many=True)


class MetricsView(ApiView):
    """What each number of the reports means. Open to everybody."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="listMetrics",
        summary="List metrics",
        tags=["reports"],
        parameters=[IF_NONE_MATCH],
        responses={200: MetricsBody, 304: NOT_MODIFIED},
    )
    def get(self, request: Request) -> Response:
        return answer(request, {"results": [MetricRecord(metric).data for metric in METRICS.values()]})
