"""What the database refuses because it is there already: of two requests at once, the one that came second.

Constraints decide, and here alone their refusals become words: for programs and pages a 409, for forms an error of the
field. What a constraint says stands beside it, in its model (`violation_error_message`, or `unique` of a field).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Field, Model, UniqueConstraint
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from campaignos.errors import conflict_response, wants_json

CAME_SECOND = "This is there already: it was sent twice, or somebody else was faster. Look at what is there."

_ON_SQLITE = re.compile(r"UNIQUE constraint failed: (?P<columns>[\w., ]+)")
_ON_POSTGRESQL = re.compile(r"Key \((?P<columns>[^)]+)\)=")


@dataclass(frozen=True)
class Conflict:
    """A unique constraint that was violated: what it says, and of which fields."""

    message: str
    fields: tuple[str, ...]


def conflict_of(error: IntegrityError) -> Conflict | None:
    """What refused, or None if it was no unique constraint."""
    duplicate = _duplicate(error)
    if duplicate is None:
        return None
    model = next((model for model in apps.get_models() if model._meta.db_table == duplicate.table), None)
    fields = [field for field in model._meta.concrete_fields if field.column in duplicate.columns] if model else []
    return Conflict(_message(model, fields), tuple(field.name for field in fields))


@dataclass(frozen=True)
class _Duplicate:
    """The table and its columns that would have held the same twice."""

    table: str
    columns: frozenset[str]


def _duplicate(error: IntegrityError) -> _Duplicate | None:
    if isinstance(error.__cause__, psycopg.errors.UniqueViolation):
        report = error.__cause__.diag
        match = _ON_POSTGRESQL.match(report.message_detail or "")
        columns = match["columns"].replace('"', "").split(", ") if match else []
        return _Duplicate(str(report.table_name), frozenset(columns))
    if match := _ON_SQLITE.search(str(error)):
        names = [name.split(".") for name in match["columns"].split(", ")]
        return _Duplicate(names[0][0], frozenset(column for *_, column in names))
    return None


def _message(model: type[Model] | None, fields: "Sequence[Field[Any, Any]]") -> str:
    names = {field.name for field in fields}
    for constraint in model._meta.constraints if model else ():
        if isinstance(constraint, UniqueConstraint) and set(constraint.fields) == names:
            message = str(constraint.violation_error_message)
            return CAME_SECOND if message == constraint.default_violation_error_message else message
    return str(fields[0].error_messages["unique"]) if len(fields) == 1 else CAME_SECOND


class FormErrors:
    """`with FormErrors(form, "email"):` makes errors of the form of what a change refuses, and goes on behind it.

    Of its ValidationErrors those of `field`, of conflicts those of the field that is twice the same.
    """

    def __init__(self, form: BaseForm, field: str | None = None) -> None:
        self.form, self.field = form, field

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        conflict = conflict_of(error) if isinstance(error, IntegrityError) else None
        if isinstance(error, ValidationError):
            self.form.add_error(None if hasattr(error, "error_dict") else self.field, error)
        elif conflict:
            names = (name for name in conflict.fields if name in self.form.fields)
            self.form.add_error(next(names, self.field), conflict.message)
        return conflict is not None or isinstance(error, ValidationError)


class ConflictMiddleware:
    """Answers 409 where nobody nearer has made words of a conflict.

    Not to who sends events: their clients would take a 409 for the end, and try a 500 again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, IntegrityError) or _takes_events(request):
            return None
        conflict = conflict_of(exception)
        return conflict_response(request, conflict.message) if conflict else None


def _takes_events(request: HttpRequest) -> bool:
    return wants_json(request) and not request.path.startswith("/api/")
