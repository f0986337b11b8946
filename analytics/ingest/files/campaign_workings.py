"""What rows about campaigns would change, with their A/B tests."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from analytics.ingest.campaign_tests import TestsOfCampaigns, TestWithVariants
from analytics.ingest.campaigns import CAMPAIGN_FIELDS, CampaignStatement, campaign_item, check_ends_after_it_begins
from analytics.ingest.files.workings import NAMES_IN_FILES, FieldChange, RowEffect, Workings
from analytics.ingest.outcome import ItemWarnings
from analytics.ingest.references import campaigns_by_external_id
from analytics.models import Campaign
from workspaces.models import Workspace


class CampaignWorkings(Workings[CampaignStatement]):
    def __init__(self, workspace: Workspace, now: datetime) -> None:
        super().__init__(workspace, now)
        self.fields: dict[str, dict[str, Any]] = {}
        """By external id, the campaign's own."""
        self.tests = TestsOfCampaigns(workspace)

    def read(self, item: dict[str, Any], warnings: ItemWarnings) -> CampaignStatement:
        return campaign_item(item, warnings)

    def id_of(self, item: CampaignStatement) -> str:
        return item.external_id

    def load(self, items: Sequence[CampaignStatement]) -> None:
        ids = {item.external_id for item in items}
        rows = campaigns_by_external_id(self.workspace.pk, ids - self.fields.keys())
        self.fields |= {external_id: _own_fields(row) for external_id, row in rows.items()}
        self.tests.load(rows.values())

    def apply(self, item: CampaignStatement) -> RowEffect:
        is_new = item.external_id not in self.fields
        check_ends_after_it_begins(item.fields, self.fields.get(item.external_id, {}))
        tests = self.tests.changes(item.external_id, item.tests)
        fields = self.fields.setdefault(item.external_id, _own_fields(Campaign()))
        changes = []
        for name, value in item.fields.items():
            if fields[name] != value:
                changes.append(FieldChange(NAMES_IN_FILES.get(name, name), None if is_new else fields[name], value))
                fields[name] = value
        for way, after in tests.items():
            changes += _changes_of_test(self.tests.get(way), after)
        self.tests.keep(tests)
        return RowEffect(is_new, bool(changes), changes)


def _own_fields(row: Campaign) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CAMPAIGN_FIELDS}


def _changes_of_test(before: TestWithVariants | None, after: TestWithVariants) -> Iterator[FieldChange]:
    place = f"abTests.{after.test.external_id}"
    yield from _differences(place, before and before.test, after.test, ["name"])
    known = {variant.name: variant for variant in before.variants} if before else {}
    for variant in after.variants:
        names = ["name", "weight", "is_control"]
        yield from _differences(f"{place}.{variant.name}", known.get(variant.name), variant, names)


def _differences(place: str, before: object | None, after: object, names: Sequence[str]) -> Iterator[FieldChange]:
    for name in names:
        old, new = None if before is None else getattr(before, name), getattr(after, name)
        if old != new:
            yield FieldChange(f"{place}.{NAMES_IN_FILES.get(name, name)}", old, new)
