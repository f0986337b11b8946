"""Reports under conditions: their parameters, and what of an answer the conditions cannot apply to."""

from collections.abc import Mapping
from typing import Any, Protocol

from drf_spectacular.utils import OpenApiParameter

from analytics.api.reports.serializers import NumbersSerializer
from analytics.questions.filter_reader import MAX_FILTER_BYTES

CONDITIONS = ("where", "segment", "filter")
SCHEMA_OF_CONDITIONS = (
    OpenApiParameter(
        "where",
        str,
        many=True,
        description="A condition, such as `utm.source:newsletter`, `property.amount>=100` or `contact.plan!:*`; "
        "several times: all of them. One on contacts means people. One on events or messages means the facts that are "
        "counted: in a funnel the first step's, in cohorts the activity, in attribution the conversions; there "
        "`utm.source`, `utm.medium` and `utm.campaign` choose rows.",
    ),
    OpenApiParameter(
        "segment", str, many=True, description="People of a segment, such as seg_4; several times: of all."
    ),
    OpenApiParameter(
        "filter",
        str,
        description=f"Conditions as JSON of at most {MAX_FILTER_BYTES:,} bytes: what the text form cannot say, such as "
        "what somebody did.",
    ),
)


class CountsWhatItCan(Protocol):
    def has(self, metric: str) -> bool: ...


def leave_out(sections: Mapping[str, type[NumbersSerializer]], body: dict[str, Any], report: CountsWhatItCan) -> None:
    """The numbers that the conditions cannot apply to: null, and named."""
    missing = [
        (section, name)
        for section, serializer in sections.items()
        for name, key in serializer.metrics.items()
        if not report.has(key)
    ]
    for section, name in missing:
        body[section][name] = None
    if missing:
        body["meta"]["notApplicable"] = [f"{section}.{name}" for section, name in missing]
