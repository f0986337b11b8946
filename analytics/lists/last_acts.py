"""When what a funnel's steps are of was last seen."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from analytics.ledger import Ledger
from analytics.models import Contact, Message
from analytics.models.fact_filters import MessageConditions
from analytics.periods import local_day
from analytics.questions.filters import NO_CONDITION
from analytics.questions.steps import EventStep, MessageStep, SignupStep, SingleStep, Step, alternatives
from workspaces.models import Workspace


def last_days(workspace: Workspace, steps: Iterable[Step]) -> Mapping[Step, date]:
    """The last day on which somebody did each step, whatever its conditions; without those that nobody ever did.

    Of messages it is the day of the newest that got so far. One query for all types of events, one for each act of
    messages, and those for its campaign.
    """
    steps = [*dict.fromkeys(steps)]
    single = [*dict.fromkeys(each for step in steps for each in alternatives(step))]
    of_types = Ledger(workspace).last_days([each.event_type for each in single if isinstance(each, EventStep)])
    found: dict[SingleStep, date | None] = {
        each: of_types.get(each.event_type) if isinstance(each, EventStep) else _last_day(workspace, each)
        for each in single
    }
    newest = {step: [day for each in alternatives(step) if (day := found[each]) is not None] for step in steps}
    return {step: max(days) for step, days in newest.items() if days}


def _last_day(workspace: Workspace, step: MessageStep | SignupStep) -> date | None:
    if isinstance(step, SignupStep):
        contacts = Contact.objects.current().filter(workspace=workspace)
        newest: datetime | None = contacts.order_by("-signed_up_at").values_list("signed_up_at", flat=True).first()
        return None if newest is None else local_day(newest, workspace.zone)
    instant = f"{step.status}_at"
    messages = Message.objects.filter(workspace_id=workspace.pk, **{f"{instant}__isnull": False})
    rows = MessageConditions(workspace.pk).matching(messages, replace(step, where=NO_CONDITION).condition)
    at: datetime | None = rows.order_by("-created_at").values_list(instant, flat=True).first()
    return None if at is None else local_day(at, workspace.zone)
