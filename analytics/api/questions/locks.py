"""The conditions by which a link is locked: as they are stated, kept, and joined to what is asked."""

from collections.abc import Mapping
from typing import Any

from analytics.api import params
from analytics.questions.fields import Subject
from analytics.questions.filter_reader import FilterParameters
from analytics.questions.filter_texts import SEVERAL_CONDITIONS, filter_query
from analytics.questions.filters import AllOf
from workspaces.models import Workspace


def read_locks(given: Mapping[str, Any], workspace: Workspace) -> AllOf:
    """Raises ParameterError for the first that is not understood, or names what there is not (any more)."""
    stated = FilterParameters(given.get("where") or (), given.get("segment") or (), given.get("filter"))
    return params.conditions(stated, workspace, subjects=tuple(Subject), sees_addresses=False)


def locks_data(locks: AllOf) -> dict[str, Any]:
    """As they are kept: by the names of parameters."""
    found: dict[str, Any] = {}
    for name, text in filter_query(locks):
        if name in SEVERAL_CONDITIONS:
            found.setdefault(name, []).append(text)
        else:
            found[name] = text
    return found
