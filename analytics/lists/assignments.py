"""Which variant of a test somebody was given."""

from collections.abc import Collection

from django.db.models import Q

from analytics.lists.people import roots, roots_by_number
from analytics.models import Assignment, Identity, IdentityKind
from workspaces.models import Workspace


def given_variant(
    workspace: Workspace, test_id: int, *, contact: str | None, anonymous_id: str | None
) -> Assignment | None:
    """The first assignment of the person whom the ids name; None where there is none. Four queries."""
    named = Q(kind=IdentityKind.ANONYMOUS, value=anonymous_id) if anonymous_id else Q(pk__in=[])
    if contact:
        named |= Q(kind__in=(IdentityKind.EXTERNAL, IdentityKind.PREVIOUS), value=contact)
    numbers = Identity.objects.filter(named, workspace_id=workspace.pk).values_list("person_number", flat=True)
    people = same_people(workspace, set(numbers))
    rows = Assignment.objects.filter(workspace_id=workspace.pk, test=test_id, person_number__among=people)
    return rows.order_by("assigned_at", "variant_id").first()


def same_people(workspace: Workspace, numbers: Collection[int]) -> set[int]:
    """These numbers and all that are known to be the same people. Two queries."""
    known = {*roots_by_number(workspace, numbers).values()}
    return {*numbers, *roots(workspace, known)}
