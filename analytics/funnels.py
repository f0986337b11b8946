"""Writes to the funnels that a workspace has saved."""

from collections.abc import Sequence

from django.db import transaction

from analytics.models import SavedFunnel
from workspaces.models import User, Workspace


class NameIsTaken(Exception):
    """Another funnel of the workspace is called so."""


@transaction.atomic
def save_funnel(*, workspace: Workspace, name: str, steps: Sequence[str], range: str, by: User | None) -> SavedFunnel:
    """Keep a funnel for all members under a name of its own. Raises NameIsTaken; `by` is None for a key."""
    funnel, is_new = SavedFunnel.objects.get_or_create(
        workspace=workspace, name=name, defaults={"steps": list(steps), "range": range, "created_by": by}
    )
    if not is_new:
        raise NameIsTaken
    return funnel


def delete_funnel(funnel: SavedFunnel) -> None:
    funnel.delete()
