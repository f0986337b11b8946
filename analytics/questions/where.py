"""A condition as a text, `<field><operator><values>`, read and written."""

import re
from collections.abc import Sequence
from decimal import Decimal

from analytics.questions.condition_values import ConditionError, ConditionValues
from analytics.questions.fields import FIELD_KEYS, Field, field_of
from analytics.questions.filters import Compares, Contains, FieldCondition, Filter, Is, IsSet, Not, Operator
from analytics.questions.values import Day, text_of
from campaignos.commas import comma_text, comma_values

_CONDITION = re.compile(
    r"""\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^"].*?))\s*(?P<operator>!:|!~|>=|<=|:|~|>|<)(?P<values>.*)""",
    re.DOTALL,
)
_NEEDS_QUOTES = re.compile(r'[:~<>!"]|^\s|\s$')
FIELDS = ", ".join(FIELD_KEYS)


def read_where(text: str, values: ConditionValues) -> Filter:
    """Values are separated by commas, `*` stands for any; a field or a value with a sign in it that would part it is
    quoted as in CSV. Raises ConditionError for other texts.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise ConditionError(f"<field><operator><values>, such as utm.source:newsletter; fields are {FIELDS}")
    key = found["plain"] if found["quoted"] is None else found["quoted"].replace('""', '"')
    field, operator = known_field(key), found["operator"]
    if operator in list(Operator):
        return values.compares(field, Operator(operator), _single(found["values"]))
    condition = _read(field, operator[-1], found["values"].strip(), values)
    return Not(condition) if operator.startswith("!") else condition


def known_field(key: str) -> Field:
    """Raises ConditionError where there is no such."""
    field = field_of(key)
    if field is None:
        raise ConditionError(f"fields are {FIELDS}")
    return field


def _read(field: Field, operator: str, text: str, values: ConditionValues) -> FieldCondition:
    if not text:
        raise ConditionError(f'values after {operator}, * for any, or "" for the empty text')
    if operator == "~":
        return values.contains(field, comma_values(text))
    return values.is_set(field) if text == "*" else values.is_one_of(field, comma_values(text))


def _single(text: str) -> str:
    value, *others = comma_values(text)
    if others:
        raise ConditionError("a single number or day")
    return value


def where_text(condition: Filter) -> str | None:
    """The condition as `read_where` takes it; None for what has no such form."""
    match condition:
        case Not(Compares()):
            return None
        case Not(FieldCondition() as inner):
            return _text(inner, "!")
        case FieldCondition():
            return _text(condition, "")
    return None


def _text(condition: FieldCondition, negation: str) -> str:
    field = condition.field.key
    if _NEEDS_QUOTES.search(field):
        field = '"' + field.replace('"', '""') + '"'
    match condition:
        case Is(values=values):
            return f"{field}{negation}:{_values([str(value) for value in values])}"
        case Contains(texts=texts):
            return f"{field}{negation}~{_values(texts)}"
        case IsSet():
            return f"{field}{negation}:*"
        case Compares(operator=operator, bound=bound):
            return f"{field}{operator}{number_or_day(bound)}"
    raise TypeError(f"{condition} has no text form")


def _values(texts: Sequence[str]) -> str:
    text = comma_text(texts)
    return {"": '""', "*": '"*"'}.get(text, text)


def number_or_day(bound: Decimal | Day) -> str:
    """The bound of a comparison, as it is read again."""
    return str(bound) if isinstance(bound, Day) else text_of(bound)
