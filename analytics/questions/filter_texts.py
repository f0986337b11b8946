"""A filter as an address and as JSON say it, so that the same is read again."""

import json
from typing import Any

from analytics.questions.filter_json import COMPARISONS
from analytics.questions.filters import (
    AllOf,
    AnyOf,
    Compares,
    Contains,
    Did,
    EventAct,
    FieldCondition,
    Filter,
    InSegment,
    Is,
    IsSet,
    MessageAct,
    Not,
    all_of,
)
from analytics.questions.where import number_or_day, where_text

SEVERAL_CONDITIONS = ("where", "segment")
"""Those parameters of `filter_query` that may be there several times."""
_NAMES = {operator: name for name, operator in COMPARISONS.items()}


def canonical(condition: Filter) -> AllOf:
    """What all must hold, each once: what has a text form first, then segments, then the rest."""
    return AllOf(tuple(sorted(dict.fromkeys(all_of(condition).conditions), key=_rank)))


def _rank(condition: Filter) -> int:
    return 1 if isinstance(condition, InSegment) else 0 if where_text(condition) is not None else 2


def filter_query(condition: Filter) -> list[tuple[str, str]]:
    """The parameters `where`, `segment` and `filter` of an address, the first two as often as needed."""
    found, others = [], []
    for inner in canonical(condition).conditions:
        text = where_text(inner)
        if text is not None:
            found.append(("where", text))
        elif isinstance(inner, InSegment):
            found.append(("segment", f"seg_{inner.segment_id}"))
        else:
            others.append(inner)
    if others:
        data = filter_data(others[0] if len(others) == 1 else AllOf(tuple(others)))
        found.append(("filter", json.dumps(data, ensure_ascii=False, separators=(",", ":"))))
    return found


def filter_data(condition: Filter) -> Any:
    """As JSON."""
    match condition:
        case AllOf(conditions):
            return {"all": [filter_data(inner) for inner in conditions]}
        case AnyOf(conditions):
            return {"any": [filter_data(inner) for inner in conditions]}
        case Not(IsSet(field=field)):
            return {"field": field.key, "isSet": False}
        case Not(inner):
            return {"not": filter_data(inner)}
        case InSegment(segment_id):
            return {"segment": f"seg_{segment_id}"}
        case Did():
            return _did_data(condition)
        case _:
            data = _operator_data(condition)
            return where_text(condition) if data is None else {"field": condition.field.key, **data}


def _operator_data(condition: FieldCondition) -> dict[str, Any] | None:
    """None for a condition that stands in JSON as its text."""
    match condition:
        case Is(values=values):
            return {"is": [str(value) for value in values]}
        case Contains(texts=texts):
            return {"contains": list(texts)}
        case Compares(operator=operator, bound=bound):
            return {_NAMES[operator]: number_or_day(bound)}
        case IsSet():
            return {"isSet": True}
    return None


def _did_data(did: Did) -> dict[str, Any]:
    act: dict[str, Any] = (
        {"did": did.act.type} if isinstance(did.act, EventAct) else {"message": _message_data(did.act)}
    )
    if did.where.conditions:
        act["where"] = [filter_data(inner) for inner in did.where.conditions]
    if (did.at_least, did.at_most) != (1, None):
        act["times"] = ({"gte": did.at_least} if did.at_least else {}) | (
            {} if did.at_most is None else {"lte": did.at_most}
        )
    if did.within is not None:
        act["within"] = f"{did.within}d"
    return act


def _message_data(act: MessageAct) -> dict[str, str]:
    campaign = {} if act.campaign_id is None else {"campaign": f"cmp_{act.campaign_id}"}
    return campaign | ({} if act.status is None else {"status": act.status})
