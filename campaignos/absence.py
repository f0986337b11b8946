"""What is kept as an empty text and shown as null: absence has one spelling in the API."""

from typing import Any

from rest_framework import serializers


class TextOrNull(serializers.CharField):
    """A text that is shown as null and stored as an empty text where it is absent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def to_representation(self, value: str) -> Any:
        return value or None


class ChoiceOrNull(serializers.ChoiceField):
    """One of some values, shown as null where it is absent."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices, allow_null=True, **options)

    def to_representation(self, value: str) -> Any:
        return super().to_representation(value) or None
