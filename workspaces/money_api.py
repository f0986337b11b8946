"""Where events say what they are worth, over the API: as a list of rules, one for each type."""

from typing import Any

from rest_framework import serializers

from campaignos.strict import StrictSerializer
from workspaces.conversions import MAX_PATH_LENGTH, MAX_PATHS, SALE, MoneyKind

_FIRST = "Of these properties the first that an event has says the {}; dots go down."


class MoneyRuleRecord(serializers.Serializer[Any]):
    type = serializers.CharField(help_text="The event type.")
    kind = serializers.ChoiceField(MoneyKind.choices, help_text="Whether its events earn money or give it back.")
    amount = serializers.ListField(child=serializers.CharField(), help_text=_FIRST.format("amount"))
    currency = serializers.ListField(child=serializers.CharField(), help_text=_FIRST.format("currency"))
    order = serializers.ListField(child=serializers.CharField(), help_text=_FIRST.format("order's id"))


def _paths(name: str, help_text: str = "") -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=MAX_PATH_LENGTH, trim_whitespace=False),
        max_length=MAX_PATHS,
        default=lambda: list(getattr(SALE, name)),
        help_text=f"{help_text or _FIRST.format(name)} {', '.join(getattr(SALE, name))}, if it does not say.",
    )


class MoneyRuleItem(StrictSerializer):
    """Where events of a type say what they are worth."""

    type = serializers.CharField(max_length=200, trim_whitespace=False, help_text="The event type.")
    kind = serializers.ChoiceField(
        MoneyKind.choices, help_text="Whether its events earn money (`sale`), give it back (`refund`) or neither."
    )
    amount = _paths("amount")
    currency = _paths("currency", f"{_FIRST.format('currency')} The workspace's, where it has none.")
    order = _paths("order", _FIRST.format("order's id"))


class MoneyRulesField(serializers.ListField):
    """A list of rules, by type: each has one."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:  # type: ignore[override]
        rules = super().to_internal_value(data)
        names = [rule.pop("type") for rule in rules]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise serializers.ValidationError(f"{twice!r} stands twice; a type has one rule.")
        return dict(zip(names, rules, strict=True))
