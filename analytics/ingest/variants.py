"""The variants of A/B tests: what may be said of them, by whichever door it comes."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from analytics.ingest import fields
from analytics.ingest.outcome import ItemError
from analytics.models import ABTest, Assignment, Message, Variant
from analytics.models.ab_tests import control_of


@dataclass(frozen=True)
class VariantStatement:
    """What is stated of one, by the names of its columns; of a new one the rest is as the model has it."""

    name: str
    fields: Mapping[str, Any]


def variant_statements(item: Mapping[str, Any]) -> tuple[VariantStatement, ...]:
    """Of a test, in their order. Raises ItemError."""
    found = tuple(map(_statement, fields.objects(item, "variants")))
    if len({variant.name for variant in found}) < len(found):
        raise ItemError("invalid_variants", "The variants of a test must have different names.")
    return found


def _statement(item: Mapping[str, Any]) -> VariantStatement:
    stated: dict[str, Any] = {}
    if item.get("weight") is not None:
        stated["weight"] = fields.finite_number(item, "weight", default=1.0)
    if item.get("isControl") is not None:
        stated["is_control"] = fields.flag(item, "isControl")
    return VariantStatement(fields.required_text(item, "name", max_length=fields.MAX_NAME_LENGTH), stated)


def changed_variants(
    test: ABTest, known: Sequence[Variant], statements: Sequence[VariantStatement]
) -> tuple[Variant, ...]:
    """All variants of the test as they are to be: those that change are copies, new ones come last, and those of which
    nothing is said stay. Raises ItemError. Up to two queries, where what a test in use keeps would change."""
    after = {variant.name: variant for variant in known}
    place = max((variant.position for variant in known), default=-1)
    for statement in statements:
        variant = after.get(statement.name)
        if variant is None:
            place += 1
            variant = Variant(workspace_id=test.workspace_id, test=test, name=statement.name, position=place)
        elif all(getattr(variant, name) == value for name, value in statement.fields.items()):
            continue
        after[statement.name] = variant = copy(variant)
        for name, value in statement.fields.items():
            setattr(variant, name, value)
    variants = tuple(after.values())
    _check_together(test, variants)
    if _are_compared_otherwise(known, after):
        check_not_in_use(test)
    return variants


def _check_together(test: ABTest, variants: Sequence[Variant]) -> None:
    """Raises ItemError for variants of which nothing could be told."""
    controls = sum(variant.is_control for variant in variants)
    if controls > 1:
        raise ItemError("invalid_variants", "Only one variant of a test is its control.")
    if test.is_holdout and (len(variants) != 2 or controls != 1):
        raise ItemError(
            "invalid_variants", "A holdout has two variants: one with isControl, which is withheld, and the other."
        )


def _are_compared_otherwise(known: Sequence[Variant], after: Mapping[str, Variant]) -> bool:
    """Whether a weight changes, or which one is the control, marked or as the first."""
    if not known:
        return False
    control = control_of([*after.values()])
    return control.name != control_of(known).name or any(
        variant.weight != after[variant.name].weight for variant in known
    )


def check_not_in_use(test: ABTest) -> None:
    """Raises ItemError once people were given its variants: who gets which is drawn by them, and their numbers are
    compared by them."""
    if test.pk is not None and is_in_use(test):
        raise ItemError(
            "test_in_use",
            f"People were given variants of {test.external_id!r} already: weights, control, seed and isHoldout stay. "
            "End it, and make another test.",
        )


def is_in_use(test: ABTest) -> bool:
    """Whether people were given its variants, or messages were sent with them. Up to two queries."""
    if Assignment.objects.filter(workspace_id=test.workspace_id, test=test.pk).exists():
        return True
    if test.campaign_id is None:
        return False
    variants = list(Variant.objects.filter(workspace=test.workspace_id, test=test.pk).values_list("pk", flat=True))
    messages = Message.objects.filter(workspace_id=test.workspace_id, campaign=test.campaign_id)
    return messages.filter(variant__in=variants).exists()
