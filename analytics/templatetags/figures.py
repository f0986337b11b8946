"""Figures, metric names with their help, and small drawings for the templates."""

from collections.abc import Sequence
from typing import Any

from django import template

from analytics import formats
from analytics.metrics import METRICS
from analytics.models import Channel

register = template.Library()

HEAT_STEPS = 9
ACTIVITY_LABELS = {
    "events": "did anything",
    "opens": "opened a message",
    "clicks": "clicked in a message",
    "conversions": "converted",
}
SPARKLINE_WIDTH, SPARKLINE_HEIGHT = 100, 24

register.filter("count", formats.count)
register.filter("compact", formats.compact)
register.filter("percent", formats.percent)
register.filter("dayname", formats.day)


@register.filter
def heat(share: float) -> str:
    """The class of a heat map's cell: h0 for nothing to h8 for everybody."""
    return f"h{min(HEAT_STEPS - 1, int(share * HEAT_STEPS))}"


@register.filter
def channel(name: str) -> str:
    return str(Channel(name).label)


@register.filter
def activity_label(metric: str) -> str:
    return ACTIVITY_LABELS[metric]


@register.filter
def pluck(rows: Sequence[Any], name: str) -> list[Any]:
    return [getattr(row, name) for row in rows]


@register.simple_tag
def sparkline_points(values: Sequence[int]) -> str:
    """The points of an SVG polyline through the values, from zero up."""
    highest = max(values, default=0) or 1
    step = SPARKLINE_WIDTH / max(len(values) - 1, 1)
    return " ".join(
        f"{number * step:.1f},{SPARKLINE_HEIGHT - 1 - value * (SPARKLINE_HEIGHT - 2) / highest:.1f}"
        for number, value in enumerate(values)
    )


@register.inclusion_tag("_metric.html", takes_context=True)
def metric(context: template.Context, key: str, label: str = "") -> dict[str, Any]:
    """A metric's name, which opens its definition. `{% metric_definitions %}` must follow at the page's end."""
    named = context["page"].metrics_named
    named.setdefault(key, METRICS[key])
    return {"metric": METRICS[key], "label": label or METRICS[key].label}


@register.inclusion_tag("_metric_definitions.html", takes_context=True)
def metric_definitions(context: template.Context) -> dict[str, Any]:
    return {"metrics": context["page"].metrics_named.values()}
