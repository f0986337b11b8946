"""Who looks at what is shown: viewers see no whole email address, wherever it stands, and no number."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import formats

from analytics.addresses import hidden_phone, hidden_value


@dataclass(frozen=True)
class Audience:
    """In which zone they are told times, and whether they see addresses."""

    zone: ZoneInfo
    sees_addresses: bool = True

    def text(self, text: str) -> str:
        return text if self.sees_addresses else str(hidden_value(text))

    def phone(self, phone: str) -> str:
        return phone if self.sees_addresses else hidden_phone(phone)

    def json(self, value: Any) -> str:
        """Indented, for people to read."""
        shown = value if self.sees_addresses else hidden_value(value)
        return json.dumps(shown, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)

    def local(self, at: datetime | None) -> datetime | None:
        return None if at is None else at.astimezone(self.zone)

    def instant(self, at: datetime) -> str:
        """26 Nov 2026, 14:32:05"""
        return formats.date_format(at.astimezone(self.zone), "j M Y, H:i:s")
