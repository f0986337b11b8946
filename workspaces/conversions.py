"""Which types of events count as conversions, and where events say what they are worth. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from unicodedata import normalize

from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from campaignos.json_paths import MAX_PATH_NAMES, is_path

MONEY_SETTINGS = ("conversion_types", "money_rules", "currency")
"""Fields of a workspace by which events say what they are worth."""
MAX_EVENT_TYPES = 100
MAX_MONEY_RULES = 100
MAX_SHOWN_RULES = MAX_EVENT_TYPES + MAX_MONEY_RULES + 1
"""Those that are stated, and those that go without saying: of conversions, and the preset."""
MAX_PATHS = 5
MAX_PATH_LENGTH = 255


def default_conversion_types() -> list[str]:
    return ["purchase"]


def validate_event_types(types: object) -> None:
    if not isinstance(types, list) or not all(map(_is_event_type, types)):
        raise ValidationError('Event types are a list of texts of 1 to 200 characters, such as ["purchase"].')
    if len(types) > MAX_EVENT_TYPES:
        raise ValidationError(f"{len(types):,} event types are too many; allowed are {MAX_EVENT_TYPES}.")


def _is_event_type(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= 200 and name == name.strip() and "\0" not in name


class MoneyKind(TextChoices):
    SALE = "sale", "Sale"
    REFUND = "refund", "Refund"
    NONE = "none", "None"


@dataclass(frozen=True)
class MoneyRule:
    """Where events of a type say what they are worth: of the properties in each list, the first that has a value.

    What a refund states is taken back, whichever sign it has.
    """

    kind: MoneyKind = MoneyKind.SALE
    amount: tuple[str, ...] = ("revenue", "value", "total")
    currency: tuple[str, ...] = ("currency",)
    order: tuple[str, ...] = ("order_id", "orderId")

    @property
    def is_money(self) -> bool:
        return self.kind is not MoneyKind.NONE

    @property
    def is_refund(self) -> bool:
        return self.kind is MoneyKind.REFUND

    @property
    def data(self) -> dict[str, Any]:
        """As JSON that a workspace keeps."""
        return {"kind": self.kind.value, **{name: list(getattr(self, name)) for name in PATH_LISTS}}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "MoneyRule":
        """Of what `validate_money_rules` lets pass. Paths are in NFC, as those of events' values are."""
        paths = {name: tuple(dict.fromkeys(normalize("NFC", path) for path in data[name])) for name in PATH_LISTS}
        kind = MoneyKind(data["kind"])
        return NO_MONEY if kind is MoneyKind.NONE else cls(kind, **paths)


PATH_LISTS = ("amount", "currency", "order")
SALE, REFUND, NO_MONEY = MoneyRule(), MoneyRule(MoneyKind.REFUND), MoneyRule(MoneyKind.NONE)
REFUND_TYPES = ("Order Refunded",)
"""Types of events that are refunds unless the workspace says otherwise, as Segment's clients call them."""


def validate_money_rules(rules: object) -> None:
    """As `check_rules`, and that they are not too many."""
    check_rules(rules)
    if len(cast("Mapping[str, Any]", rules)) > MAX_MONEY_RULES:
        raise ValidationError(f"Rules of so many types are too many; allowed are {MAX_MONEY_RULES}.")


def check_rules(rules: object) -> None:
    """Raises ValidationError for what is no rule by type of event, as JSON."""
    if not isinstance(rules, Mapping) or not all(map(_is_event_type, rules)):
        raise ValidationError("Money rules are an object by event type, which is a text of 1 to 200 characters.")
    for name, rule in rules.items():
        if problem := _problem(rule):
            raise ValidationError(f"{name}: {problem}")


def _problem(rule: object) -> str:
    """Why it is no rule; empty where it is one."""
    if not isinstance(rule, Mapping) or rule.keys() != {"kind", *PATH_LISTS}:
        return f"a rule has kind, {', '.join(PATH_LISTS)}."
    if rule["kind"] not in MoneyKind.values:
        return f"the kind cannot be {str(rule['kind'])[:50]!r}; allowed: {', '.join(MoneyKind.values)}."
    if rule["kind"] != MoneyKind.NONE and rule["amount"] == []:
        return "a sale or a refund needs a property for its amount."
    return next(filter(None, (paths_problem(rule[name]) for name in PATH_LISTS)), "")


def paths_problem(paths: object) -> str:
    """Why this is no list of properties; empty where it is one."""
    if not isinstance(paths, list) or len(paths) > MAX_PATHS:
        return f"properties are a list of at most {MAX_PATHS}."
    bad = next((path for path in paths if not _is_property(path)), None)
    allowed = f"names joined by dots, at most {MAX_PATH_NAMES}, of at most {MAX_PATH_LENGTH} characters in all"
    return "" if bad is None else f"{str(bad)[:50]!r} is no property; allowed: {allowed}."


def _is_property(path: object) -> bool:
    return isinstance(path, str) and len(path) <= MAX_PATH_LENGTH and path == path.strip() and is_path(path)


def default_rule(event_type: str, conversion_types: Collection[str]) -> MoneyRule:
    """That of a type of which nothing is stated: conversions are sales."""
    if event_type in REFUND_TYPES:
        return REFUND
    return SALE if event_type in conversion_types else NO_MONEY


def money_rules_of(conversion_types: Iterable[str], stated: Mapping[str, Any]) -> dict[str, MoneyRule]:
    """By type: of the conversions, in their order, then of the others that something is stated of, and the presets."""
    conversions = tuple(dict.fromkeys(conversion_types))
    names = dict.fromkeys([*conversions, *sorted({*stated, *REFUND_TYPES})])
    return {name: MoneyRule.of(stated[name]) if name in stated else default_rule(name, conversions) for name in names}


def states_money(conversion_types: Iterable[str], stated: Mapping[str, Any]) -> bool:
    """Whether any type's rule is one of money, as those of conversions and refunds are where nothing is stated."""
    unstated = {*conversion_types, *REFUND_TYPES} - stated.keys()
    return bool(unstated) or any(rule["kind"] != MoneyKind.NONE for rule in stated.values())


def canonical_settings(settings: Mapping[str, Any], conversion_types: Collection[str]) -> dict[str, Any]:
    """The settings of a workspace as they are kept: each conversion once, and no rule that goes without saying.

    Raises ValidationError for conversions and rules that are none, or too many.
    """
    canonical = dict(settings)
    if "conversion_types" in canonical:
        canonical["conversion_types"] = list(dict.fromkeys(canonical["conversion_types"]))
        validate_event_types(canonical["conversion_types"])
    if "money_rules" in canonical:
        check_rules(canonical["money_rules"])
        types = canonical.get("conversion_types", conversion_types)
        rules = {name: MoneyRule.of(data) for name, data in canonical["money_rules"].items()}
        canonical["money_rules"] = {
            name: rule.data for name, rule in sorted(rules.items()) if rule != default_rule(name, types)
        }
        validate_money_rules(canonical["money_rules"])
    return canonical
