"""Building the steps of a funnel: rows that can be changed, moved, removed and given conditions, all in the address."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from analytics.api.condition_names import condition_names
from analytics.lists.last_acts import last_days
from analytics.models import Campaign, SavedFunnel
from analytics.presentation.conditions import ConditionNames, condition_phrase
from analytics.presentation.formats import day, with_capital
from analytics.presentation.steps import MESSAGE_ACTS, steps_sentence
from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.filter_texts import filter_data
from analytics.questions.filters import AllOf, Is, all_of
from analytics.questions.funnel_rules import NO_WINDOW, StepOrder
from analytics.questions.groups import Group
from analytics.questions.questions import FunnelQuestion
from analytics.questions.step_texts import StepReader, step_text
from analytics.questions.steps import (
    MAX_STEPS,
    STEP_STATUSES,
    EitherStep,
    EventStep,
    MessageStep,
    SignupStep,
    Step,
    with_where,
)
from analytics.views.chosen_steps import CONDITION_FIELD, STEP_PLACE, WAYS_OF_STEPS, with_steps
from analytics.views.disclosure import sees_addresses
from analytics.views.funnel_rules import ExclusionFields
from analytics.views.page import open_membership
from campaignos.page_parameters import understands
from campaignos.texts import folded_text
from workspaces.models import Membership, Workspace

EVENT_ACT, SIGNUP_ACT, EITHER_ACT = "event", "signup", "either"
ROW_FIELDS = ("rowAct", "rowName", "rowWhere")
"""The parameters of a row: what is done, the type of events or the campaign, and the conditions as JSON."""
EXCLUSION_FIELDS = ("excludeWhat", "excludeBetween")
"""The parameters of an exclusion: what voids an attempt, and the places that it lies between."""
COMMANDS = ("up", "remove", "without", "condition")
"""The parameters of the buttons of a row: its number and, for one of its conditions to be taken away, that's number."""
_ACTS_OFFERED = ("sent", "delivered", "opened", "clicked")
MOST_OFFERED = 75
"""Campaigns and variants to choose from."""
_WITH_ID = re.compile(r".*\((cmp_[0-9]+(?:/[0-9]+)?)\)", re.DOTALL)


@dataclass(frozen=True)
class StepRow:
    """A step to be changed: what the fields of its row have, and its conditions in words."""

    place: int
    act: str
    name: str
    where: str
    last_seen: str
    conditions: Sequence[str]

    @property
    def acts(self) -> list[tuple[str, str]]:
        return acts_offered(self.act)

    @property
    def is_event(self) -> bool:
        return self.act in (EVENT_ACT, EITHER_ACT)

    @property
    def is_signup(self) -> bool:
        return self.act == SIGNUP_ACT

    @property
    def takes_conditions(self) -> bool:
        """Those of alternatives stand in their text."""
        return self.act not in (SIGNUP_ACT, EITHER_ACT)


def _act_of(step: Step) -> str:
    if isinstance(step, EitherStep):
        return EITHER_ACT
    if isinstance(step, MessageStep):
        return step.status
    return EVENT_ACT if isinstance(step, EventStep) else SIGNUP_ACT


def acts_offered(chosen: str = EVENT_ACT) -> list[tuple[str, str]]:
    """What can be done in a step: value and label."""
    statuses = [status for status in STEP_STATUSES if status in (*_ACTS_OFFERED, chosen)]
    of_messages = ((status, with_capital(MESSAGE_ACTS[status])) for status in statuses)
    return [(EVENT_ACT, "Event"), *of_messages, (SIGNUP_ACT, "Signed up as a contact"), (EITHER_ACT, "Any of several")]


@dataclass(frozen=True)
class StepBuilder:
    """The rows of the steps of a funnel."""

    workspace: Workspace
    question: FunnelQuestion
    names: ConditionNames

    @property
    def rows(self) -> list[StepRow]:
        """A query for types of events, and up to three for each act of messages."""
        counted = self.question.counted_steps
        days = last_days(self.workspace, counted)
        steps = zip(self.question.steps, counted, strict=True)
        return [self._row(place, step, days.get(seen)) for place, (step, seen) in enumerate(steps, start=1)]

    def _row(self, place: int, step: Step, last_on: date | None) -> StepRow:
        conditions = () if isinstance(step, EitherStep) else step.where.conditions
        return StepRow(
            place=place,
            act=_act_of(step),
            name=self._name(step),
            where=json.dumps([filter_data(each) for each in conditions], ensure_ascii=False),
            last_seen="never seen" if last_on is None else f"last seen {day(last_on)}",
            conditions=[with_capital(condition_phrase(each, self.names)) for each in conditions],
        )

    def _name(self, step: Step) -> str:
        """As its field has it: of alternatives their text, with the conditions of each."""
        if isinstance(step, EitherStep):
            return step_text(step)
        if isinstance(step, MessageStep):
            return self._campaign(step)
        return step.event_type if isinstance(step, EventStep) else ""

    def _campaign(self, step: MessageStep) -> str:
        """As its field has it."""
        if step.campaign_id is None:
            return ""
        key = f"cmp_{step.campaign_id}"
        if step.variant_id is None:
            return f"{self.names.campaigns.get(step.campaign_id, key)} ({key})"
        variant = self.names.variants.get(step.variant_id, str(step.variant_id))
        return f"{self.names.campaigns.get(step.campaign_id, key)} · {variant} ({key}/{step.variant_id})"


def names_of_steps(workspace: Workspace, steps: Sequence[Step], groups: Sequence[Group] = ()) -> ConditionNames:
    """What steps and groups name. A query for each kind of names."""
    values = (Is(group.by, (group.value,)) for group in groups if group.value is not None)
    return condition_names(workspace, all_of(*(step.condition for step in steps), *values))


@dataclass(frozen=True)
class FunnelDescription:
    """A saved funnel, for the list of them."""

    pk: int
    name: str
    sentence: str


def described_funnels(workspace: Workspace, funnels: Iterable[SavedFunnel]) -> list[FunnelDescription]:
    """In their order. A query for each kind of names in their steps."""
    steps = {funnel: funnel.steps_in(workspace.zone) for funnel in funnels}
    names = names_of_steps(workspace, [step for some in steps.values() for step in some])
    return [FunnelDescription(funnel.pk, funnel.name, steps_sentence(some, names)) for funnel, some in steps.items()]


def campaign_offers(workspace: Workspace) -> list[str]:
    """The newest campaigns and, after each, its variants, as the field of a row takes them. One query."""
    columns = ("pk", "name", "ab_tests__variants__pk", "ab_tests__variants__name")
    rows = Campaign.objects.filter(workspace=workspace).order_by("-pk", "ab_tests__variants__pk").values_list(*columns)
    offers = []
    for campaign_id, name, variant_id, variant in rows[:MOST_OFFERED]:
        offers.append(f"{name} (cmp_{campaign_id})")
        if variant_id is not None:
            offers.append(f"{name} · {variant} (cmp_{campaign_id}/{variant_id})")
    return [*dict.fromkeys(offers)]


@login_required
@require_safe
@understands(*WAYS_OF_STEPS, *COMMANDS, "window", "order", many=(*ROW_FIELDS, *EXCLUSION_FIELDS))
def funnel_steps(request: HttpRequest, slug: str) -> HttpResponse:
    """Leads to the funnel of the steps that the rows of the form say, after the command of the button; what is wrong
    with one is told there."""
    membership = open_membership(request, slug)
    query = request.GET.copy()
    _read_rules(query)
    by_row = dict(_steps_of_rows(request, query, membership))
    commands = {name: values[-1] for name in COMMANDS if (values := query.pop(name, []))}
    steps = _changed_steps(by_row, commands)
    address = f"{reverse('funnel', args=[slug])}?{with_steps(query, steps[:MAX_STEPS])}"
    chosen = by_row.get(_number(commands.get("condition", "")))
    if chosen is None:
        return redirect(address)
    place = [row for row, step in by_row.items()].index(_number(commands["condition"])) + 1
    return redirect(f"{address}&{STEP_PLACE}={place}&{CONDITION_FIELD}=#builder")


def _read_rules(query: QueryDict) -> None:
    """Turns the rules of the form into those of addresses, without what is so anyway. A saved funnel is left for its
    steps, and its rules with it."""
    for name, usual in (("window", NO_WINDOW), ("order", StepOrder.ORDERED.value)):
        said = [text for text in query.pop(name, []) if text.strip() not in ("", usual)]
        if said:
            query.setlist(name, said)
    fields = zip(*(query.pop(name, []) for name in EXCLUSION_FIELDS), strict=False)
    if exclude := [text for each in fields if (text := ExclusionFields(*each).text)]:
        query.setlist("exclude", exclude)


def _steps_of_rows(request: HttpRequest, query: QueryDict, membership: Membership) -> Iterator[tuple[int, Step]]:
    """By the number of the row, 1 the first; its fields are taken out of the query."""
    columns = [query.pop(name, []) for name in ROW_FIELDS]
    for number, values in enumerate(zip(*columns, strict=False), start=1):
        row = dict(zip(ROW_FIELDS, values, strict=True))
        try:
            step = _step_of_row(row, membership)
        except ConditionError as error:
            messages.warning(request, f"The step {row['rowName'][:100]!r} was left out. Allowed: {error}.")
            continue
        if step is not None and number <= MAX_STEPS + 1:
            yield number, step


def _changed_steps(by_row: Mapping[int, Step], commands: Mapping[str, str]) -> list[Step]:
    rows = [*by_row]
    changed = dict(by_row)
    if (row := _number(commands.get("up", ""))) in rows[1:]:
        place = rows.index(row)
        rows[place - 1], rows[place] = rows[place], rows[place - 1]
    if (row := _number(commands.get("remove", ""))) in rows:
        rows.remove(row)
    row, condition = map(_number, f"{commands.get('without', '')}-".split("-")[:2])
    if row in changed:
        left = [one for place, one in enumerate(changed[row].where.conditions, start=1) if place != condition]
        changed[row] = with_where(changed[row], AllOf(tuple(left)))
    return [changed[row] for row in rows]


def _number(text: str) -> int:
    """0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _step_of_row(row: Mapping[str, str], membership: Membership) -> Step | None:
    """None for an empty row. Raises ConditionError."""
    act, name = row["rowAct"], row["rowName"].strip()
    if act == EVENT_ACT and not name:
        return None
    reader = StepReader(ConditionValues(membership.workspace.zone, sees_addresses(membership)))
    if act == SIGNUP_ACT:
        return SignupStep()
    if act == EITHER_ACT:
        return reader.text(name) if name else None
    message = {} if act == EVENT_ACT else {"status": act, **_campaign_of(membership.workspace, name)}
    what = {"did": name} if act == EVENT_ACT else {"message": message}
    try:
        return reader.data({**what, "where": json.loads(row["rowWhere"] or "[]")})
    except (ConditionError, ValueError):
        return reader.data(what)  # conditions are on what was done before the row was changed


def _campaign_of(workspace: Workspace, name: str) -> dict[str, str]:
    """Raises ConditionError for the name of no campaign."""
    if not name:
        return {}
    if found := _WITH_ID.fullmatch(name):
        campaign, _, variant = found[1].partition("/")
        return {"campaign": campaign, **({"variant": variant} if variant else {})}
    keys = Campaign.objects.filter(workspace=workspace).order_by("-pk").values_list("pk", "name")
    key = next((pk for pk, known in keys if folded_text(known) == folded_text(name)), None)
    if key is None:
        raise ConditionError("the name of a campaign, or nothing for any")
    return {"campaign": f"cmp_{key}"}
