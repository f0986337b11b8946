"""The A/B tests that campaigns are sent with: statements change them in memory, all at once they are written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics.ingest import fields
from analytics.ingest.audit_of_tests import change_of_test, making_of_test, summary_of_test
from analytics.ingest.exposures import take_stored_exposures
from analytics.ingest.rows import update_rows
from analytics.ingest.variants import VariantStatement, changed_variants, variant_statements
from analytics.ledger import Entries
from analytics.models import ABTest, Campaign, Variant
from workspaces.audit import record_all
from workspaces.models import AuditEvent, Key, User, Workspace

Way = tuple[str, str]
"""The senders' ids of a campaign and of a test of it."""


@dataclass(frozen=True)
class CampaignTest:
    """What was said of a test of a campaign."""

    external_id: str
    name: str
    variants: tuple[VariantStatement, ...]


def campaign_test(item: Mapping[str, Any]) -> CampaignTest:
    return CampaignTest(
        fields.required_text(item, "externalId"),
        fields.required_text(item, "name", max_length=fields.MAX_NAME_LENGTH),
        variant_statements(item),
    )


@dataclass(frozen=True)
class TestWithVariants:
    """As it is, or is to be; its variants in order."""

    __test__ = False

    test: ABTest
    variants: tuple[Variant, ...] = ()

    def is_said_of(self, other: "TestWithVariants | None") -> bool:
        """Whether campaigns would say the same of it."""
        return other is not None and self._contents() == other._contents()

    def _contents(self) -> tuple[str, list[tuple[str, float, bool]]]:
        return self.test.name, [(variant.name, variant.weight, variant.is_control) for variant in self.variants]


class TestsOfCampaigns:
    """Those of the campaigns that are loaded, and what statements make of them. What changes is a copy."""

    __test__ = False

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._stored: dict[Way, TestWithVariants] = {}
        self._now: dict[Way, TestWithVariants] = {}

    def load(self, campaigns: Iterable[Campaign]) -> Mapping[Way, TestWithVariants]:
        """The tests of these campaigns. Two queries."""
        names = {campaign.pk: campaign.external_id for campaign in campaigns}
        tests = {row.pk: row for row in ABTest.objects.filter(workspace=self.workspace, campaign__among=list(names))}
        variants: dict[int, list[Variant]] = {pk: [] for pk in tests}
        for variant in Variant.objects.filter(workspace=self.workspace, test__among=list(tests)):
            variants[variant.test_id].append(variant)
        loaded = {
            (names[test.campaign_id], test.external_id): TestWithVariants(test, tuple(variants[test.pk]))
            for test in tests.values()
            if test.campaign_id is not None
        }
        self._stored |= loaded
        self._now |= loaded
        return loaded

    def changes(self, campaign: str, statements: Sequence[CampaignTest]) -> dict[Way, TestWithVariants]:
        """What is new or differs then. Raises ItemError, and changes nothing."""
        found: dict[Way, TestWithVariants] = {}
        for statement in statements:
            way = campaign, statement.external_id
            new = TestWithVariants(ABTest(workspace=self.workspace, external_id=statement.external_id))
            before = found.get(way) or self._now.get(way) or new
            test = before.test
            if test.name != statement.name:
                test = copy(test)
                test.name = statement.name
            found[way] = TestWithVariants(test, changed_variants(test, before.variants, statement.variants))
        return {way: after for way, after in found.items() if not after.is_said_of(self._now.get(way))}

    def get(self, way: Way) -> TestWithVariants | None:
        """As it is by now."""
        return self._now.get(way)

    def keep(self, changes: Mapping[Way, TestWithVariants], campaign: Campaign | None = None) -> None:
        """Have them be as they are to be; to be written they need their campaign."""
        for of_test in changes.values():
            of_test.test.campaign = campaign
        self._now |= changes

    def write(self, received_at: datetime, by: User | Key | None = None) -> None:
        """Up to five statements, and what events said before of new variants. Days keep their meaning meanwhile."""
        changed = {way: now for way, now in self._now.items() if now is not self._stored.get(way)}
        ABTest.objects.bulk_create([now.test for way, now in changed.items() if way not in self._stored])
        update_rows([now.test for way, now in changed.items() if way in self._stored], ["name"])
        stored = {id(variant) for before in self._stored.values() for variant in before.variants}
        known = (variant for now in changed.values() for variant in now.variants if variant.pk is not None)
        update_rows([variant for variant in known if id(variant) not in stored], ["weight", "is_control"])
        new = [*_new_variants(changed.values())]
        Variant.objects.bulk_create(new)
        record_all(self._changes_made(changed, by))
        if new:
            entries = Entries.begin(self.workspace, received_at=received_at)
            take_stored_exposures(entries, {variant.test for variant in new})
            entries.write()

    def _changes_made(self, changed: Mapping[Way, TestWithVariants], by: User | Key | None) -> list[AuditEvent]:
        """Of tests that are written, for the audit log."""
        found = []
        for way, now in changed.items():
            before = self._stored.get(way)
            if before is None:
                found.append(making_of_test(now.test, now.variants, by))
            elif (summary := summary_of_test(before.test, before.variants)) != summary_of_test(now.test, now.variants):
                found.append(change_of_test(now.test, summary, now.variants, by))
        return found


def _new_variants(tests: Iterable[TestWithVariants]) -> Iterator[Variant]:
    """Of tests that are written."""
    for of_test in tests:
        for variant in (variant for variant in of_test.variants if variant.pk is None):
            variant.test = of_test.test  # which may be a copy of that which it was made for
            yield variant
