"""The filter of people: whoever is behind the number of a funnel or of a source's visitors."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from analytics.addresses import is_concealing
from analytics.api import params
from analytics.api.filters.base import ConditionedListFilter, InstantFilter
from analytics.api.filters.cohorts import (
    MAX_START_LENGTH,
    asked_active,
    asked_cell,
    asked_listed,
    asked_rfm,
    missing_start,
)
from analytics.api.filters.facts import CAMPAIGN_HELP, MEDIUM_HELP, SOURCE_HELP, UTM_PARAMETERS, parameter_text
from analytics.api.filters.following import FollowedFilter
from analytics.api.filters.rfm import score_filter, segment_filter
from analytics.lists.active_people import METRIC_ALLOWED
from analytics.lists.acts import Act
from analytics.lists.conditions import RowConditions
from analytics.lists.experiment_members import (
    CUT_ALLOWED,
    GOALS_ALLOWED,
    MEMBER_STATES,
    OF_GOALS,
    TEST_MEMBER_PARAMETERS,
    MembersOfTest,
    member_state,
)
from analytics.lists.group_parameters import MAX_OTHERS_LENGTH
from analytics.lists.listed_people import LISTED_PARAMETERS
from analytics.lists.names import missing_types
from analytics.lists.people import (
    CHOSEN_BY,
    COHORTS_BY,
    GROUPED_BY,
    OF_CHOICES,
    OF_FUNNELS,
    OF_VISITORS,
    PeopleChoice,
    PeopleList,
)
from analytics.lists.query import MAX_PARAMETER_LENGTH
from analytics.lists.rfm_people import RFM_PARAMETERS
from analytics.lists.sources import UtmSource, comparable_name
from analytics.lists.steps import FUNNEL_STEP, StepNames
from analytics.models import ABTest
from analytics.models.ab_tests import LONGEST_TEST_WINDOW
from analytics.periods import OF_WHOLE_DAYS
from analytics.questions.entrants import MATURE, YOUNG, Entrants, EntrantsReader
from analytics.questions.experiments import read_cap
from analytics.questions.fields import Field, Subject
from analytics.questions.funnel_rules import EXCLUSION_ALLOWED, WINDOW_ALLOWED, FunnelRules, StepOrder
from analytics.questions.groups import Group, breakdown_field
from analytics.questions.ltv import LtvStart
from analytics.questions.retention import STARTS_ALLOWED, CohortClock, ReturnMode
from analytics.questions.step_texts import STEPS_ALLOWED
from analytics.questions.steps import MAX_STEPS, MAX_TYPE_LENGTH, Step
from analytics.reports.activity.lifecycle import LifecycleState
from analytics.reports.emails.fatigue import EmailsBefore
from analytics.reports.emails.list_engagement import LastAct
from analytics.reports.emails.list_growth import ListFlow
from analytics.reports.experiments.goals import read_goal
from analytics.reports.experiments.holdouts import HoldoutState
from analytics.reports.experiments.report import MemberState
from analytics.reports.revenue.rfm import RfmScore
from campaignos.commas import comma_values
from campaignos.errors import ParameterError
from campaignos.filters import (
    Absence,
    ChoicesFilter,
    ListFilter,
    ReferenceFilter,
    Row,
    TextFilter,
    TextOrNothingFilter,
    TextsFilter,
    WholeNumberFilter,
)
from workspaces.models import Workspace

MAX_STEPS_LENGTH = MAX_STEPS * (2 * MAX_TYPE_LENGTH + 3)
"""Characters of a funnel's steps in an address, quoted."""


OF_OTHER_PEOPLE = (
    *("steps", "funnelStep", "funnel", "step", "lostSince", "cohort", "breakdown", "group", "notGroup"),
    *OF_CHOICES,
)
"""What is said of people of funnels and cohorts."""
BESIDE_NO_START = ("utmSource", "steps", "funnelStep", "funnel", "step", "lostSince", "cohort", "did")


class PersonFilter(FollowedFilter, ConditionedListFilter):
    """`utmSource`, `steps`, `cohort` or `did` says what people are asked for, and the days when."""

    utmSource = TextFilter(method="part_of_a_question", help_text=f"Visitors of a source. {SOURCE_HELP}")
    utmMedium = TextOrNothingFilter(method="part_of_a_question", help_text=f"With it: {MEDIUM_HELP.lower()}")
    utmCampaign = TextOrNothingFilter(method="part_of_a_question", help_text=f"With it: {CAMPAIGN_HELP}")
    steps = TextFilter(
        method="part_of_a_question",
        max_length=MAX_STEPS_LENGTH,
        help_text="The steps of a funnel, as its report has them, of which `step` was reached.",
    )
    funnelStep = TextsFilter(
        method="part_of_a_question",
        allowed=f"{STEPS_ALLOWED}; at most {MAX_STEPS} of them",
        help_text="Each step of a funnel instead, as its report has them by `step`.",
    )
    funnel = TextFilter(method="part_of_a_question", help_text="The steps of a saved funnel instead, such as fun_3.")
    step = WholeNumberFilter(method="part_of_a_question", help_text="The place of the step, 1 is the first.")
    lostSince = WholeNumberFilter(
        method="part_of_a_question", help_text="Who reached this earlier step, and not `step`."
    )
    window = TextFilter(method="part_of_a_question", help_text=f"Of a funnel: {WINDOW_ALLOWED}.")
    order = TextFilter(method="part_of_a_question", help_text=f"Of a funnel: {', '.join(StepOrder)}.")
    exclude = TextsFilter(
        method="part_of_a_question", allowed=EXCLUSION_ALLOWED, help_text="Of a funnel: what voids an attempt."
    )
    entrants = TextFilter(
        method="part_of_a_question",
        help_text=f"Of a funnel with a window: {MATURE} or {YOUNG}, whether that is over since they entered.",
    )
    enteredFrom = TextFilter(method="part_of_a_question", help_text="Of a funnel: entered on this day or later.")
    enteredTo = TextFilter(method="part_of_a_question", help_text="The last of these days.")
    tookSince = WholeNumberFilter(
        method="part_of_a_question", help_text="Who took so long for `step` since this earlier one, by its place."
    )
    tookFrom = WholeNumberFilter(method="part_of_a_question", help_text="So many seconds or more.")
    tookBelow = WholeNumberFilter(method="part_of_a_question", help_text="Fewer than so many seconds.")
    cohort = ChoicesFilter(
        method="part_of_a_question",
        choices=[*LtvStart],
        help_text="Those who began on the days: who signed up, or ordered for the first time.",
    )
    breakdown = TextFilter(
        method="part_of_a_question",
        max_length=MAX_PARAMETER_LENGTH,
        help_text="Of a funnel, of retention or of who was active: what it is broken down by; of a cohort `utm.source` "
        "or `utm.campaign` of its people's first touches. Without `group`, those who have no value of it.",
    )
    group = TextOrNothingFilter(
        method="part_of_a_question",
        max_length=MAX_PARAMETER_LENGTH,
        strip=False,
        help_text="With `breakdown`: those in the group of this value.",
    )
    notGroup = TextOrNothingFilter(
        method="part_of_a_question",
        max_length=MAX_OTHERS_LENGTH,
        strip=False,
        help_text="With `breakdown`: those with other values than these, separated by commas.",
    )
    did = ChoicesFilter(
        method="part_of_a_question",
        choices=[act.value for act in Act],
        help_text="Who ordered on the days, did what counts as a conversion, or did anything. One of them.",
    )
    start = TextFilter(
        method="part_of_a_question",
        max_length=MAX_START_LENGTH,
        help_text=f"Those who began a cohort on the days with this: {STARTS_ALLOWED}.",
    )
    unit = ChoicesFilter(
        method="part_of_a_question",
        choices=[unit.value for unit in OF_WHOLE_DAYS],
        help_text="With `inPeriod`: the length of a period; a week unless it is said.",
    )
    clock = ChoicesFilter(
        method="part_of_a_question", choices=[*CohortClock], help_text="The same: when periods begin, `days` at first."
    )
    mode = ChoicesFilter(
        method="part_of_a_question",
        choices=[*ReturnMode],
        help_text="The same: whether who came back later counts as well, `on` at first.",
    )
    inPeriod = WholeNumberFilter(
        method="part_of_a_question",
        help_text="With `start`: those for whom this period since then, 0 the first, has begun.",
    )
    metric = TextFilter(
        method="part_of_a_question",
        max_length=MAX_PARAMETER_LENGTH,
        help_text="With `inPeriod`: who came back in it by this, as the cohorts' report has it.",
    )
    test = ReferenceFilter(
        prefix="ab", method="part_of_a_question", help_text="Those in an A/B test, over its whole life."
    )
    members = ChoicesFilter(
        method="part_of_a_question",
        choices=[*MEMBER_STATES],
        help_text="With `test`: which of them; `mature` are those whose window is over, `reached` of these who reached "
        "the goal, `several` who were given another variant later, `cut` those whose money counts as less. Of a "
        "holdout, with days: `converted` on these since they were assigned, and `sentAnyway`, those held out who were "
        "sent a message on them.",
    )
    arm = WholeNumberFilter(
        method="part_of_a_question", help_text="With `test`: those whose first variant has this number."
    )
    goal = TextFilter(
        method="part_of_a_question",
        max_length=MAX_PARAMETER_LENGTH,
        help_text=f"With `test`: another goal than its own: {GOALS_ALLOWED}.",
    )
    goalDays = WholeNumberFilter(
        method="part_of_a_question", help_text="With `test`: other days after the assignment than its own."
    )
    firstPeople = WholeNumberFilter(
        method="part_of_a_question", help_text="With `test`: of the first so many who came, as a look has them."
    )
    cutAt = TextFilter(
        method="part_of_a_question", help_text=f"With `members=cut`: the quantile at which money is, {CUT_ALLOWED}."
    )
    activity = TextFilter(
        method="part_of_a_question",
        max_length=MAX_PARAMETER_LENGTH,
        help_text=f"Who was active on the days by this: {METRIC_ALLOWED}.",
    )
    activePeriods = WholeNumberFilter(
        method="part_of_a_question", help_text="With `activity`: those in exactly so many of the days, or of `unit`."
    )
    activePeriodsFrom = WholeNumberFilter(
        method="part_of_a_question", help_text="With `activity`: those in so many, or in more."
    )
    state = ChoicesFilter(
        method="part_of_a_question",
        choices=[*LifecycleState],
        help_text="With `activity`: who is in this state of their lifecycle in the last day, or `unit`, of the days.",
    )
    flow = ChoicesFilter(
        method="part_of_a_question",
        choices=[each.value for each in ListFlow],
        help_text="Who is on the list when the days begin (`opening`) or end (`closing`), or came to it or left it in "
        "them. One of them.",
    )
    lastAct = ChoicesFilter(
        method="part_of_a_question",
        choices=[each.value for each in LastAct],
        help_text="Who is on the list at the end of the days, and last opened or clicked so many days before. One of "
        "them.",
    )
    emailsBefore = ChoicesFilter(
        method="part_of_a_question",
        choices=[each.value for each in EmailsBefore],
        help_text="Who got an email on the days after so many others in the 30 days before it, as `fatigue` has them. "
        "One of them.",
    )
    rfm = segment_filter("part_of_a_question")
    rfmBefore = segment_filter("part_of_a_question", is_before=True)
    recency = score_filter("part_of_a_question", RfmScore.RECENCY)
    frequency = score_filter("part_of_a_question", RfmScore.FREQUENCY)
    monetary = score_filter("part_of_a_question", RfmScore.MONETARY)
    occurredFrom = InstantFilter(method="part_of_a_question", help_text="The first of the days.")
    occurredBefore = InstantFilter(method="part_of_a_question", help_text="The day after the last one.")

    @property
    def asked_subjects(self) -> Sequence[Subject]:
        """Of a funnel, also what its first step is of; of visitors, also their sources."""
        if self.form.cleaned_data["utmSource"]:
            return *self.subjects, Subject.EVENTS
        if self._act:
            return self._act.subjects
        if self._cell:
            return self._cell.subjects
        if self.form.cleaned_data["test"]:
            return MembersOfTest(0, self._member_state).subjects
        return (*self.subjects, self.asked_steps[0].subject) if self.asked_steps else self.subjects

    def meeting(self, rows: QuerySet[Any], conditions: RowConditions) -> QuerySet[Any]:
        return conditions.of_people(rows, "number")

    def part_of_a_question(self, rows: QuerySet[Row], name: str, value: Any) -> QuerySet[Row]:
        values = self.form.cleaned_data
        asked = values["utmSource"], self.asked_steps, self.asked_cohort, self._act, self._cell, values["test"]
        if not any(asked):
            allowed = f"something together with utmSource, steps, cohort, {CHOSEN_BY}, did or test"
            raise ParameterError(name, given=self.data.get(name), allowed=allowed)
        return rows

    def filter_queryset(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        rows, people = super().filter_queryset(rows), self.people()
        if people is None:
            return rows
        return rows.filter(number__among=people.numbers(self.workspace, self.conditions, now=self.now).tolist())

    def people(self) -> PeopleList | None:
        """The list that the parameters ask for. Raises ParameterError for parameters that exclude each other."""
        asked = self.form.cleaned_data
        source, steps = asked["utmSource"], self.asked_steps
        if asked["test"]:
            return self._people_of_test(asked["test"])
        for name in TEST_MEMBER_PARAMETERS:
            if asked[name] not in (None, "", []):
                raise ParameterError(name, given=self.data.get(name), allowed="one together with test")
        if source and steps:
            way = self._way_of_steps(self.data)
            raise ParameterError(way, given=self.data.get(way), allowed=f"{way} without utmSource")
        if not steps:
            refuse_without_steps(self)
        if self._act:
            return self._people_of_act(self._act)
        if self._cell:
            return self._people_of_cell(self._cell)
        if self.asked_cohort and (source or steps):
            raise ParameterError("cohort", given=self.data.get("cohort"), allowed="cohort without steps and utmSource")
        if self.asked_cohort:
            return self._people_of_cohort(self.asked_cohort)
        if not source and not steps:
            return None
        window = self.days_between(
            "occurredFrom", "occurredBefore", needed_by="utmSource" if source else self._way_of_steps(self.data)
        )
        if source and self.conditions.parts.conversions.conditions:
            raise ParameterError("where", given=",".join(self.data.getlist("where")), allowed=OF_VISITORS)
        if source:
            medium, campaign = (_text_or_none(asked[name]) for name in UTM_PARAMETERS[1:])
            return PeopleList(window, UtmSource(comparable_name(source), medium and comparable_name(medium), campaign))
        step, lost_since = asked["step"] or len(steps), asked["lostSince"]
        if step > len(steps):
            raise ParameterError("step", given=str(step), allowed=f"a place from 1 to {len(steps)}")
        if lost_since is not None and not 1 <= lost_since < step:
            raise ParameterError("lostSince", given=str(lost_since), allowed="the place of an earlier step")
        facts = steps[0].subject
        group = asked_group(self, GROUPED_BY[facts], lambda key: breakdown_field(key, facts))
        rules = params.funnel_rules(self.data, StepNames(self.workspace, self.sees_addresses), steps)
        entrants = self._entrants(rules, lost_since or step)
        return PeopleList(window, None, steps, step, lost_since, group=group, rules=rules, entrants=entrants)

    def _entrants(self, rules: FunnelRules, step: int) -> Entrants:
        reader = EntrantsReader(self.data.get, self.workspace.zone)
        found = reader.read(step=step, has_window=rules.window is not None)
        for problem in reader.problems:
            raise ParameterError(problem.parameter, given=problem.given, allowed=problem.allowed)
        return found

    @cached_property
    def asked_cohort(self) -> LtvStart | None:
        return asked_cohort(self)

    def _people_of_cohort(self, cohort: LtvStart) -> PeopleList:
        for name in ("step", "lostSince"):
            if self.form.cleaned_data[name] is not None:
                raise ParameterError(name, given=self.data.get(name), allowed="a place together with steps")
        window = self.days_between("occurredFrom", "occurredBefore", needed_by="cohort")
        return PeopleList(window, group=asked_group(self, *COHORTS_BY), cohort=cohort)

    @property
    def _way_of_cell(self) -> str:
        return next(
            (name for name in ("start", *LISTED_PARAMETERS, *RFM_PARAMETERS) if self.data.get(name)), "activity"
        )

    @cached_property
    def _cell(self) -> PeopleChoice | None:
        asked = self.data, self.workspace, self.now
        if listed := asked_listed(*asked) or asked_rfm(*asked):
            return listed
        active = asked_active(*asked, sees_addresses=self.sees_addresses)
        return active or asked_cell(*asked, sees_addresses=self.sees_addresses)

    def _people_of_cell(self, cell: PeopleChoice) -> PeopleList:
        for name in BESIDE_NO_START:
            if self.form.cleaned_data[name] not in (None, "", []):
                raise ParameterError(name, given=self.data.get(name), allowed=f"nothing beside {self._way_of_cell}")
        return PeopleList(self.days_between("occurredFrom", "occurredBefore", needed_by=self._way_of_cell), choice=cell)

    def _people_of_test(self, test_id: int) -> PeopleList:
        """Over its life, so that days mean nothing but for states of holdouts."""
        asked = self.form.cleaned_data
        if not ABTest.objects.filter(workspace=self.workspace, pk=test_id).exists():
            raise ParameterError("test", given=self.data.get("test"), allowed="an A/B test of this workspace")
        state = self._member_state
        is_of_days = MembersOfTest(test_id, state).is_of_days
        excluded = OF_GOALS if is_of_days else ("occurredFrom", "occurredBefore")
        for name in ("utmSource", "did", *excluded, *OF_OTHER_PEOPLE):
            if asked[name] not in (None, "", []):
                raise ParameterError(name, given=self.data.get(name), allowed="nothing beside test")
        if is_of_days:
            window = self.days_between("occurredFrom", "occurredBefore", needed_by="members")
            return PeopleList(window, test=MembersOfTest(test_id, state, asked["arm"]))
        if asked["goal"] and read_goal(asked["goal"]) is None:
            raise ParameterError("goal", given=asked["goal"], allowed=GOALS_ALLOWED)
        days = asked["goalDays"]
        if days is not None and not 1 <= days <= LONGEST_TEST_WINDOW:
            raise ParameterError("goalDays", given=str(days), allowed=f"1 to {LONGEST_TEST_WINDOW}")
        cap = read_cap(asked["cutAt"])
        if cap is None:
            raise ParameterError("cutAt", given=asked["cutAt"], allowed=CUT_ALLOWED)
        return PeopleList(
            test=MembersOfTest(test_id, state, asked["arm"], asked["goal"] or None, days, asked["firstPeople"], cap)
        )

    @property
    def _member_state(self) -> MemberState | HoldoutState:
        asked: Sequence[str] = self.form.cleaned_data["members"]
        if len(asked) > 1:
            raise ParameterError(
                "members", given=self.data.get("members"), allowed=f"one of {', '.join(MEMBER_STATES)}"
            )
        return member_state(asked[0] if asked else None)

    @property
    def _act(self) -> Act | None:
        asked: Sequence[str] = self.form.cleaned_data["did"]
        if len(asked) > 1:
            raise ParameterError("did", given=self.data.get("did"), allowed=f"one of {', '.join(Act)}")
        return Act(asked[0]) if asked else None

    def _people_of_act(self, did: Act) -> PeopleList:
        for name in ("utmSource", *OF_OTHER_PEOPLE):
            if self.form.cleaned_data[name] not in (None, "", []):
                raise ParameterError(name, given=self.data.get(name), allowed="nothing beside did")
        return PeopleList(self.days_between("occurredFrom", "occurredBefore", needed_by="did"), did=did)

    @cached_property
    def asked_steps(self) -> tuple[Step, ...]:
        """None where no funnel is asked for."""
        return self._read_steps(self.data, StepNames(self.workspace, self.sees_addresses))

    @classmethod
    def _read_steps(cls, query: QueryDict, names: StepNames) -> tuple[Step, ...]:
        return params.steps(query, names, FUNNEL_STEP) if query.get(cls._way_of_steps(query)) else ()

    @staticmethod
    def _way_of_steps(query: QueryDict) -> str:
        """By which parameter the steps are said."""
        return next((way for way in (FUNNEL_STEP, "funnel") if query.get(way)), "steps")

    @classmethod
    def check_names(cls, query: QueryDict, workspace: Workspace) -> None:
        cell = asked_cell(query, workspace, timezone.now(), sees_addresses=True)
        if cell and (name := missing_start(cell.start, workspace)) and not is_concealing(name):
            raise ParameterError("start", given=name, allowed="types of events that have come in")
        for name in missing_types(workspace, cls._read_steps(query, StepNames(workspace))):
            if not is_concealing(name):
                allowed = "types of events that have come in"
                raise ParameterError(cls._way_of_steps(query), given=name, allowed=allowed)


def refuse_without_steps(asked: ListFilter) -> None:
    """Raises ParameterError for what means nothing but of a funnel."""
    for name in OF_FUNNELS:
        if asked.data.get(name):
            raise ParameterError(name, given=asked.data.get(name), allowed="one together with the steps of a funnel")


def asked_cohort(asked: ListFilter) -> LtvStart | None:
    """Raises ParameterError for several."""
    starts = asked.form.cleaned_data["cohort"]
    if len(starts) > 1:
        raise ParameterError("cohort", given=asked.data.get("cohort"), allowed=f"one of {', '.join(LtvStart)}")
    return LtvStart(starts[0]) if starts else None


def asked_group(asked: ListFilter, allowed: str, field: Callable[[str], Field | None]) -> Group | None:
    """By what its breakdown is. Raises ParameterError."""
    values = asked.form.cleaned_data
    if not values["breakdown"]:
        for name in ("group", "notGroup"):
            if values[name] not in (None, ""):
                raise ParameterError(name, given=asked.data.get(name), allowed="one together with breakdown")
        return None
    by = field(values["breakdown"])
    if by is None:
        raise ParameterError("breakdown", given=values["breakdown"], allowed=allowed)
    value, others = (_text_if_asked(values[name]) for name in ("group", "notGroup"))
    return Group(by, value, None if others is None else tuple(comma_values(others)))


def _text_if_asked(value: str | Absence | None) -> str | None:
    """Empty where nothing was said behind the name of the parameter."""
    return None if value in (None, "") else parameter_text(value or "")


def _text_or_none(value: str | Absence | None) -> str | None:
    return None if value in (None, "") else parameter_text(value)
