"""Saved funnels over the API."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.funnels import change_funnel, delete_funnel, save_funnel
from analytics.lists.steps import StepNames
from analytics.models import SavedFunnel
from analytics.models.funnels import steps_of_data
from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.funnel_rules import (
    DEFAULT_WINDOW,
    EXCLUSION_ALLOWED,
    MAX_EXCLUSIONS,
    NO_WINDOW,
    WINDOW_ALLOWED,
    StepOrder,
)
from analytics.questions.ranges import DEFAULT_RANGE, RANGES
from analytics.questions.step_texts import StepReader, step_data
from analytics.questions.steps import MAX_STEPS, MAX_TYPE_LENGTH, STEP_STATUSES, Step
from campaignos.conditional import answer, check_precondition
from campaignos.filters import ListFilter, TextFilter
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from workspaces.access import caller
from workspaces.models import Workspace
from workspaces.resources import CURATED, ResourceViewSet

_NAME_OF_EVENT = {"type": "string", "minLength": 1, "maxLength": MAX_TYPE_LENGTH, "pattern": r"\S"}
_WHERE = {"type": "array", "items": {}, "description": "Conditions, as `filter` has them: all of them hold."}
_MESSAGE = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"type": "string", "enum": [*STEP_STATUSES]},
        "campaign": {"type": "string", "description": "Such as cmp_2; of any without it."},
        "variant": {"type": "string", "description": "The number of a variant of that campaign."},
    },
}
_STEP = {
    "oneOf": [
        _NAME_OF_EVENT,
        {"type": "object", "required": ["did"], "properties": {"did": _NAME_OF_EVENT, "where": _WHERE}},
        {"type": "object", "required": ["message"], "properties": {"message": _MESSAGE, "where": _WHERE}},
    ]
}


@extend_schema_field({"type": ["string", "null"]})
class RuleField(serializers.Field[Any, Any, Any, Any]):
    """One of a funnel's rules; `usual` is what it is where nothing was said."""

    def __init__(self, usual: str | None, **options: Any) -> None:
        super().__init__(source="rules", read_only=True, **options)
        self.usual = usual

    def to_representation(self, value: Mapping[str, Any]) -> Any:
        return value.get(self.field_name or "", self.usual)


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class ExclusionsField(serializers.Field[Any, Any, Any, Any]):
    def __init__(self, **options: Any) -> None:
        super().__init__(source="rules", read_only=True, **options)

    def to_representation(self, value: Mapping[str, Any]) -> Any:
        return value.get("exclude", [])


def _rules(
    names: StepNames, steps: Sequence[Step], said: Mapping[str, Any], saved: SavedFunnel | None
) -> Mapping[str, Any]:
    """The rules as they are stored: those said, otherwise those of the saved funnel. Raises ValidationError."""
    stated = {"window": said.get("window", "") or NO_WINDOW} if "window" in said else {}
    stated |= {name: said[name] for name in ("order", "exclude") if name in said}
    whole = {**(saved.rules if saved else {}), **stated}
    values = {name: (value,) if isinstance(value, str) else value for name, value in whole.items()}
    rules, problems = names.rules(values, steps)
    if problems:
        by_field = {problem.parameter: [str(problem)] for problem in reversed(problems)}
        raise serializers.ValidationError(by_field)
    return rules.query


@extend_schema_field(_STEP)
class SavedStepField(serializers.Field[Any, Any, Any, Any]):
    """A step that everybody in a workspace sees: it names no address."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            step = StepReader(ConditionValues(ZoneInfo("UTC"), sees_addresses=False)).data(data)
        except ConditionError as error:
            raise serializers.ValidationError(f"A step is no such; allowed: {error}.") from None
        return step_data(step)

    def to_representation(self, value: Any) -> Any:
        return value


STEPS_HELP = (
    "In order: the name of an event type, or an object with what was `did`, or with the `message` and its status; "
    "`where` has conditions of its own."
)


class FunnelRecord(serializers.Serializer[SavedFunnel]):
    id = serializers.CharField(source="api_id", help_text="Such as fun_1.")
    name = serializers.CharField(help_text="Unique in the workspace.")
    steps = serializers.ListField(child=SavedStepField(), help_text=STEPS_HELP)
    window = RuleField(
        None, help_text="How long after the first step the others may come, such as 14d; null for no end."
    )
    order = RuleField(StepOrder.ORDERED.value, help_text="`ordered`, `strict` or `any`.")
    exclude = ExclusionsField(help_text="What voids an attempt, such as refund@1-2.")
    range = serializers.CharField(help_text="The days it is opened with, such as 30d.")
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.CharField(
        source="created_by.email",
        default=None,
        allow_null=True,
        help_text="The email of who saved it; null for a key.",
    )


_RULES = ("window", "order", "exclude")


class FunnelItem(StrictSerializer):
    name = serializers.CharField(
        max_length=200, help_text="A name that no other funnel of the workspace has.", validators=[one_line]
    )
    steps = serializers.ListField(
        child=SavedStepField(),
        min_length=1,
        max_length=MAX_STEPS,
        help_text=STEPS_HELP,
    )
    window = serializers.CharField(
        allow_null=True, default=DEFAULT_WINDOW, help_text=f"{WINDOW_ALLOWED}; null is the same as that."
    )
    order = serializers.ChoiceField(list(StepOrder), default=StepOrder.ORDERED.value, help_text="Of the steps.")
    exclude = serializers.ListField(
        child=serializers.CharField(), max_length=MAX_EXCLUSIONS, default=list, help_text=EXCLUSION_ALLOWED
    )
    range = serializers.ChoiceField(list(RANGES), default=DEFAULT_RANGE, help_text="The days it is opened with.")


class FunnelChange(FunnelItem):
    window = serializers.CharField(allow_null=True, help_text=f"{WINDOW_ALLOWED}; null is the same as that.")
    order = serializers.ChoiceField(list(StepOrder), help_text="Of the steps.")
    exclude = serializers.ListField(
        child=serializers.CharField(), max_length=MAX_EXCLUSIONS, help_text=EXCLUSION_ALLOWED
    )
    range = serializers.ChoiceField(list(RANGES), help_text="The days it is opened with.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """A change states only the fields that get a new value."""
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class FunnelFilter(ListFilter):
    q = TextFilter("name", "contains_text", help_text="A part of the name.")


class FunnelsViewSet(ResourceViewSet):
    """Funnels that everybody in the workspace sees. The report itself is asked for with `funnel`, or their steps."""

    resource, prefix = "funnels", "fun"
    filters = FunnelFilter
    serializer_class = FunnelRecord
    item_class, new_class, change_class, is_upsert = FunnelItem, FunnelRecord, FunnelChange, False
    can_fail = {"create": ("409",), "partial_update": ("409",)}
    orderings = {"id": "pk", "name": "name"}
    rights = CURATED

    def rows(self) -> QuerySet[SavedFunnel]:
        return SavedFunnel.objects.filter(workspace=self.access.workspace).select_related("created_by")

    def create(self, request: Request, workspace_id: str) -> Response:
        """Save a funnel for everybody."""
        item = self._valid(FunnelItem(data=request.data))
        return self.once(request, lambda: self._save(request, item))

    def _save(self, request: Request, item: dict[str, Any]) -> Response:
        funnel = save_funnel(workspace=self.access.workspace, by=caller(request), **item)
        return answer(request, self.record(funnel), status_code=status.HTTP_201_CREATED)

    def _valid(self, item: FunnelItem, saved: SavedFunnel | None = None) -> dict[str, Any]:
        """What changes of a funnel, or what a new one has. Raises ValidationError, also for a step that names what does
        not exist."""
        item.is_valid(raise_exception=True)
        stated: dict[str, Any] = {**item.validated_data}
        names = StepNames(self.access.workspace, sees_addresses=False)
        steps = steps_of_data(stated.get("steps", saved.steps if saved else ()), names.workspace.zone)
        problems = names.problems(steps if "steps" in stated else (), "steps")
        if found := [str(problem) for problem in problems]:
            raise serializers.ValidationError({"steps": found})
        said = {name: stated.pop(name) for name in _RULES if name in stated}
        if not said and "steps" not in stated:
            return stated
        return {**stated, "rules": _rules(names, steps, said, saved)}

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Only the fields that are given change."""
        with transaction.atomic():
            Workspace.objects.select_for_update(no_key=True).get(pk=self.access.workspace.pk)
            funnel = self.row(resource_id)
            item = self._valid(FunnelChange(data=request.data), funnel)
            check_precondition(request, self.record(funnel))
            change_funnel(funnel=funnel, by=caller(request), **item)
        return answer(request, self.record(funnel))

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Delete the saved funnel; what people did stays."""
        funnel = self.row(resource_id)
        check_precondition(request, self.record(funnel))
        delete_funnel(funnel=funnel, by=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
