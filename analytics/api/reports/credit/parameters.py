"""The parameters of a rule of credit: what an address says, and what the schema says of them."""

from collections.abc import Mapping

from drf_spectacular.utils import OpenApiParameter

from analytics.questions.credit import (
    MOST_MODELS,
    PARAMETERS,
    TOUCHPOINTS,
    CreditRule,
    read_credit_models,
    read_credit_rule,
)
from analytics.questions.errors import QuestionError
from analytics.reports.credit.path_report import DEFAULT_PATHS, LONGEST_PATH, MOST_PATHS
from analytics.reports.credit.touches import CreditBy
from campaignos.errors import ParameterError
from campaignos.parameters import register

DEFAULT_ROWS, MOST_ROWS = 100, 1000
ONLY_OF_CREDIT = (CreditBy.TOUCH.value,)
"""What only credit is broken down by, so that it asks for credit."""
_BY = {each.value: each for each in CreditBy} | {each.value.removeprefix("utm."): each for each in CreditBy}
register((*PARAMETERS, "models"))


def asks_credit(query: Mapping[str, str]) -> bool:
    """Whether an address says anything that only credit by a rule is asked with."""
    return any(name in query for name in PARAMETERS) or query.get("breakdown") in ONLY_OF_CREDIT


def credit_rule(query: Mapping[str, str], default: CreditRule) -> CreditRule:
    """Raises ParameterError for the first parameter that is not understood."""
    try:
        return read_credit_rule(query, default=default, strict=True)[0]
    except QuestionError as error:
        raise ParameterError(error.parameter, given=error.given, allowed=error.allowed) from None


def credit_models(query: Mapping[str, str], rule: CreditRule) -> tuple[CreditRule, ...]:
    """The rule with each of the `models`, none without the parameter. Raises ParameterError."""
    try:
        return read_credit_models(query, default=rule)
    except QuestionError as error:
        raise ParameterError(error.parameter, given=error.given, allowed=error.allowed) from None


def credit_by(query: Mapping[str, str]) -> CreditBy:
    """Raises ParameterError."""
    given = query.get("breakdown", CreditBy.TOUCH.value)
    if given not in _BY:
        raise ParameterError("breakdown", given=given[:200], allowed=f"with a rule of credit {', '.join(_BY)}")
    return _BY[given]


def number_up_to(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """From 1 on; the default where none is given. Raises ParameterError."""
    given = query.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 6 and 1 <= int(given) <= most):
        raise ParameterError(name, given=given[:200], allowed=f"a whole number from 1 to {most:,}")
    return int(given)


_LENGTH = {"type": "string", "pattern": "^(0|[0-9]{1,6}[mhd])$"}
_MODEL = OpenApiParameter(
    "model",
    str,
    description="By which model conversions are credited to touches before them: first, last, linear, linear:unique, "
    "decay or decay:7d (the half-life), position or position:40,20,40, markov. "
    "Direct visits are no touch, so that `last` is the last that is not direct.",
)
_TOUCHES = (
    OpenApiParameter(
        "touchpoints",
        str,
        description=f"Which touches count, some of {', '.join(TOUCHPOINTS)}, separated by commas: visits with a UTM "
        "source, and people's clicks on, people's opens of, and deliveries of messages.",
    ),
    OpenApiParameter(
        "lookback", _LENGTH, description="How long before a conversion visits count, or what alone counts, such as 30d."
    ),
    *(
        OpenApiParameter(f"lookback.{name}", _LENGTH, description=f"How long before a conversion `{name}` counts.")
        for name in TOUCHPOINTS
    ),
    OpenApiParameter("collapse", _LENGTH, description="Touches of one label within so long are one; 0 for never."),
    OpenApiParameter(
        "reuse",
        bool,
        description="With `false`, only touches after the person's conversion before of the same type count.",
    ),
)
RULE = (_MODEL, *_TOUCHES)
BREAKDOWN_OF_CREDIT = OpenApiParameter(
    "breakdown",
    {"type": "string", "enum": [*_BY]},
    description="What rows of credit are of: touches, or their source, medium or campaign.",
)
ROWS_OF_CREDIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
    description=f"How many rows of credit there are, those with most; {DEFAULT_ROWS} unless it is said. "
    "The rest is `others`.",
)
MODELS = OpenApiParameter(
    "models",
    str,
    description=f"Which models stand side by side, at most {MOST_MODELS}, separated by commas, instead of `model` and "
    "all others: `first,last,decay:7d,position:40,20,40`. Rows have most credit first by the first of them.",
)
RULE_OF_PATHS = _TOUCHES
PATH_LENGTHS = (
    OpenApiParameter(
        "min",
        {"type": "integer", "minimum": 1, "maximum": LONGEST_PATH},
        description="Paths of so many touches or more.",
    ),
    OpenApiParameter(
        "max",
        {"type": "integer", "minimum": 1, "maximum": LONGEST_PATH},
        description="Paths of so many touches or fewer.",
    ),
)
PATH_LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST_PATHS},
    description=f"How many paths there are, those with most conversions; {DEFAULT_PATHS} unless it is said.",
)
