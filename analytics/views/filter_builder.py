"""Building a condition for a page: its field, then a value or an operator, step by step, all in the address."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from analytics.addresses import is_concealing
from analytics.api.condition_names import condition_names
from analytics.lists.choices import NEWEST_CONTACTS, ConditionChoices
from analytics.models import SavedSegment
from analytics.periods import Window
from analytics.presentation.conditions import field_label
from analytics.presentation.formats import with_capital
from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.fields import Field, FieldKind, Subject, field_of
from analytics.questions.filter_texts import filter_query
from analytics.questions.filters import Filter, InSegment, Is, Not, Operator, all_of
from analytics.questions.groups import MOST_SEGMENTS, SEGMENTS_PREFIX, can_be_broken_down_by
from analytics.questions.steps import EventStep, Step
from analytics.views.chosen_steps import CONDITION_FIELD, STEP_PLACE, step_names, with_step_condition
from analytics.views.disclosure import sees_addresses
from analytics.views.page import Page, open_membership
from campaignos.page_parameters import JUDGED, understands
from campaignos.texts import CodePoints
from workspaces.views.page import own_address

SPLIT_BY = "breakdown"
FIELD = CONDITION_FIELD
SEGMENTS_OFFERED = 30
SUBJECTS = {
    Subject.EVENTS: "Events",
    Subject.MESSAGES: "Messages",
    Subject.PEOPLE: "People",
}
SAYS_OF_ALL = {":": "is", "!:": "is not"}
SAYS_OF_VALUES = {":*": "is set", "!:*": "is not set"}
SAYS_OF_TEXTS = {"~": "contains", "!~": "does not contain"}
SAYS_OF_NUMBERS = {">": "is more than", ">=": "is at least", "<": "is less than", "<=": "is at most"}
SAYS_OF_DAYS = {">": "is after", ">=": "is on or after", "<": "is before", "<=": "is on or before"}


@dataclass(frozen=True)
class Offer:
    """What can be chosen, and the address with it; `count` is how many have the value. `splits` is the address of the
    page broken down by a field, empty where it cannot be; `title` is what people say of it."""

    label: str
    address: str
    count: int | None = None
    splits: str = ""
    title: str = ""


@dataclass(frozen=True)
class FilterBuilder:
    """On the subjects; values are those of the window's days. Where it `splits`, the page can be broken down by fields
    and segments. With a `step`, conditions are that step's of a funnel."""

    page: Page
    subjects: Collection[Subject]
    window: Window
    splits: bool = False
    step: Step | None = None
    step_place: int = 0

    @property
    def field(self) -> Field | None:
        """That is chosen."""
        found = field_of(self.page.request.GET.get(FIELD, ""))
        return found if found and found.subject in self.subjects else None

    @cached_property
    def _choices(self) -> ConditionChoices:
        event_type = self.step.event_type if isinstance(self.step, EventStep) else None
        return ConditionChoices(self.page.workspace, self.window, event_type)

    @property
    def description(self) -> str:
        """What people say of the chosen field."""
        return self._description(self.field) if self.field else ""

    def _description(self, field: Field) -> str:
        return self.page.audience.text(self._choices.descriptions.get(field.key, ""))

    @property
    def note(self) -> str:
        """What is left out of the attributes that are offered, or of the counts of one's values; to be asked after
        them."""
        is_of_attributes = self.field.kind is FieldKind.SCALAR if self.field else True
        subjects = [self.field.subject] if self.field else self.subjects
        if is_of_attributes and Subject.PEOPLE in subjects and self._choices.leaves_out_contacts:
            what = "Counted are" if self.field else "Attributes are those of"
            return f"{what} the {NEWEST_CONTACTS:,} newest contacts."
        return ""

    @property
    def field_label(self) -> str:
        return with_capital(field_label(self.field)) if self.field else ""

    @property
    def groups(self) -> list[tuple[str, list[Offer]]]:
        """The fields, by what has them."""
        fields = self._choices.fields(self.subjects)
        groups = [(SUBJECTS[subject], [*map(self._offer, group)]) for subject, group in fields.items()]
        segments = [*map(self._segment_offer, self._segments)] if Subject.PEOPLE in self.subjects else []
        return [*groups, ("Segments", segments)] if segments else groups

    @property
    def _segments(self) -> QuerySet[SavedSegment]:
        return SavedSegment.objects.filter(workspace=self.page.workspace).order_by(CodePoints("name"))[
            :SEGMENTS_OFFERED
        ]

    def _segment_offer(self, segment: SavedSegment) -> Offer:
        splits = self._beside_segments(segment.api_id) if self.splits else ""
        return Offer(self.page.audience.text(segment.name), self._with_condition(InSegment(segment.pk)), splits=splits)

    def _beside_segments(self, api_id: str) -> str:
        """The address with the segment beside those that the page compares; empty for one of them, and for too many."""
        given = self.page.request.GET.get(SPLIT_BY, "")
        beside = given.removeprefix(SEGMENTS_PREFIX).split(",") if given.startswith(SEGMENTS_PREFIX) else []
        if api_id in beside or len(beside) >= MOST_SEGMENTS:
            return ""
        return self.page.same(SPLIT_BY, "limit", **{SPLIT_BY: f"{SEGMENTS_PREFIX}{','.join([*beside, api_id])}"})

    def _offer(self, field: Field) -> Offer:
        splits = self.page.same(SPLIT_BY, **{SPLIT_BY: field.key}) if self._can_split(field) else ""
        label, title = with_capital(field_label(field)), self._description(field)
        return Offer(label, self._with_field(field.key), splits=splits, title=title)

    def _can_split(self, field: Field) -> bool:
        return self.splits and can_be_broken_down_by(field, self.subjects)

    @property
    def values(self) -> list[Offer]:
        """Those of the chosen field that most have, and the address of the page with each as a condition."""
        if self.field is None:
            return []
        choices = self._choices.values(self.field)
        shown = [one for one in choices if self.page.audience.sees_addresses or not is_concealing(one.value)]
        conditions = [Is(self.field, (one.value,)) for one in shown]
        names = condition_names(self.page.workspace, all_of(*conditions))
        return [
            Offer(names.value(self.field, one.value), self._with_condition(condition), one.count)
            for one, condition in zip(shown, conditions, strict=True)
        ]

    @property
    def operators(self) -> dict[str, str]:
        """What can be said of the chosen field, by the value of the form."""
        kind = self.field.kind if self.field else FieldKind.FLAG
        of_values = {} if kind is FieldKind.FLAG else SAYS_OF_VALUES
        of_texts = SAYS_OF_TEXTS if kind in (FieldKind.TEXT, FieldKind.SCALAR) else {}
        compared = {FieldKind.DAY: SAYS_OF_DAYS, FieldKind.SCALAR: SAYS_OF_NUMBERS}.get(kind, {})
        return {**SAYS_OF_ALL, **of_values, **of_texts, **compared}

    @property
    def input_type(self) -> str:
        return "date" if self.field and self.field.kind is FieldKind.DAY else "text"

    @property
    def without_builder(self) -> str:
        """The address without what is being built."""
        return self.page.same(FIELD, STEP_PLACE)

    @property
    def all_fields(self) -> str:
        return self._with_field("")

    def _with_field(self, key: str) -> str:
        return self.page.same(FIELD, "page", **{FIELD: key})

    def _with_condition(self, condition: Filter) -> str:
        query = self.page.request.GET.copy()
        if self.step is None:
            return f"{self.page.request.path}?{with_condition(query, condition)}"
        return f"{self.page.request.path}?{with_step_condition(query, step_names(self.page.membership), condition)}"


def builder_of(
    page: Page,
    subjects: Collection[Subject],
    window: Window,
    *,
    splits: bool = False,
    steps: Sequence[Step] = (),
) -> FilterBuilder | None:
    """Where a condition is being built, also one of a step of a funnel; None where none is."""
    if FIELD not in page.request.GET:
        if place := page.request.GET.get(STEP_PLACE):
            page.notices.append(f"{STEP_PLACE} cannot be {place[:100]!r}; allowed: one together with {FIELD}.")
        return None
    builder, given = FilterBuilder(page, subjects, window, splits), page.request.GET[FIELD]
    if place := page.request.GET.get(STEP_PLACE):
        if not place.isascii() or not place.isdecimal() or not 1 <= int(place) <= len(steps):
            page.notices.append(f"{STEP_PLACE} cannot be {place[:100]!r}; allowed: the place of a step.")
            return None
        step = steps[int(place) - 1]
        builder = FilterBuilder(page, (step.subject,), window, step=step, step_place=int(place))
    if given and builder.field is None:
        page.notices.append(f"{FIELD} cannot be {given[:100]!r}; allowed: a field of the list. It is left out.")
    return builder


def with_condition(query: QueryDict, condition: Filter) -> str:
    """The parameters of an address with one condition more, from its first rows on."""
    for name in (FIELD, "after", "page", "format"):
        query.pop(name, None)
    for name, text in filter_query(condition):
        if text not in query.getlist(name):
            query.appendlist(name, text)
    return query.urlencode()


@login_required
@require_safe
@understands("filterPath", "filterOperator", "filterValue", FIELD, STEP_PLACE, where=JUDGED)
def add_filter(request: HttpRequest, slug: str) -> HttpResponse:
    """Leads back to the page that it was built on, with the condition; what is wrong with it is told there."""
    membership = open_membership(request, slug)
    query = request.GET.copy()
    asked = {name: query.pop(name, [""])[-1] for name in ("filterPath", "filterOperator", "filterValue", FIELD)}
    path = own_address(request, asked["filterPath"].partition("?")[0], default=f"/w/{slug}/")
    try:
        values = ConditionValues(membership.workspace.zone, sees_addresses(membership))
        condition = _condition(asked[FIELD], asked["filterOperator"], asked["filterValue"].strip(), values)
        if STEP_PLACE in query:
            return redirect(f"{path}?{with_step_condition(query, step_names(membership), condition)}")
    except ConditionError as error:
        messages.warning(request, f"The filter was not added. Allowed: {error}.")
        query[FIELD] = asked[FIELD]
        return redirect(f"{path}?{query.urlencode()}")
    return redirect(f"{path}?{with_condition(query, condition)}")


def _condition(key: str, operator: str, value: str, values: ConditionValues) -> Filter:
    """Raises ConditionError."""
    field = field_of(key)
    if field is None:
        raise ConditionError("a field of the list")
    if not value and not operator.endswith("*"):
        raise ConditionError("a value")
    condition = _positive(field, operator.removeprefix("!"), value, values)
    return Not(condition) if operator.startswith("!") else condition


def _positive(field: Field, operator: str, value: str, values: ConditionValues) -> Filter:
    match operator:
        case ":*":
            return values.is_set(field)
        case ":":
            return values.is_one_of(field, [value])
        case "~":
            return values.contains(field, [value])
        case _ if operator in list(Operator):
            return values.compares(field, Operator(operator), value)
    raise ConditionError("what the list offers")
