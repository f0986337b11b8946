"""A/B tests: made, changed and deleted, each in one transaction, with its line in the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from analytics.audited import DataAction
from analytics.ingest import fields
from analytics.ingest.audit_of_tests import TEST_FIELDS, change_of_test, making_of_test, summary_of_test
from analytics.ingest.bounds import parsed_items
from analytics.ingest.exposures import take_stored_exposures
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.races import tried_again
from analytics.ingest.references import campaigns_by_external_id
from analytics.ingest.variants import (
    VariantStatement,
    changed_variants,
    check_not_in_use,
    is_in_use,
    variant_statements,
)
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.models import ABTest, ABTestGoal, Campaign, Variant
from analytics.models.ab_tests import LONGEST_TEST_WINDOW
from analytics.models.stamps import stamp
from analytics.questions.steps import MAX_TYPE_LENGTH
from workspaces import undo
from workspaces.audit import record
from workspaces.models import Key, User, Workspace
from workspaces.roles import Right

MOST_VARIANTS = 20
MOST_PLANNED = 1_000_000_000
_FIXED = ("is_holdout", "seed")
"""What cannot change once somebody was given a variant: the variants would be drawn otherwise."""


class TestInUse(Exception):
    """People were given its variants, or messages were sent with them."""

    __test__ = False


@dataclass(frozen=True)
class _Statement:
    external_id: str
    campaign: str | None
    fields: dict[str, Any]
    variants: tuple[VariantStatement, ...]


@with_days_of_workspace
@tried_again
@transaction.atomic
def take_tests(
    workspace: Workspace, items: Sequence[object], *, received_at: datetime, by: User | Key | None = None
) -> Outcome:
    """Make tests, or bring those that are known by their ids up to what is sent. Variants that are not named stay.

    A new one takes the variants that events said were given before.
    """
    outcome = Outcome()
    read = list(parsed_items(items, _statement, outcome))
    entries = Entries.begin(workspace, received_at=received_at)
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)  # tests are few: their writers take turns
    campaigns = campaigns_by_external_id(workspace.pk, [item.campaign for _, item in read if item.campaign is not None])
    for index, item in read:
        try:
            if item.campaign is not None and item.campaign not in campaigns:
                raise ItemError("unknown_campaign", f"There is no campaign with the externalId {item.campaign!r}.")
            campaign = campaigns.get(item.campaign or "")
            test = ABTest.objects.filter(workspace=workspace, campaign=campaign, external_id=item.external_id).first()
            if test is None:
                _make(entries, workspace, campaign, item, by)
                outcome.accepted += 1
            elif _bring_up_to(entries, test, item, by):
                outcome.updated += 1
            else:
                outcome.duplicates += 1
        except ItemError as error:
            outcome.reject(index, items[index], error)
    entries.write()
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _statement(item: dict[str, Any], warnings: ItemWarnings) -> _Statement:
    goal, goal_event = (
        fields.choice(item, "goal", ABTestGoal.values),
        fields.text(item, "goalEvent", max_length=MAX_TYPE_LENGTH),
    )
    values = {
        "name": fields.text(item, "name", max_length=fields.MAX_NAME_LENGTH),
        "is_holdout": None if item.get("isHoldout") is None else fields.flag(item, "isHoldout"),
        "started_at": fields.instant(item, "startedAt"),
        "ended_at": fields.instant(item, "endedAt"),
        "planned_size": _whole_number(item, "plannedSize", MOST_PLANNED),
        "goal": ABTestGoal.EVENT if goal is None and goal_event else goal,
        "goal_event": "" if goal is not None and goal_event is None else goal_event,
        "window_days": _whole_number(item, "windowDays", LONGEST_TEST_WINDOW),
        "seed": fields.text(item, "seed", max_length=fields.MAX_ID_LENGTH),
    }
    nullable = {TEST_FIELDS[name]: name for name in ("started_at", "ended_at", "planned_size")}
    taken_back = fields.taken_back(item, nullable)
    return _Statement(
        external_id=fields.required_text(item, "externalId"),
        campaign=fields.text(item, "campaign", max_length=fields.MAX_ID_LENGTH),
        fields={name: value for name, value in values.items() if value is not None or name in taken_back},
        variants=variant_statements(item),
    )


def _whole_number(item: Mapping[str, Any], name: str, most: int) -> int | None:
    value = item.get(name)
    if value in (None, ""):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ItemError(f"invalid_{fields.snake(name)}", f"{name} must be a whole number from 1 to {most:,}.")
    return value


def _make(
    entries: Entries, workspace: Workspace, campaign: Campaign | None, item: _Statement, by: User | Key | None
) -> None:
    if "name" not in item.fields:
        raise ItemError("missing_name", "name is required.")
    goal = ABTestGoal.CLICK if campaign else ABTestGoal.CONVERSION
    test = ABTest(workspace=workspace, campaign=campaign, external_id=item.external_id, goal=goal)
    for name, value in item.fields.items():
        setattr(test, name, value)
    variants = changed_variants(test, [], item.variants)
    _check(test, variants)
    test.save(force_insert=True)
    Variant.objects.bulk_create(variants)
    making_of_test(test, variants, by).save(force_insert=True)
    _stamp_campaign(test)
    take_stored_exposures(entries, [test])


def _bring_up_to(entries: Entries, test: ABTest, item: _Statement, by: User | Key | None) -> bool:
    """Whether anything is different now."""
    known = list(test.variants.all())
    before = summary_of_test(test, known)
    if any(name in item.fields and getattr(test, name) != item.fields[name] for name in _FIXED):
        check_not_in_use(test)
    for name, value in item.fields.items():
        setattr(test, name, value)
    variants = changed_variants(test, known, item.variants)
    if before == summary_of_test(test, variants):
        return False
    _check(test, variants)
    test.save()
    for variant in variants:
        variant.save()
    change_of_test(test, before, variants, by).save(force_insert=True)
    _stamp_campaign(test)
    if len(variants) > len(known):
        take_stored_exposures(entries, [test])
    return True


def _check(test: ABTest, variants: Sequence[Variant]) -> None:
    """Raises ItemError for a test that cannot be."""
    if test.started_at is not None and test.ended_at is not None and test.ended_at < test.started_at:
        raise ItemError("invalid_ended_at", "endedAt lies before startedAt; a test ends after it begins.")
    if (test.goal == ABTestGoal.EVENT) != bool(test.goal_event):
        raise ItemError(
            "invalid_goal_event", "A goal of events needs goalEvent, the type of events; no other goal has one."
        )
    if not 2 <= len(variants) <= MOST_VARIANTS:
        raise ItemError("invalid_variants", f"A test has from 2 to {MOST_VARIANTS} variants; here are {len(variants)}.")
    if not any(variant.weight for variant in variants):
        raise ItemError("invalid_variants", "At least one variant needs a weight above 0.")


@transaction.atomic
def delete_test(*, test: ABTest, by: User | Key | None) -> None:
    """Delete a test that nobody is in. Raises TestInUse."""
    if is_in_use(test):
        raise TestInUse
    before = summary_of_test(test, list(test.variants.all()))
    record(DataAction.TEST_DELETED, by=by, workspace=test.workspace, target=test.api_id, before=before)
    _stamp_campaign(test)
    test.delete()


def _stamp_campaign(test: ABTest) -> None:
    """Whoever follows campaigns is told of their tests."""
    if test.campaign is not None:
        Campaign.objects.filter(workspace=test.workspace, pk=test.campaign.pk).update(written_at=stamp())


def resume_test(*, workspace: Workspace, by: User, test_id: int, ended_at: str, before: str | None) -> str:
    """Takes its end back, where nobody has changed that since. Raises ValidationError otherwise."""
    ends = ABTest.objects.filter(workspace=workspace, pk=test_id, ended_at=ended_at)
    test = ends.select_related("campaign").first()
    if test is None:
        raise ValidationError("The test was changed or deleted meanwhile.")
    campaign = test.campaign.external_id if test.campaign else None
    item = {"externalId": test.external_id, "campaign": campaign, "endedAt": before}
    for remark in take_tests(workspace, [item], received_at=timezone.now(), by=by).rejected:
        raise ValidationError(remark.message)
    return f"{test.name} goes on."


undo.register("ab-test-end", Right.WRITE, resume_test)
