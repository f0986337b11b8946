"""What the filters of every list are made of: fields that say what they allow, and a set that checks strictly.

A set takes the query string and the rows of one workspace. The parameters that it knows are checked. `allowed` of a
field is what an error tells, and the schema.
"""

import re
from collections.abc import Sequence
from enum import Enum
from typing import Any, ClassVar, TypeVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict

from campaignos.errors import ParameterError
from campaignos.ids import number_of, uuid_of
from campaignos.pages import RowsInOrder

MAX_TEXT_LENGTH = 200
NOT_ALLOWED = "The value is not allowed."

Row = TypeVar("Row", bound=Model)


_NUMBER = re.compile(r"[0-9]{1,9}")


class TextField(forms.CharField):
    def __init__(self, *, max_length: int = MAX_TEXT_LENGTH, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)
        self.allowed = f"a text of at most {max_length:,} characters"


class TextFilter(django_filters.Filter):  # type: ignore[misc]  # the library has no types
    field_class = TextField


class TextsField(forms.Field):
    """The texts of a parameter that may be there several times."""

    widget = forms.MultipleHiddenInput

    def __init__(self, *, allowed: str, **options: Any) -> None:
        super().__init__(**options)
        self.allowed = allowed

    def to_python(self, value: Any) -> list[str]:
        texts = [value] if isinstance(value, str) else value or []
        return [text for text in texts if text]


class TextsFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = TextsField


class Absence(Enum):
    """What an empty text asks for, where that is not the same as asking for nothing."""

    NOTHING = ""


class TextOrNothingField(TextField):
    """An empty text asks for rows that have none."""

    def clean(self, value: str | None) -> str | Absence:
        cleaned: str = super().clean(value)
        return Absence.NOTHING if value is not None and not cleaned else cleaned


class TextOrNothingFilter(TextFilter):
    field_class = TextOrNothingField


class WholeNumberField(forms.Field):
    def __init__(self, *, most: int = 999_999_999, **options: Any) -> None:
        super().__init__(**options)
        self.most = most
        self.allowed = f"a whole number from 0 to {most:,}"

    def to_python(self, value: str | None) -> int | None:
        if not value:
            return None
        if not _NUMBER.fullmatch(value) or int(value) > self.most:
            raise ValidationError(NOT_ALLOWED)
        return int(value)


class WholeNumberFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = WholeNumberField


class FlagField(forms.Field):
    allowed = "true, false"

    def to_python(self, value: str | None) -> bool | None:
        if not value:
            return None
        if value not in ("true", "false"):
            raise ValidationError(NOT_ALLOWED)
        return value == "true"


class FlagFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = FlagField


class ChoicesField(forms.Field):
    """One value or several, separated by commas, in whatever case."""

    def __init__(self, *, choices: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self.choices = tuple(choices)
        self.allowed = f"{', '.join(self.choices)}, or several of them separated by commas"

    def to_python(self, value: str | None) -> list[str]:
        known = {choice.lower(): choice for choice in self.choices}
        parts = [part.strip().lower() for part in value.split(",")] if value else []
        if not known.keys() >= set(parts):
            raise ValidationError(NOT_ALLOWED)
        return [known[part] for part in parts]


class ChoicesFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = ChoicesField

    def filter(self, rows: QuerySet[Row], value: list[str]) -> QuerySet[Row]:
        return rows.filter(**{f"{self.field_name}__in": value}) if value else rows


class ReferenceField(forms.Field):
    """The id of another row as the API shows it; `is_uuid` for rows whose key is one."""

    def __init__(self, *, prefix: str, is_uuid: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.prefix = prefix
        self.key_of = uuid_of if is_uuid else number_of
        self.allowed = f"an id such as {prefix}_{'0192f3a8' * 4 if is_uuid else 1}"
        self.pattern = f"^{prefix}_{'[0-9a-f]{32}' if is_uuid else '[0-9]{1,18}'}$"

    def to_python(self, value: str | None) -> Any:
        if not value:
            return None
        key = self.key_of(self.prefix, value)
        if key is None:
            raise ValidationError(NOT_ALLOWED)
        return key


class ReferenceFilter(django_filters.Filter):  # type: ignore[misc]
    """Rows of another row."""

    field_class = ReferenceField


class ReferencesField(forms.Field):
    """Ids of other rows, separated by commas."""

    def __init__(self, *, prefix: str, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.prefix, self.most = prefix, most
        self.allowed = f"at most {most} ids such as {prefix}_1, separated by commas"

    def to_python(self, value: str | None) -> list[int]:
        given = [part.strip() for part in value.split(",")] if value else []
        keys = [key for part in given if (key := number_of(self.prefix, part)) is not None]
        if len(keys) < len(given) or len(keys) > self.most:
            raise ValidationError(NOT_ALLOWED)
        return keys


class ReferencesFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = ReferencesField


class ListFilter(django_filters.FilterSet):  # type: ignore[misc]
    _forms: ClassVar[dict[type["ListFilter"], type[forms.Form]]] = {}

    def get_form_class(self) -> type[forms.Form]:
        """Made once for each list: its fields are the same whoever asks."""
        kind = type(self)
        if kind not in self._forms:
            self._forms[kind] = super().get_form_class()
        return self._forms[kind]

    @classmethod
    def check_names(cls, query: QueryDict, workspace: Any) -> None:
        """Called for an empty list. Raises ParameterError where a parameter names something that does not exist."""

    def rows_in_order(self) -> QuerySet[Any] | RowsInOrder[Any]:
        """The same, also where a query alone does not find them."""
        return self.checked_rows()

    def checked_rows(self) -> QuerySet[Any]:
        """The rows that pass. Raises ParameterError for the first parameter that is bad."""
        for name in self.errors:
            raise ParameterError(name, given=self.data.get(name), allowed=self.form.fields[name].allowed)
        rows: QuerySet[Any] = self.qs
        return rows
