"""What fits on a page: of texts and rows whose size strangers choose, the first part, and how much is left out."""

from collections.abc import Sequence
from typing import TypeVar

from django.utils.html import escape

from analytics.models import Campaign
from analytics.presentation.formats import count
from workspaces.models import Workspace

JSON_ROOM = 70_000
"""Bytes that all JSON of a page may take, as it is written into HTML."""
CHOOSABLE_CAMPAIGNS = 100
SUGGESTED_TYPES = 100

_Item = TypeVar("_Item")


def first_of(items: Sequence[_Item], most: int) -> tuple[Sequence[_Item], int]:
    """The first of them, and how many more there are."""
    return items[:most], max(0, len(items) - most)


def fitted(texts: Sequence[str], room: int = JSON_ROOM) -> list[str]:
    """The texts, the longest of them cut so that all fit; each that is says how much of it is left out."""
    sizes = [len(escape(text).encode()) for text in texts]
    share = _share(sizes, room)
    return [
        text if size <= share else _cut(text, len(text) * share // size)
        for text, size in zip(texts, sizes, strict=True)
    ]


def _share(sizes: Sequence[int], room: int) -> int:
    """How much each may have at most, if what the short ones leave is for the long ones."""
    for place, size in enumerate(sorted(sizes)):
        share = room // (len(sizes) - place)
        if size > share:
            return share
        room -= size
    return max(sizes, default=0)


def _cut(text: str, length: int) -> str:
    return f"{text[:length]}\n… {count(len(text) - length)} more characters"


def choosable_campaigns(workspace: Workspace, chosen: int | None = None) -> list[Campaign]:
    """The newest campaigns, to choose from, by name; a chosen one among them. One or two queries."""
    rows = Campaign.objects.filter(workspace=workspace).only("name", "workspace_id")
    found = list(rows.order_by("-id")[:CHOOSABLE_CAMPAIGNS])
    if chosen is not None and chosen not in {campaign.pk for campaign in found}:
        found += rows.filter(pk=chosen)
    return sorted(found, key=lambda campaign: (campaign.name, campaign.pk))
