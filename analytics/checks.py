"""System checks for the rules that let the big tables be distributed by workspace (docs/decisions/0002)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db import models

from analytics.models.distribution import DistributedModel

Problems = Iterable[checks.CheckMessage]


@checks.register(checks.Tags.models)
def check_distribution(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    of_apps = {config.label for config in app_configs} if app_configs is not None else None
    return [
        problem
        for model in apps.get_models()
        if of_apps is None or model._meta.app_label in of_apps
        for problem in distribution_problems(model)
    ]


def distribution_problems(model: type[models.Model]) -> list[checks.CheckMessage]:
    """Which rules a model breaks."""
    return [*_id_problems(model), *_unique_problems(model), *_foreign_key_problems(model)]


def _id_problems(model: type[models.Model]) -> Problems:
    key = model._meta.pk
    if _is_distributed(model) and (isinstance(key, models.AutoField) or key.has_db_default()):
        yield checks.Error(
            "A distributed table's ids come from the application.",
            hint="Ids that a multi-shard insert returns come back in another order.",
            obj=model,
            id="analytics.E001",
        )


def _unique_problems(model: type[models.Model]) -> Problems:
    """A primary key of one column may stand: `distribute` sets the workspace before it."""
    if not _is_distributed(model):
        return
    options = model._meta
    uniques = {
        constraint.name: list(constraint.fields)
        for constraint in options.constraints
        if isinstance(constraint, models.UniqueConstraint)
    }
    uniques |= {field.name: [field.name] for field in options.local_fields if field.unique and not field.primary_key}
    uniques |= {", ".join(names): list(names) for names in options.unique_together}
    if len(options.pk_fields) > 1:
        uniques["primary key"] = [field.name for field in options.pk_fields]
    for name, columns in uniques.items():
        if columns[0] != "workspace":
            yield checks.Error(
                f"The unique constraint {name!r} of a distributed table must begin with its workspace.",
                obj=model,
                id="analytics.E002",
            )


def _foreign_key_problems(model: type[models.Model]) -> Problems:
    for field in model._meta.local_fields:
        if not isinstance(field, models.ForeignKey) or not field.db_constraint:  # type: ignore[attr-defined]
            continue
        if _is_distributed(model) or _is_distributed(field.related_model):
            yield checks.Error(
                "No foreign key constraint may leave or reach a distributed table.",
                hint="Set db_constraint=False and on_delete=DO_NOTHING.",
                obj=field,
                id="analytics.E003",
            )


def _is_distributed(model: Any) -> bool:
    return issubclass(model, DistributedModel)
