"""Fields of bodies that mean something in the workspace's zone."""

from datetime import datetime, time
from typing import Any

from rest_framework import serializers


class DayOrInstantField(serializers.DateTimeField):
    """A bare day begins in the zone of the workspace, which is in the context; an instant without an offset is UTC."""

    def to_internal_value(self, value: Any) -> Any:
        at = super().to_internal_value(value)
        if isinstance(value, str) and len(value.strip()) <= len("2026-12-31"):
            return datetime.combine(at.date(), time(), self.context["zone"])
        return at
