"""Which messages of some days a part of the facts means, as rows: for what the ledger does not know of them."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet

from analytics.ledger import Ledger, LedgerPeople
from analytics.metrics import Counted
from analytics.models import Message
from analytics.models.fact_filters import MessageConditions
from analytics.models.slices import in_slice
from analytics.periods import Window
from analytics.questions.slices import Slice
from workspaces.models import Workspace


@dataclass(frozen=True)
class MessagesMeant:
    """Messages of the part that were created in the window."""

    workspace: Workspace
    window: Window
    part: Slice

    @property
    def are_any(self) -> bool:
        """Whether its conditions can apply to messages at all."""
        return self.part.has(Counted.MESSAGES)

    def rows(self, prefix: str = "") -> Q:
        """`prefix` leads to the messages. Queries: those of conditions."""
        created = {
            "workspace": self.workspace.pk,
            "created_at__gte": self.window.starts_at,
            "created_at__lt": self.window.ends_at,
        }
        condition = Q(**{f"{prefix}{name}": value for name, value in created.items()}) & in_slice(self.part, prefix)
        return condition & self._conditions(prefix) if self.part.has_conditions else condition

    def _conditions(self, prefix: str) -> Q:
        condition = Q()
        if self.part.where.messages.conditions:
            condition &= Q(**{f"{prefix}pk__in": self._meeting.values("pk")})
        if self.part.where.people.conditions:
            condition &= Q(**{f"{prefix}person_number__among": self._numbers})
        return condition

    @cached_property
    def _meeting(self) -> QuerySet[Message]:
        """The part's messages that meet the conditions on messages."""
        of_part = Message.objects.filter(in_slice(self.part), workspace_id=self.workspace.pk)
        return MessageConditions(self.workspace.pk).matching(of_part, self.part.where.messages)

    @cached_property
    def _numbers(self) -> list[int]:
        """That facts of the people carry who meet the conditions on people."""
        last = self.part.until or self.window.last_day
        people = LedgerPeople(Ledger(self.workspace), Window.between(last, last, zone=self.workspace.zone))
        numbers: list[int] = people.meant_people(self.part.where.people).numbers.tolist()
        return numbers
