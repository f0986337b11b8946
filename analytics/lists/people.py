"""People, known or not: those who reached a step of a funnel or were lost before it, the visitors of a source, those
who began a cohort, did anything or ordered, and whoever meets conditions."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np
from django.db.models import Count, F, Max
from django.db.models import Window as Over
from django.db.models.functions import RowNumber
from numpy.typing import NDArray

from analytics.ingest.people.former_ids import MOST_FORMER_IDS
from analytics.ledger import Ledger
from analytics.lists.active_people import ACTIVE_PARAMETERS, ActivePeople
from analytics.lists.acts import Act
from analytics.lists.cohort_cells import CELL_PARAMETERS, CohortCell
from analytics.lists.conditions import NO_CONDITIONS, ListConditions, RowConditions
from analytics.lists.experiment_members import MembersOfTest
from analytics.lists.group_parameters import group_query, read_group
from analytics.lists.listed_people import LISTED_PARAMETERS, ListedPeople
from analytics.lists.people_columns import (
    COLUMNS_OF_EVENTS,
    COLUMNS_OF_MESSAGES,
    COLUMNS_OF_MONEY,
    OF_PEOPLE,
    are_asked,
)
from analytics.lists.query import ListParameters, Query, days_query, query_of
from analytics.lists.rfm_people import RFM_PARAMETERS, RfmPeople
from analytics.lists.rows import PeopleResults, Results
from analytics.lists.sources import UtmSource
from analytics.lists.steps import FUNNEL_STEP, rules_query, steps_query
from analytics.models import Contact, Event, Identity, IdentityKind, Message, Person
from analytics.periods import Window
from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.entrants import ENTRANTS_PARAMETERS, EVERY_ENTRANT, Entrants, EntrantsReader
from analytics.questions.fields import Field, Subject
from analytics.questions.funnel_rules import PLAIN, RULE_PARAMETERS, FunnelRules, RulesReader
from analytics.questions.groups import Group, breakdown_field
from analytics.questions.ltv import LtvBy, LtvQuestion, LtvStart
from analytics.questions.parts import parts_of
from analytics.questions.questions import FunnelQuestion
from analytics.questions.step_texts import StepReader
from analytics.questions.steps import MAX_STEPS, Step, read_steps
from analytics.reports.attribution.report import visitors
from analytics.reports.funnel.report import people_of_step
from analytics.reports.revenue.ltv import members_of
from analytics.reports.revenue.people_money import MoneyOfPeople, PersonMoney
from workspaces.models import Workspace

GROUPED_BY = {
    Subject.EVENTS: "a field of people or of events, such as contact.plan or utm.source",
    Subject.MESSAGES: "a field of people or of messages, such as contact.plan or campaign",
    Subject.PEOPLE: "a field of people, such as contact.plan",
}
"""What people of a funnel can be taken together by, by what its first step is of."""
OF_FUNNELS = (*RULE_PARAMETERS, *ENTRANTS_PARAMETERS)
"""Parameters that mean nothing but of a funnel."""
PeopleChoice = CohortCell | ActivePeople | ListedPeople | RfmPeople
OF_CHOICES = (*CELL_PARAMETERS, "metric", *ACTIVE_PARAMETERS, *LISTED_PARAMETERS, *RFM_PARAMETERS)
"""Parameters that mean nothing but of a cohort of retention, of who was active, of the list that is written to, or of
buyers."""


CHOSEN_BY = "start, activity, flow, lastAct, emailsBefore, rfm"
OF_VISITORS = "conditions on people and on sources, where visitors of a source are asked for"


MoneyReader = Callable[[Workspace], MoneyOfPeople]


def money_reader() -> MoneyReader:
    """Reads what is told of money once, for all pages of a list that is written to a file."""
    return lru_cache(maxsize=1)(lambda workspace: MoneyOfPeople.of(Ledger(workspace)))


@dataclass(frozen=True)
class PersonRow:
    """Somebody: a contact, or with None a person known by devices alone. What was not asked for has not been counted.

    `messages` are all that were sent to them, `opened` and `clicked` those in which they did so themselves.
    """

    number: int
    contact: Contact | None
    devices: tuple[str, ...] = ()
    last_event_at: datetime | None = None
    events: int = 0
    messages: int = 0
    opened: int = 0
    clicked: int = 0
    bought: PersonMoney | None = None
    joined_to: int | None = None
    changed_at: datetime | None = None

    @property
    def api_id(self) -> str:
        return f"per_{self.number}"


@dataclass(frozen=True)
class PeopleList:
    """Visitors of the `source` or, without one, people of the funnel of `steps`, or those who began a `cohort` on the
    days or `did` something on them, or those of a `choice`; without any of these everybody, of no days.

    `step` counts from 1; with `lost_since` it is those who reached that earlier step, but not this one. Conditions on
    facts are those on what the first step is of. With `group`, those of a funnel or cohort who are in it; with
    `entrants`, some of those of a funnel.
    """

    name: ClassVar[str] = "people"

    window: Window | None = None
    source: UtmSource | None = None
    steps: tuple[Step, ...] = ()
    step: int = 1
    lost_since: int | None = None
    conditions: ListConditions = NO_CONDITIONS
    group: Group | None = None
    cohort: LtvStart | None = None
    did: Act | None = None
    choice: PeopleChoice | None = None
    test: MembersOfTest | None = None
    rules: FunnelRules = PLAIN
    entrants: Entrants = EVERY_ENTRANT

    @classmethod
    def read(cls, parameters: ListParameters) -> "PeopleList | None":
        """None where no source, funnel, cohort or act is named, nor a condition, or no days for the first four."""
        if test := MembersOfTest.read(parameters):
            return cls._of_test(parameters, test)
        window, source = parameters.window(), UtmSource.read(parameters)
        steps, step = read_funnel_steps(parameters), parameters.number("step") or 1
        if steps and step > len(steps):
            parameters.refuse("step", "the place of a step")
            steps = ()
        lost_since = parameters.number("lostSince")
        if lost_since is not None and not 1 <= lost_since < step:
            parameters.refuse("lostSince", "the place of an earlier step")
            lost_since = None
        did = parameters.choice("did", list(Act))
        if source is None and not steps:
            return cls._of_others(parameters, window, did)
        for name in ("cohort", "did", *OF_CHOICES):
            if parameters.value(name):
                parameters.refuse(name, "nothing beside steps or a source")
        conditions = ListConditions.read(parameters, Subject.PEOPLE, steps[0].subject if steps else Subject.EVENTS)
        if source is not None and (others := parts_of(conditions.meant).conversions.conditions):
            parameters.refuse("where", OF_VISITORS)
            conditions = conditions.without(others)
        if window is None:
            return None
        if source is not None:
            parameters.refuse_without("steps", *OF_FUNNELS)
            return cls(window, source, conditions=conditions)
        facts = steps[0].subject
        group = read_group(parameters, GROUPED_BY[facts], lambda key: breakdown_field(key, facts))
        rules = read_funnel_rules(parameters, steps)
        entrants = read_entrants(parameters, rules, step, lost_since)
        return cls(window, None, steps, step, lost_since, conditions, group, rules=rules, entrants=entrants)

    @classmethod
    def _of_others(cls, parameters: ListParameters, window: Window | None, did: str | None) -> "PeopleList | None":
        """Neither of a source nor of a funnel."""
        of_activity = CohortCell.read(parameters) or ActivePeople.read(parameters)
        if choice := of_activity or ListedPeople.read(parameters) or RfmPeople.read(parameters):
            return cls._of_choice(parameters, window, choice)
        parameters.refuse_without("start or activity", "unit", "metric")
        cohort = parameters.choice("cohort", list(LtvStart))
        if cohort and did:
            parameters.refuse("did", "one without a cohort")
        if cohort:
            return cls._of_cohort(parameters, LtvStart(cohort))
        return cls._of_act(parameters, window, Act(did)) if did else cls._of_conditions(parameters)

    @classmethod
    def _of_test(cls, parameters: ListParameters, test: MembersOfTest) -> "PeopleList | None":
        window = parameters.window() if test.is_of_days else None
        if test.is_of_days and window is None:
            return None
        return cls(window, conditions=ListConditions.read(parameters, *test.subjects), test=test)

    @classmethod
    def _of_cohort(cls, parameters: ListParameters, cohort: LtvStart) -> "PeopleList | None":
        parameters.refuse_without("steps", "step", "lostSince", *OF_FUNNELS)
        window = parameters.window()
        if window is None:
            return None
        group, conditions = read_group(parameters, *COHORTS_BY), ListConditions.read(parameters, Subject.PEOPLE)
        return cls(window, conditions=conditions, group=group, cohort=cohort)

    @classmethod
    def _of_act(cls, parameters: ListParameters, window: Window | None, did: Act) -> "PeopleList | None":
        parameters.refuse_without("steps", *OF_FUNNELS)
        conditions = ListConditions.read(parameters, *did.subjects)
        return None if window is None else cls(window, conditions=conditions, did=did)

    @classmethod
    def _of_choice(cls, parameters: ListParameters, window: Window | None, choice: PeopleChoice) -> "PeopleList | None":
        for name in ("cohort", "did"):
            if parameters.value(name):
                parameters.refuse(name, f"nothing beside {CHOSEN_BY}")
        parameters.refuse_without("steps", *OF_FUNNELS)
        conditions = ListConditions.read(parameters, *choice.subjects)
        return None if window is None else cls(window, conditions=conditions, choice=choice)

    @classmethod
    def _of_conditions(cls, parameters: ListParameters) -> "PeopleList | None":
        conditions = ListConditions.read(parameters, Subject.PEOPLE)
        if conditions == NO_CONDITIONS:
            return None
        parameters.refuse_without("steps or a source", "from", "to", "step", "lostSince", *OF_FUNNELS)
        return cls(conditions=conditions)

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """What may name campaigns and variants: the steps of a funnel, or what a cohort began with."""
        start = self.choice.start.act if isinstance(self.choice, CohortCell) else None
        return self.steps if start is None else (start,)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The group that they are in, where one is meant."""
        of_choice = None if isinstance(self.choice, ListedPeople | RfmPeople | None) else self.choice.group
        group = self.group or of_choice
        return (group,) if group else ()

    @property
    def query(self) -> Query:
        if self.test is not None:
            return {**days_query(self.window), **self.test.query, **self.conditions.query}
        if self.window is None:
            return self.conditions.query
        if self.source is not None:
            return {**days_query(self.window), **self.source.query, **self.conditions.query}
        if self.cohort is not None:
            of_cohort = {**query_of(cohort=self.cohort), **group_query(self.group)}
            return {**days_query(self.window), **of_cohort, **self.conditions.query}
        if self.did is not None:
            return {**days_query(self.window), **query_of(did=self.did), **self.conditions.query}
        if self.choice is not None:
            return {**days_query(self.window), **self.choice.query, **self.conditions.query}
        return {
            **days_query(self.window),
            **steps_query(self.steps),
            **query_of(step=self.step, lostSince=self.lost_since),
            **rules_query(self.rules),
            **self.entrants.query,
            **group_query(self.group),
            **self.conditions.query,
        }

    def find(self, workspace: Workspace, *, now: datetime) -> Results[PersonRow]:
        """Who was first seen last comes first, by their numbers alone. One or two queries."""
        found = self.numbers(workspace, self.conditions.rows(workspace, self.window, now), now=now)
        return PeopleResults(found, lambda numbers: [PersonRow(number, None) for number in numbers])

    def full_rows(
        self, workspace: Workspace, people: Sequence[PersonRow], columns: Collection[str] = OF_PEOPLE
    ) -> list[PersonRow]:
        """The queries of `people_rows`."""
        return people_rows(workspace, [person.number for person in people], columns, self._money)

    @cached_property
    def _money(self) -> MoneyReader:
        return money_reader()

    def numbers(
        self, workspace: Workspace, conditions: RowConditions, *, now: datetime
    ) -> NDArray[np.signedinteger[Any]]:
        """Of those who meet the conditions, ascending. Up to two queries, and those of the conditions."""
        if self.test is not None:
            return self.test.people(Ledger(workspace), now, conditions.part, self.window)
        if self.window is None:
            return conditions.people.astype(np.int32)
        if self.source is not None:
            triples, meant = self.source.triple_ids(workspace), conditions.triples()
            utm_ids = [pk for pk in triples if meant is None or pk in meant]
            return conditions.among(visitors(Ledger(workspace), self.window, utm_ids))
        if self.cohort is not None:
            asked = LtvQuestion(window=self.window, now=now, start=self.cohort, part=conditions.part)
            return members_of(Ledger(workspace), asked, self.group)
        if self.did is not None:
            return self.did.people(Ledger(workspace), self.window, conditions.part)
        if self.choice is not None:
            return self.choice.people(Ledger(workspace), self.window, conditions.part, now)
        question = FunnelQuestion(window=self.window, now=now, steps=self.steps, part=conditions.part, rules=self.rules)
        return people_of_step(
            Ledger(workspace),
            question,
            self.step,
            lost_since=self.lost_since,
            group=self.group,
            entrants=self.entrants,
        )


def read_funnel_steps(parameters: ListParameters) -> tuple[Step, ...]:
    """Those of a list's address. None where one of them cannot be read, for the place of each counts."""
    text, texts = parameters.value("steps"), parameters.several(FUNNEL_STEP)
    if text and texts:
        parameters.refuse(FUNNEL_STEP, "steps or funnelStep, not both")
    reader = StepReader(ConditionValues(parameters.zone, parameters.sees_addresses))
    try:
        if len(texts) > MAX_STEPS:
            raise ConditionError(f"1 to {MAX_STEPS} steps")
        return read_steps(text) if text else tuple(map(reader.text, texts))
    except ConditionError as error:
        parameters.refuse(FUNNEL_STEP, str(error))
    except ValueError:
        parameters.refuse("steps", f"1 to {MAX_STEPS} event types")
    return ()


def read_funnel_rules(parameters: ListParameters, steps: Sequence[Step]) -> FunnelRules:
    """Those of a list's address; what is not understood is left out, with a notice."""
    values = ConditionValues(parameters.zone, parameters.sees_addresses)
    reader = RulesReader(steps, StepReader(values).text)
    rules = reader.read({name: parameters.several(name) for name in RULE_PARAMETERS})
    parameters.notices += [f"{problem} It is left out." for problem in reader.problems]
    return rules


def read_entrants(parameters: ListParameters, rules: FunnelRules, step: int, lost_since: int | None) -> Entrants:
    reader = EntrantsReader(parameters.value, parameters.zone)
    entrants = reader.read(step=lost_since or step, has_window=rules.window is not None)
    parameters.notices += [f"{problem} It is left out." for problem in reader.problems]
    return entrants


def cohort_field(key: str) -> Field | None:
    """What people of a cohort can be taken together by, of that name."""
    return next((by.field for by in LtvBy if by.field and by.field.key == key), None)


COHORTS_BY = ("utm.source or utm.campaign, of first touches", cohort_field)


def people_rows(
    workspace: Workspace,
    numbers: list[int],
    columns: Collection[str] = OF_PEOPLE,
    money: MoneyReader | None = None,
) -> list[PersonRow]:
    """Returns who stands behind the numbers, which are of people joined to nobody, in their order, with what the
    columns tell of them. Two queries, and one each for devices and events, two for messages, up to three for money."""
    contacts = {
        contact.person_number: contact
        for contact in Contact.objects.current().filter(workspace=workspace, person_number__in=numbers)
    }
    root_of = roots(workspace, numbers)
    devices = _devices(workspace, root_of) if "devices" in columns else {}
    events = _events(workspace, root_of) if are_asked(columns, COLUMNS_OF_EVENTS) else {}
    messages = _messages(workspace, contacts.values()) if are_asked(columns, COLUMNS_OF_MESSAGES) else {}
    bought = (money or money_reader())(workspace).people(numbers) if are_asked(columns, COLUMNS_OF_MONEY) else {}
    return [
        PersonRow(
            number,
            contacts.get(number),
            tuple(sorted(devices.get(number, ()))),
            max((at for at, _ in events.get(number, ())), default=None),
            sum(n for _, n in events.get(number, ())),
            *_sums_of_messages(messages.get(number, ())),
            bought.get(number),
        )
        for number in numbers
    ]


def _sums_of_messages(parts: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    sent, opened, clicked = map(sum, zip((0, 0, 0), *parts, strict=True))
    return sent, opened, clicked


def _devices(workspace: Workspace, root_of: Mapping[int, int]) -> Mapping[int, list[str]]:
    rows = Identity.objects.filter(
        workspace_id=workspace.pk, person_number__in=root_of, kind=IdentityKind.ANONYMOUS
    ).values_list("person_number", "value")
    return _by_root(root_of, rows)


def _events(workspace: Workspace, root_of: Mapping[int, int]) -> Mapping[int, list[tuple[datetime, int]]]:
    """The last instant and the number of events, of each number of a person."""
    events = Event.objects.filter(workspace_id=workspace.pk, person_number__in=root_of).order_by()
    totals = events.values_list("person_number").annotate(latest=Max("occurred_at"), n=Count("pk"))
    return _by_root(root_of, ((number, (latest, n)) for number, latest, n in totals))


def _messages(workspace: Workspace, contacts: Iterable[Contact]) -> Mapping[int, list[tuple[int, int, int]]]:
    """How many messages, opened and clicked ones there are, of a contact and of those that were merged into it."""
    root_of = {contact.pk: contact.person_number for contact in contacts}
    merged = Contact.objects.filter(workspace=workspace, merged_into__in=[*root_of])
    root_of |= {gone: root_of[kept] for gone, kept in merged.values_list("pk", "merged_into") if kept is not None}
    messages = Message.objects.filter(workspace_id=workspace.pk, contact__in=[*root_of]).order_by()
    totals = messages.values_list("contact").annotate(
        n=Count("pk"), opened=Count("human_opened_at"), clicked=Count("human_clicked_at")
    )
    return _by_root(root_of, ((contact, numbers) for contact, *numbers in totals))


def former_ids(workspace: Workspace, contacts: Sequence[Contact]) -> dict[int, list[str]]:
    """Returns other ids that lead to a contact, by the keys of contacts that are merged into nobody.

    The ids are in order, and at most MOST_FORMER_IDS for each. Two queries.
    """
    root_of = roots(workspace, [contact.person_number for contact in contacts])
    kinds = (IdentityKind.EXTERNAL, IdentityKind.PREVIOUS)
    place = Over(RowNumber(), partition_by=F("person_number"), order_by="value")
    identities = Identity.objects.filter(workspace_id=workspace.pk, person_number__in=root_of, kind__in=kinds)
    identities = identities.annotate(place=place).filter(place__lte=2 * MOST_FORMER_IDS)
    ids = _by_root(root_of, identities.values_list("person_number", "value"))
    return {
        contact.pk: sorted({*ids[contact.person_number]} - {contact.external_id})[:MOST_FORMER_IDS]
        for contact in contacts
    }


def devices_of(workspace: Workspace, numbers: Collection[int]) -> dict[int, str]:
    """Returns a device of each person, by the numbers that facts carry, without people who have none.

    At most two queries.
    """
    if not numbers:
        return {}
    known = roots_by_number(workspace, numbers)
    identities = Identity.objects.filter(
        workspace_id=workspace.pk, person_number__in={*numbers, *known.values()}, kind=IdentityKind.ANONYMOUS
    )
    of_number = dict(sorted(identities.values_list("person_number", "value"), reverse=True))
    devices = {number: of_number.get(number) or of_number.get(known[number]) for number in numbers}
    return {number: device for number, device in devices.items() if device is not None}


def roots(workspace: Workspace, numbers: Collection[int]) -> dict[int, int]:
    """By each number of the people, the one they are known by. One query."""
    joined = Person.objects.filter(workspace_id=workspace.pk, joined_to__in=numbers).values_list("number", "joined_to")
    known = {number: number for number in numbers}
    return known | {number: root for number, root in joined if root is not None}


def roots_by_number(workspace: Workspace, numbers: Collection[int]) -> dict[int, int]:
    """By numbers as facts carry them, those that their people are known by. One query."""
    joined = Person.objects.filter(workspace_id=workspace.pk, number__in=numbers, joined_to__isnull=False)
    known = {number: number for number in numbers}
    return known | {number: root for number, root in joined.values_list("number", "joined_to") if root is not None}


def _by_root(root_of: Mapping[int, int], rows: Any) -> Mapping[int, list[Any]]:
    values: dict[int, list[Any]] = defaultdict(list)
    for number, value in rows:
        values[root_of[number]].append(value)
    return values
