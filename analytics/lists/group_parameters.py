"""The group that a list is of: by a field, one of its values, or others than some."""

from collections.abc import Callable

from analytics.lists.query import ListParameters, Query, query_of
from analytics.questions.fields import Field
from analytics.questions.groups import Group
from campaignos.commas import comma_text, comma_values

MAX_OTHERS_LENGTH = 8192


def read_group(parameters: ListParameters, allowed: str, field: Callable[[str], Field | None]) -> Group | None:
    key = parameters.text("breakdown")
    if key is None:
        parameters.refuse_without("breakdown", "group", "notGroup")
        return None
    by = field(key)
    if by is None:
        parameters.refuse("breakdown", allowed)
        return None
    others = parameters.text_or_empty("notGroup", longest=MAX_OTHERS_LENGTH)
    return Group(by, parameters.text_or_empty("group"), None if others is None else tuple(comma_values(others)))


def group_query(group: Group | None) -> Query:
    """Absent is no value."""
    if group is None:
        return {}
    others = None if group.others_than is None else comma_text(group.others_than)
    return query_of(breakdown=group.by.key, group=group.value, notGroup=others)
