"""Where a segment or a campaign is named by something that is kept: what asks it would be refused without it."""

import json
import re
from typing import Any

from django.utils import timezone

from analytics.models import Alert, SavedFunnel, SavedQuestion, SavedSegment, ShareLink
from campaignos.texts import CodePoints
from workspaces.models import Workspace


def mentions_of(workspace: Workspace, api_id: str) -> list[str]:
    """What names it, in words: saved questions (and so their boards and links), saved funnels, alerts, and locks of
    links that still show something. Four queries.

    A text that somebody looks for, and that is such an id, counts as well.
    """
    found = [
        f"the saved question {row}" for row in _by_name(SavedQuestion, workspace) if _names(row.parameters, api_id)
    ]
    funnels = _by_name(SavedFunnel, workspace)
    found += [f"the funnel {row}" for row in funnels if _names([row.steps, row.rules], api_id)]
    found += [f"the alert {row}" for row in _by_name(Alert, workspace) if _names(row.parameters, api_id)]
    links = ShareLink.objects.filter(workspace=workspace, revoked_at=None, expires_at__gt=timezone.now())
    return found + [f"the link {row}" for row in links.order_by("pk") if _names(row.locks, api_id)]


def segments_that_name(workspace: Workspace, api_id: str) -> list[str]:
    """The segments whose conditions name a campaign, in words. One query."""
    return [f"the segment {row}" for row in _by_name(SavedSegment, workspace) if _names(row.condition, api_id)]


def _by_name(kind: Any, workspace: Workspace) -> Any:
    return kind.objects.filter(workspace=workspace).order_by(CodePoints("name"))


def _names(data: Any, api_id: str) -> bool:
    return bool(re.search(rf"(?<![0-9A-Za-z_]){api_id}(?![0-9])", json.dumps(data)))
