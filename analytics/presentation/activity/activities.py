"""What makes people active, as pages call it."""

from analytics.questions.questions import EVENT_METRIC_PREFIX

ACTIVITY_LABELS = {
    "events": "any event",
    "opens": "message opened",
    "clicks": "message clicked",
    "conversions": "conversion",
    "revenue": "order",
}


def activity_text(metric: str) -> str:
    """any event; of a type of events its name: “visit”"""
    return ACTIVITY_LABELS.get(metric) or f"“{metric.removeprefix(EVENT_METRIC_PREFIX)}”"
