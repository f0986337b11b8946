"""By which rule conversions are credited, and to which touches before them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import IntEnum, StrEnum

from analytics.questions.durations import ONE_DAY, ONE_MINUTE, duration, duration_text
from analytics.questions.errors import QuestionError


class TouchKind(IntEnum):
    """What a touch is, in the order of those at one instant."""

    DELIVERED = 0
    OPENED = 1
    CLICKED = 2
    VISIT = 3


TOUCHPOINTS = {
    "utm": TouchKind.VISIT,
    "click": TouchKind.CLICKED,
    "open": TouchKind.OPENED,
    "delivered": TouchKind.DELIVERED,
}
"""By what an address calls them: visits with a UTM source, human clicks and opens, deliveries."""


class CreditModel(StrEnum):
    FIRST = "first"
    LAST = "last"
    LINEAR = "linear"
    LINEAR_UNIQUE = "linear:unique"
    DECAY = "decay"
    POSITION = "position"
    MARKOV = "markov"


LONGEST_LOOKBACK = 365 * ONE_DAY
LONGEST_COLLAPSE = ONE_DAY
MOST_MODELS = len(CreditModel)
"""That are answered side by side."""
_SHARES = re.compile(r"([0-9]{1,3}),([0-9]{1,3}),([0-9]{1,3})")
_BETWEEN_MODELS = re.compile(r",(?=\s*[a-z])")
"""What a model says of itself has commas too, before numbers."""
_MODELS = (
    "first, last, linear, linear:unique, decay or decay:7d (the half-life), position or position:40,20,40 (first, "
    "middle and last, together 100), markov"
)


@dataclass(frozen=True)
class CreditRule:
    """A model of credit, and which touches count.

    `lookbacks` say how long before a conversion touches of each kind count; kinds that are not there count never.
    Touches of one label within `collapse` are one. Where conversions do not `reuse` touches, those before a person's
    former conversion of the type count no more. `usual` lookbacks are those of kinds that somebody adds.
    """

    model: CreditModel = CreditModel.LAST
    half_life: timedelta = 7 * ONE_DAY
    shares: tuple[int, int, int] = (40, 20, 40)
    lookbacks: tuple[tuple[TouchKind, timedelta], ...] = (
        (TouchKind.VISIT, 30 * ONE_DAY),
        (TouchKind.CLICKED, 5 * ONE_DAY),
    )
    collapse: timedelta = 30 * ONE_MINUTE
    reuse: bool = True
    usual: tuple[tuple[TouchKind, timedelta], ...] = field(default=(), compare=False)

    @classmethod
    def with_lookback_days(cls, days: Mapping[str, int]) -> "CreditRule":
        """The default, with lookbacks by what an address calls the kinds."""
        return cls._with_usual({TOUCHPOINTS[name]: number * ONE_DAY for name, number in days.items()})

    @classmethod
    def _with_usual(cls, usual: Mapping[TouchKind, timedelta]) -> "CreditRule":
        return cls(lookbacks=tuple((kind, usual[kind]) for kind, _ in DEFAULT_RULE.lookbacks), usual=(*usual.items(),))

    @property
    def usual_lookbacks(self) -> dict[TouchKind, timedelta]:
        """By kind, of those that count, and of the others if they did."""
        return LOOKBACKS | dict(self.usual) | dict(self.lookbacks)

    @property
    def longest_lookback(self) -> timedelta:
        return max(lookback for _, lookback in self.lookbacks)

    @property
    def model_text(self) -> str:
        match self.model:
            case CreditModel.DECAY:
                return f"decay:{duration_text(self.half_life)}"
            case CreditModel.POSITION:
                return f"position:{','.join(map(str, self.shares))}"
        return self.model.value

    @property
    def query(self) -> dict[str, str]:
        """The rule as an address has it, in canonical form: reading it gives the same rule."""
        names = {kind: name for name, kind in TOUCHPOINTS.items()}
        lookbacks = {names[kind]: duration_text(lookback) for kind, lookback in self.lookbacks}
        return {
            "model": self.model_text,
            "touchpoints": ",".join(lookbacks),
            **{f"lookback.{name}": text for name, text in lookbacks.items()},
            "collapse": duration_text(self.collapse),
            "reuse": str(self.reuse).lower(),
        }

    @property
    def unusual_query(self) -> dict[str, str]:
        """What of the canonical form differs from the default of who reads it, as far as that is known: reading it in
        the same workspace gives the same rule."""
        if not self.usual:
            return self.query
        default = self._with_usual(dict(self.usual))
        names = {kind: name for name, kind in TOUCHPOINTS.items()}
        lookbacks = {f"lookback.{names[kind]}": duration_text(each) for kind, each in default.usual_lookbacks.items()}
        usual = {**default.query, **lookbacks}
        return {name: text for name, text in self.query.items() if text != usual[name]}


DEFAULT_RULE = CreditRule()
LOOKBACKS = {
    TouchKind.VISIT: 30 * ONE_DAY,
    TouchKind.CLICKED: 5 * ONE_DAY,
    TouchKind.OPENED: ONE_DAY,
    TouchKind.DELIVERED: ONE_DAY,
}
"""Unless somebody says otherwise."""
PARAMETERS = (
    "model",
    "touchpoints",
    "lookback",
    *(f"lookback.{name}" for name in TOUCHPOINTS),
    "collapse",
    "reuse",
)


def read_credit_rule(
    query: Mapping[str, str], *, default: CreditRule, strict: bool = False
) -> tuple[CreditRule, tuple[str, ...]]:
    """Returns the rule of an address, and a notice for each parameter not understood, which is left out.

    With `strict`, raises QuestionError for the first such parameter. `lookback` is that of visits, or of the one kind
    that counts.
    """
    reader = _Reader(query, strict)
    rule = reader.model(default)
    rule = replace(
        rule,
        lookbacks=reader.lookbacks(default),
        collapse=reader.duration("collapse", default.collapse, shortest=timedelta(0), longest=LONGEST_COLLAPSE),
        reuse=reader.reuse(default.reuse),
    )
    return rule, tuple(reader.notices)


def read_credit_models(query: Mapping[str, str], *, default: CreditRule) -> tuple[CreditRule, ...]:
    """Returns the rule with each of the `models` of an address, in their order; none where it names none.

    Raises QuestionError.
    """
    text = query.get("models")
    if text is None:
        return ()
    rules = [_rule_with_model(each.strip(), default) for each in _BETWEEN_MODELS.split(text)]
    found = tuple(dict.fromkeys(rule for rule in rules if rule is not None))
    if len(found) < len(rules) or len(found) > MOST_MODELS:
        allowed = f"at most {MOST_MODELS} different ones of {_MODELS}, separated by commas"
        raise QuestionError("models", text, allowed)
    if "model" in query:
        raise QuestionError(
            "model", query["model"], "nothing beside models: rows are in the order of the first of these"
        )
    return found


class _Reader:
    def __init__(self, query: Mapping[str, str], strict: bool) -> None:
        self.query, self.strict = query, strict
        self.notices: list[str] = []

    def refuse(self, name: str, allowed: str) -> None:
        given = self.query[name]
        if self.strict:
            raise QuestionError(name, given, allowed)
        self.notices.append(f"{name} cannot be {given[:100]!r}; allowed: {allowed}. It is left out.")

    def model(self, default: CreditRule) -> CreditRule:
        text = self.query.get("model", "")
        if not text:
            return default
        rule = _rule_with_model(text, default)
        if rule is None:
            self.refuse("model", _MODELS)
        return rule or default

    def lookbacks(self, default: CreditRule) -> tuple[tuple[TouchKind, timedelta], ...]:
        usual = default.usual_lookbacks
        kinds = self.kinds(tuple(kind for kind, _ in default.lookbacks))
        by_kind = {kind: usual[kind] for kind in kinds}
        if "lookback" in self.query:
            of_all = kinds[0] if len(kinds) == 1 else TouchKind.VISIT
            by_kind[of_all] = self.duration("lookback", usual[of_all])
        for name, kind in TOUCHPOINTS.items():
            if (parameter := f"lookback.{name}") not in self.query:
                continue
            if kind not in kinds:
                self.refuse(parameter, f"one together with {name} among the touchpoints")
            else:
                by_kind[kind] = self.duration(parameter, by_kind[kind])
        return tuple((kind, by_kind[kind]) for kind in kinds if kind in by_kind)

    def kinds(self, default: tuple[TouchKind, ...]) -> tuple[TouchKind, ...]:
        if "touchpoints" not in self.query:
            return default
        names = [name.strip() for name in self.query["touchpoints"].split(",")]
        if not set(names) <= TOUCHPOINTS.keys():
            self.refuse("touchpoints", f"some of {', '.join(TOUCHPOINTS)}, separated by commas")
            return default
        return tuple(kind for name, kind in TOUCHPOINTS.items() if name in names)

    def duration(
        self, name: str, default: timedelta, *, shortest: timedelta = ONE_MINUTE, longest: timedelta = LONGEST_LOOKBACK
    ) -> timedelta:
        if name not in self.query:
            return default
        found = duration(self.query[name])
        if found is None or not shortest <= found <= longest:
            bounds = f"from {duration_text(shortest)} to {duration_text(longest)}"
            self.refuse(name, f"minutes, hours or days such as 30m, 12h or 7d, {bounds}")
            return default
        return found

    def reuse(self, default: bool) -> bool:
        given = self.query.get("reuse", str(default).lower())
        if given in ("true", "false"):
            return given == "true"
        self.refuse("reuse", "true or false")
        return default


def _rule_with_model(text: str, default: CreditRule) -> CreditRule | None:
    name, _, rest = text.partition(":")
    if text in list(CreditModel):
        return replace(default, model=CreditModel(text))
    if name == CreditModel.DECAY and (half_life := duration(rest)) and half_life <= LONGEST_LOOKBACK:
        return replace(default, model=CreditModel.DECAY, half_life=half_life)
    if name == CreditModel.POSITION and (shares := _shares(rest)):
        return replace(default, model=CreditModel.POSITION, shares=shares)
    return None


def _shares(text: str) -> tuple[int, int, int] | None:
    parts = _SHARES.fullmatch(text)
    if not parts:
        return None
    first, middle, last = map(int, parts.groups())
    return (first, middle, last) if first and last and first + middle + last == 100 else None
