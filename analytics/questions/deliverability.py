"""What the report on deliverability is asked: by what emails are taken together."""

from dataclasses import dataclass
from enum import StrEnum

from analytics.questions.questions import Question


class DeliverabilityBy(StrEnum):
    """By the recipient's mailbox provider, the campaign, the day of creation, or why they came back."""

    DOMAIN = "domain"
    CAMPAIGN = "campaign"
    DAY = "day"
    CLASS = "class"


@dataclass(frozen=True, kw_only=True)
class DeliverabilityQuestion(Question):
    by: DeliverabilityBy = DeliverabilityBy.DOMAIN

    @property
    def query(self) -> dict[str, str | list[str]]:
        return super().query | {"by": self.by.value}
