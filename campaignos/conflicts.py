"""What the database refuses because it is there already: of two requests at once, the one that came second.

Constraints decide, and here alone their refusals become words: for forms an error of the field, for programs and pages
a 409 (`middleware.py`). What a constraint says stands beside it, in its model (`violation_error_message`, or `unique`
of a field).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import psycopg
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import UniqueConstraint
from django.forms import BaseForm

CAME_SECOND = "This is there already: it was sent twice, or somebody else was faster. Look at what is there."

_ON_SQLITE = re.compile(r"UNIQUE constraint failed: (?P<columns>[\w., ]+)")


@dataclass(frozen=True)
class Conflict:
    """A unique constraint that was violated: what it says, and of which fields."""

    message: str
    fields: tuple[str, ...]


def conflict_of(error: IntegrityError) -> Conflict | None:
    """What refused, or None if it was no unique constraint."""
    if isinstance(error.__cause__, psycopg.errors.UniqueViolation):
        report = error.__cause__.diag
        return _conflict(str(report.table_name), name=str(report.constraint_name))
    if match := _ON_SQLITE.search(str(error)):
        table, *_ = match["columns"].split(".")
        return _conflict(table, columns={column.split(".")[-1] for column in match["columns"].split(", ")})
    return None


def _conflict(table: str, *, name: str = "", columns: Collection[str] = ()) -> Conflict:
    """The conflict of the constraint with this name, as PostgreSQL tells it, or on these columns, as SQLite does."""
    model = next((model for model in apps.get_models() if model._meta.db_table == table), None)
    if model is None:
        return Conflict(CAME_SECOND, ())
    for field in model._meta.concrete_fields:
        if field.unique and (name.startswith(f"{table}_{field.column}_") or {field.column} == set(columns)):
            return Conflict(str(field.error_messages["unique"]), (field.name,))
    for constraint in model._meta.constraints:
        if not isinstance(constraint, UniqueConstraint):
            continue
        constrained = {field.column for field in model._meta.concrete_fields if field.name in constraint.fields}
        if constraint.name == name or (columns and constrained == set(columns)):
            message = str(constraint.violation_error_message)
            is_usual = message == constraint.default_violation_error_message
            return Conflict(CAME_SECOND if is_usual else message, tuple(constraint.fields))
    return Conflict(CAME_SECOND, ())


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
