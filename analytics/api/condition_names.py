"""What the campaigns, variants and segments are called that conditions name."""

from analytics.models import Campaign, SavedSegment, Variant
from analytics.presentation.conditions import ConditionNames
from analytics.questions.fields import FieldKind
from analytics.questions.filters import AllOf, keys_in
from analytics.questions.segments import segments_in
from workspaces.models import Workspace


def condition_names(workspace: Workspace, condition: AllOf) -> ConditionNames:
    """A query for each of the three, where the condition names any."""
    campaigns, variants = (keys_in(condition, kind) for kind in (FieldKind.CAMPAIGN, FieldKind.VARIANT))
    return ConditionNames(
        campaigns=dict(Campaign.objects.filter(workspace=workspace, pk__in=campaigns).values_list("pk", "name")),
        variants=dict(Variant.objects.filter(workspace=workspace, pk__in=variants).values_list("pk", "name")),
        segments=dict(
            SavedSegment.objects.filter(workspace=workspace, pk__in=segments_in(condition)).values_list("pk", "name")
        ),
    )
