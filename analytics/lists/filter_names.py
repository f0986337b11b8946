"""Whether the things that conditions name exist. A condition on something that does not exist is refused, not answered
with nothing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from analytics.ledger import Ledger
from analytics.lists.names import MADE_OF_PAGES
from analytics.models import Campaign, Contact, Event, SavedSegment, Variant
from analytics.models.fact_filters import EventConditions, may_have
from analytics.questions.errors import QuestionError
from analytics.questions.fields import PROPERTY_PREFIX, Field, FieldKind, Subject
from analytics.questions.filter_texts import filter_query
from analytics.questions.filters import AllOf, Atom, Did, EventAct, Filter, InSegment, Is, MessageAct, atoms
from analytics.questions.steps import EitherStep, MessageStep, Step
from analytics.questions.values import value_at
from campaignos.ids import number_of
from campaignos.texts import folded_text
from workspaces.models import Workspace


def known_filter(workspace: Workspace, condition: AllOf, *, strict: bool) -> tuple[AllOf, tuple[str, ...]]:
    """The conditions of a filter in canonical form whose names exist, and a notice for each of the others.

    With `strict`, raises QuestionError for the first that names something which does not exist. Up to three queries for
    each condition; a property that the ledger has no column of may cost a look at all events.
    """
    names = _Names(workspace)
    kept: list[Filter] = []
    notices = []
    for inner in condition.conditions:
        problem = next(filter(None, map(names.problem, atoms(inner))), None)
        if problem is None:
            kept.append(inner)
            continue
        parameter, text = filter_query(inner)[0]
        error = QuestionError(parameter, text[:200], problem)
        if strict:
            raise error
        notices.append(f"{error} It is left out.")
    return AllOf(tuple(kept)), tuple(notices)


def step_problem(workspace: Workspace, step: Step) -> str | None:
    """What is allowed instead of what a funnel's step names that does not exist, other than its type of events; None
    where all of that exists."""
    if isinstance(step, EitherStep):
        return next(filter(None, (step_problem(workspace, each) for each in step.steps)), None)
    if isinstance(step, MessageStep) and step.variant_id is not None:
        variants = Variant.objects.filter(workspace=workspace, pk=step.variant_id, test__campaign=step.campaign_id)
        if not variants.exists():
            return "a campaign of this workspace, and a variant of it"
    return next(filter(None, map(_Names(workspace).problem, atoms(step.condition))), None)


@dataclass(frozen=True)
class _Names:
    workspace: Workspace

    def problem(self, atom: Atom) -> str | None:
        """What is allowed instead of what an atom names; None where there is that."""
        match atom:
            case InSegment(segment_id):
                return self._problem_of_segment(segment_id)
            case Did(act=EventAct(type=name)):
                return self._problem_of_type(name)
            case Did(act=MessageAct(campaign_id=key)):
                return None if key is None else self._problem_of_keys(FieldKind.CAMPAIGN, {key})
            case Did():
                return None
            case Is(field=Field(key="event"), values=values):
                return next(filter(None, (self._problem_of_type(str(value)) for value in values)), None)
            case Is(field=Field(kind=FieldKind.CAMPAIGN), values=values):
                return self._problem_of_keys(
                    FieldKind.CAMPAIGN, {number_of("cmp", str(value)) or 0 for value in values}
                )
            case Is(field=Field(kind=FieldKind.VARIANT), values=values):
                return self._problem_of_keys(FieldKind.VARIANT, {int(str(value)) for value in values})
        return self._problem_of_path(atom.field)

    def _problem_of_type(self, name: str) -> str | None:
        """None for a type that has come in, or is waited for: a conversion, a page, a screen, and without any event
        every type."""
        awaited = (*MADE_OF_PAGES, *self.workspace.conversion_types)
        if not self._types or folded_text(name) in map(folded_text, (*self._types, *awaited)):
            return None
        return f"the type of an event that has come in, such as {', '.join(islice(self._types, 3))}"

    @cached_property
    def _types(self) -> list[str]:
        return list(EventConditions(self.workspace.pk).types)

    def _problem_of_keys(self, kind: FieldKind, keys: Collection[int]) -> str | None:
        model, name = (Campaign, "campaigns") if kind is FieldKind.CAMPAIGN else (Variant, "variants")
        known = model.objects.filter(workspace=self.workspace, pk__in=keys).count()
        return None if known == len(keys) else f"{name} of this workspace"

    def _problem_of_segment(self, key: int) -> str | None:
        is_there = SavedSegment.objects.filter(workspace=self.workspace, pk=key).exists()
        return None if is_there else "a segment of this workspace"

    def _problem_of_path(self, field: Field) -> str | None:
        if field.path is None:
            return None
        if field.subject is Subject.EVENTS:
            return None if self._is_property(field.path) else "a property that an event has, such as property.plan"
        return None if self._is_attribute(field.path) else "an attribute that a contact has, such as contact.plan"

    def _is_property(self, path: str) -> bool:
        known = Ledger(self.workspace).has_values(f"{PROPERTY_PREFIX}{path}")
        events = Event.objects.filter(workspace_id=self.workspace.pk).order_by()
        if known is not None:
            return known or not events.exists()
        rows = events.filter(may_have(path)).values_list("properties", flat=True)
        return _is_in(rows.iterator(chunk_size=500), path) or not events.exists()

    def _is_attribute(self, path: str) -> bool:
        contacts = Contact.objects.current().filter(workspace=self.workspace).order_by()
        rows = contacts.filter(may_have(path, "attributes")).values_list("attributes", flat=True)
        return _is_in(rows.iterator(chunk_size=500), path) or not contacts.exists()


def _is_in(rows: Iterator[object], path: str) -> bool:
    return any(value_at(row, path) is not None for row in rows)
