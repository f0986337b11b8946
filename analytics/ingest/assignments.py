"""Assignments: who was given which variant of a test, and when; stated one by one, in bulk and by files."""

import re
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max, QuerySet

from analytics.ingest import fields
from analytics.ingest.bounds import parsed_items
from analytics.ingest.fields import EARLIEST_INSTANT
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.people.contacts import write_statements
from analytics.ingest.people.identities import Claims, People, locked_numbers
from analytics.ingest.people.settlement import settle_claims
from analytics.ingest.people.words import Statement
from analytics.ingest.races import tried_again
from analytics.ingest.rows import insert_new, update_rows
from analytics.ingest.senders import TRUSTED
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.models import ABTest, Assignment, Identity, IdentityKind, Variant
from analytics.models.facts import derived_id
from analytics.periods import microseconds
from workspaces.models import Workspace

_EXTERNAL = IdentityKind.EXTERNAL
_TEST_ID = re.compile(r"ab_[0-9]{1,18}")


class GivenVariant(NamedTuple):
    """That somebody was given a variant."""

    test_id: int
    variant_id: int
    person_number: int
    at: datetime
    withheld: bool
    browser_key: int | None = None


@dataclass(frozen=True)
class AssignmentStatement:
    """As it was sent; `withheld` is None where nothing was said of it."""

    test: str
    campaign: str | None
    variant: str
    contact: str | None
    anonymous_id: str | None
    at: datetime
    withheld: bool | None


@with_days_of_workspace
@tried_again
@transaction.atomic
def take_assignments(workspace: Workspace, items: Sequence[object], *, received_at: datetime) -> Outcome:
    """Keep who was given which variant. Of what was said several times the earliest instant counts."""
    outcome = Outcome()
    read = list(parsed_items(items, lambda item, warnings: _assignment_item(item, received_at, warnings), outcome))
    entries = Entries.begin(workspace, received_at=received_at)
    tests = TestsByName(workspace.pk, [item.test for _, item in read])
    good: list[tuple[AssignmentStatement, Variant]] = []
    for index, item in read:
        try:
            good.append((item, tests.variant(item)))
        except ItemError as error:
            outcome.reject(index, items[index], error)
    people = _people(entries, [item for item, _ in good])
    numbers = people.numbers(*_ids([item for item, _ in good]))
    effects = write_assignments(
        entries,
        [_given_variant(item, variant, number) for (item, variant), number in zip(good, numbers, strict=True)],
    )
    entries.write()
    for count in ("accepted", "updated", "duplicates"):
        setattr(outcome, count, effects.count(count))
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _assignment_item(item: dict[str, Any], received_at: datetime, warnings: ItemWarnings) -> AssignmentStatement:
    contact, anonymous_id = fields.identifier(item, "contact"), fields.identifier(item, "anonymousId")
    if contact is None and anonymous_id is None:
        raise ItemError("missing_identity", "contact or anonymousId is required.")
    return AssignmentStatement(
        test=fields.required_text(item, "abTest"),
        campaign=fields.text(item, "campaign", max_length=fields.MAX_ID_LENGTH),
        variant=fields.required_text(item, "variant", max_length=fields.MAX_NAME_LENGTH),
        contact=contact,
        anonymous_id=anonymous_id,
        at=fields.past_instant(item, "assignedAt", received_at, warnings) or received_at,
        withheld=None if item.get("withheld") in (None, "") else fields.flag(item, "withheld"),
    )


def _given_variant(item: AssignmentStatement, variant: Variant, person_number: int) -> GivenVariant:
    is_withheld = variant.test.is_holdout and variant.is_control if item.withheld is None else item.withheld
    return GivenVariant(variant.test_id, variant.pk, person_number, item.at, is_withheld)


def _ids(items: Sequence[AssignmentStatement]) -> tuple[list[str | None], list[str | None]]:
    return [item.contact for item in items], [item.anonymous_id for item in items]


def _people(entries: Entries, items: Sequence[AssignmentStatement]) -> People:
    """Those whom the items name, made where they are new, as by events."""
    none, at = [None] * len(items), [microseconds(item.at) for item in items]
    claims = Claims(*_ids(items), none, at, [TRUSTED] * len(items))
    people, _, _ = settle_claims(entries, claims, ids=range(len(items)))
    named: dict[str, datetime] = {}
    for item in items:
        if item.contact is not None and not people.contact(item.contact).is_sure:
            named[item.contact] = min(item.at, named.get(item.contact, item.at))
    write_statements(entries, people, [Statement(*each) for each in named.items()])
    return people


class TestsByName:
    """Tests by their senders' ids, with their variants. Two queries."""

    __test__ = False

    def __init__(self, workspace_id: int, names: Collection[str]) -> None:
        wanted = set(names)
        tests = ABTest.objects.filter(workspace=workspace_id).select_related("campaign")
        keys = [int(name.removeprefix("ab_")) for name in wanted if _TEST_ID.fullmatch(name)]
        found = [*tests.filter(external_id__among=wanted), *(tests.filter(pk__among=keys) if keys else ())]
        self._tests: dict[str, dict[int, ABTest]] = {}
        for test in found:
            for name in {test.external_id, test.api_id} & wanted:
                self._tests.setdefault(name, {})[test.pk] = test
        by_key = {test.pk: test for test in found}
        self._variants: dict[tuple[int, str], Variant] = {}
        for variant in Variant.objects.filter(workspace=workspace_id, test__among=by_key):
            variant.test = by_key[variant.test_id]
            self._variants[variant.test_id, variant.name] = variant

    def variant(self, item: AssignmentStatement) -> Variant:
        """That which an item names. Raises ItemError."""
        test = self._test(item)
        if (variant := self._variants.get((test.pk, item.variant))) is None:
            names = ", ".join(repr(name) for key, name in self._variants if key == test.pk)
            raise ItemError("unknown_variant", f"{item.test!r} has no variant {item.variant!r}; it has: {names}.")
        return variant

    def _test(self, item: AssignmentStatement) -> ABTest:
        tests = [*self._tests.get(item.test, {}).values()]
        if item.campaign is not None:
            tests = [test for test in tests if test.campaign and test.campaign.external_id == item.campaign]
        elif len(tests) > 1:
            tests = [test for test in tests if test.campaign is None] or tests
        if not tests:
            of_campaign = f" of the campaign {item.campaign!r}" if item.campaign is not None else ""
            raise ItemError("unknown_test", f"There is no A/B test{of_campaign} with the externalId {item.test!r}.")
        if len(tests) > 1:
            raise ItemError("ambiguous_test", f"Several campaigns have an A/B test {item.test!r}: say which campaign.")
        return tests[0]

    def variant_of_names(self, tests: Sequence[str], variants: Sequence[str]) -> Variant | None:
        """Of the first of these that is a test of no campaign, else of a single one, the first that is its variant."""
        for name in tests:
            found = [*self._tests.get(name, {}).values()]
            found = [test for test in found if test.campaign is None] or found
            if len(found) == 1:
                named = (self._variants.get((found[0].pk, variant)) for variant in variants)
                return next(filter(None, named), None)
        return None


def stored_assignment(workspace: Workspace, item: dict[str, Any]) -> Assignment | None:
    """The row that an item became which was taken."""
    read = _assignment_item(item, EARLIEST_INSTANT, ItemWarnings())
    variant = TestsByName(workspace.pk, [read.test]).variant(read)
    kind, value = (IdentityKind.ANONYMOUS, read.anonymous_id) if read.contact is None else (_EXTERNAL, read.contact)
    number = Identity.objects.get(workspace_id=workspace.pk, kind=kind, value=value).person_number
    id = assignment_id(workspace.pk, _given_variant(read, variant, number))
    return Assignment.objects.filter(workspace_id=workspace.pk, pk=id).first()


def write_assignments(entries: Entries, given: Sequence[GivenVariant]) -> list[str]:
    """Bring assignments up to what is given; for each, whether it was "accepted", "updated", or is one of the
    "duplicates". Takes the workspace's lock. Up to three statements."""
    if not given:
        return []
    workspace_id = entries.workspace_id
    locked_numbers(workspace_id)
    ids = [assignment_id(workspace_id, each) for each in given]
    stored = Assignment.objects.filter(workspace_id=workspace_id, pk__among={id.hex for id in ids})
    rows: dict[Any, Assignment] = {row.pk: row for row in stored}
    before = {id: copy(row) for id, row in rows.items()}
    effects, changed = [], {}
    for id, each in zip(ids, given, strict=True):
        row = rows.get(id)
        if row is not None and not _comes_before(each, row):
            effects.append("duplicates")
            continue
        effects.append("accepted" if row is None else "updated")
        rows[id] = changed[id] = row = row or Assignment(id=id, workspace_id=workspace_id, **_constant(each))
        row.assigned_at, row.withheld, row.received_at = each.at, each.withheld, entries.received_at
    insert_new([row for id, row in changed.items() if id not in before])
    update_rows([row for id, row in changed.items() if id in before], ["assigned_at", "withheld", "received_at"])
    for id, row in changed.items():
        entries.change_assignment(before.get(id), row)
    return effects


def assignment_id(workspace_id: int, given: GivenVariant) -> Any:
    parts = (given.test_id, given.person_number, given.variant_id, given.browser_key or 0)
    return derived_id(workspace_id, "assignment", *map(str, parts))


def _constant(given: GivenVariant) -> dict[str, Any]:
    names = ("test_id", "variant_id", "person_number", "browser_key")
    return {name: getattr(given, name) for name in names}


def _comes_before(given: GivenVariant, row: Assignment) -> bool:
    """At the same instant, that nothing was given."""
    return (given.at, not given.withheld) < (row.assigned_at, not row.withheld)


def take_assignments_away(workspace: Workspace, rows: QuerySet[Assignment]) -> None:
    """Delete them, and take them off the ledger; nobody else writes them meanwhile."""
    newest = rows.aggregate(newest=Max("received_at"))["newest"]
    if newest is None:
        return
    entries = Entries.begin(workspace, received_at=newest)
    for row in rows.order_by().iterator(chunk_size=10_000):
        entries.change_assignment(row, None)
    entries.write()
    rows.delete()
