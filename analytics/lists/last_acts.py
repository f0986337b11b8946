"""When what a funnel's steps are of was last seen."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from analytics.ledger import Ledger
from analytics.models import Message
from analytics.models.fact_filters import MessageConditions
from analytics.periods import local_day
from analytics.questions.filters import NO_CONDITION
from analytics.questions.steps import EventStep, MessageStep, Step
from workspaces.models import Workspace


def last_days(workspace: Workspace, steps: Iterable[Step]) -> Mapping[Step, date]:
    """The last day on which somebody did each step, whatever its conditions; without those that nobody ever did.

    Of messages it is the day of the newest that got so far. One query for all types of events, one for each act of
    messages, and those for its campaign.
    """
    steps = [*dict.fromkeys(steps)]
    of_types = Ledger(workspace).last_days([step.event_type for step in steps if isinstance(step, EventStep)])
    found: dict[Step, date | None] = {
        step: of_types.get(step.event_type) if isinstance(step, EventStep) else _last_day(workspace, step)
        for step in steps
    }
    return {step: day for step, day in found.items() if day is not None}


def _last_day(workspace: Workspace, step: MessageStep) -> date | None:
    instant = f"{step.status}_at"
    messages = Message.objects.filter(workspace_id=workspace.pk, **{f"{instant}__isnull": False})
    rows = MessageConditions(workspace.pk).matching(messages, replace(step, where=NO_CONDITION).condition)
    at: datetime | None = rows.order_by("-created_at").values_list(instant, flat=True).first()
    return None if at is None else local_day(at, workspace.zone)
