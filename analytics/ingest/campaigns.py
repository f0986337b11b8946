"""Campaigns with their A/B tests, and enrollments in them, from the bulk API."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.ingest import fields
from analytics.ingest.bounds import parsed_items
from analytics.ingest.campaign_tests import CampaignTest, TestsOfCampaigns, campaign_test
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.people.identities import locked_numbers
from analytics.ingest.people.signups import move_signups
from analytics.ingest.races import tried_again
from analytics.ingest.references import OwnContact, campaigns_by_external_id, own_contacts_by_external_id
from analytics.ingest.rows import update_rows
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.ledger.locks import share
from analytics.models import Campaign, CampaignStatus, Channel, Enrolment, EnrolmentStatus
from analytics.models.stamps import stamp
from analytics.utm import utm
from workspaces.models import Key, User, Workspace

UTM_FIELDS = ("utm_source", "utm_medium", "utm_campaign")
CAMPAIGN_FIELDS = ("name", "channel", "status", "started_at", "ended_at", "subject", "preview_text", *UTM_FIELDS)
"""What can be said of a campaign itself."""
_TEXTS = {"subject": "subject", "previewText": "preview_text"}
_INSTANTS = ("enrolled_at", "completed_at")
_LIFE = ("started_at", "ended_at")


@dataclass(frozen=True)
class CampaignStatement:
    """What was said of a campaign: `fields` are those of the row that were said."""

    external_id: str
    fields: dict[str, Any]
    tests: tuple[CampaignTest, ...]


@with_days_of_workspace
@tried_again
@transaction.atomic
def take_campaigns(
    workspace: Workspace, items: Sequence[object], *, received_at: datetime, by: User | Key | None = None
) -> Outcome:
    """Make or update campaigns by their external id; only the fields that are given change. The audit log tells of
    their tests."""
    outcome = Outcome()
    read = list(parsed_items(items, campaign_item, outcome))
    share(workspace.pk)  # nobody deletes a campaign meanwhile
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)  # campaigns are few: their writers take turns
    rows = _Rows(workspace, [item for _, item in read], received_at)
    for index, item in read:
        try:
            is_new, is_changed = rows.bring_up_to(item)
        except ItemError as error:
            outcome.reject(index, items[index], error)
            continue
        outcome.accepted += is_new
        outcome.updated += is_changed and not is_new
        outcome.duplicates += not is_changed and not is_new
    rows.write(by)
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def check_ends_after_it_begins(changes: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Raises ItemError; `known` is what a campaign has of the fields that do not change."""
    started_at, ended_at = ({**known, **changes}.get(name) for name in _LIFE)
    if started_at is not None and ended_at is not None and ended_at < started_at:
        raise ItemError(
            "invalid_ended_at", "endedAt lies before startedAt; a campaign ends after it begins. Change one of the two."
        )


def campaign_item(item: dict[str, Any], warnings: ItemWarnings) -> CampaignStatement:
    values = {
        "name": fields.required_text(item, "name", max_length=fields.MAX_NAME_LENGTH),
        "channel": fields.choice(item, "channel", Channel.values),
        "status": fields.choice(item, "status", CampaignStatus.values),
        "started_at": fields.instant(item, "startedAt"),
        "ended_at": fields.instant(item, "endedAt"),
    }
    taken_back = fields.taken_back(item, {"startedAt": "started_at", "endedAt": "ended_at"})
    return CampaignStatement(
        external_id=fields.required_text(item, "externalId"),
        fields={
            **{name: value for name, value in values.items() if value is not None or name in taken_back},
            **_texts(item),
            **_utm_fields(item),
        },
        tests=tuple(map(campaign_test, fields.objects(item, "abTests"))),
    )


def _texts(item: Mapping[str, Any]) -> dict[str, str]:
    """What is shown of its messages in an inbox, as far as it is stated; empty where it is taken back."""
    stated = {field: fields.text(item, name, max_length=fields.MAX_NAME_LENGTH) for name, field in _TEXTS.items()}
    taken_back = fields.taken_back(item, _TEXTS)
    return {field: value or "" for field, value in stated.items() if value or field in taken_back}


def _utm_fields(item: Mapping[str, Any]) -> dict[str, str]:
    """Of the triple that is stated, or taken back; none where nothing is said of it."""
    if fields.taken_back(item, {"utm": "utm"}):
        return dict.fromkeys(UTM_FIELDS, "")
    stated = fields.mapping(item, "utm")
    triple = utm(stated)
    if triple is None and any(value not in (None, "") for value in stated.values()):
        raise ItemError(
            "missing_utm_source", "utm has no source, such as newsletter: without one no visit can carry it."
        )
    return dict(zip(UTM_FIELDS, triple, strict=True)) if triple else {}


class _Rows:
    """The campaigns that items name, with their tests and variants: changed in memory, then written by kind.

    Three queries, and at most seven statements.
    """

    def __init__(self, workspace: Workspace, items: Sequence[CampaignStatement], received_at: datetime) -> None:
        self.workspace, self.received_at = workspace, received_at
        self.campaigns = campaigns_by_external_id(workspace.pk, [item.external_id for item in items])
        self.tests = TestsOfCampaigns(workspace)
        self.tests.load(self.campaigns.values())
        self.new: list[Campaign] = []
        self.changed: dict[int, Campaign] = {}

    def bring_up_to(self, item: CampaignStatement) -> tuple[bool, bool]:
        """Whether the campaign is new, and whether anything of it changes. Raises ItemError, and changes nothing."""
        known = self.campaigns.get(item.external_id)
        check_ends_after_it_begins(item.fields, {} if known is None else {name: getattr(known, name) for name in _LIFE})
        tests = self.tests.changes(item.external_id, item.tests)
        campaign = known or self._make(item.external_id)
        is_changed = _set_fields(campaign, item.fields) or known is None
        if is_changed:
            campaign.received_at = self.received_at
        if (is_changed or tests) and campaign.pk is not None:
            self.changed[campaign.pk] = campaign
        self.tests.keep(tests, campaign)
        return known is None, is_changed or bool(tests)

    def _make(self, external_id: str) -> Campaign:
        self.campaigns[external_id] = campaign = Campaign(workspace=self.workspace, external_id=external_id)
        self.new.append(campaign)
        return campaign

    def write(self, by: User | Key | None) -> None:
        for campaign in self.new:
            campaign.written_at = stamp()
        Campaign.objects.bulk_create(self.new)
        update_rows(list(self.changed.values()), [*CAMPAIGN_FIELDS, "received_at"])
        self.tests.write(self.received_at, by)


def _set_fields(row: Any, values: Mapping[str, Any]) -> bool:
    """Whether anything is different now."""
    differences = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differences.items():
        setattr(row, name, value)
    return bool(differences)


@dataclass(frozen=True)
class _EnrollmentItem:
    campaign: str
    contact: str
    fields: dict[str, Any]


@with_days_of_workspace
@tried_again
@transaction.atomic
def take_enrollments(workspace: Workspace, items: Sequence[object], *, received_at: datetime) -> Outcome:
    """Make or update enrollments by campaign and contact; only the fields that are given change."""
    outcome = Outcome()
    read = list(parsed_items(items, lambda item, warnings: _enrollment_item(item, received_at, warnings), outcome))
    entries = Entries.begin(workspace, received_at=received_at)
    campaigns = campaigns_by_external_id(workspace.pk, [item.campaign for _, item in read])
    contacts = own_contacts_by_external_id(workspace.pk, [item.contact for _, item in read])
    good: list[tuple[int, OwnContact, dict[str, Any]]] = []
    seen: list[tuple[OwnContact, datetime]] = []
    for index, item in read:
        try:
            if item.campaign not in campaigns:
                raise ItemError("unknown_campaign", f"There is no campaign with the externalId {item.campaign!r}.")
            if item.contact not in contacts:
                raise ItemError("unknown_contact", f"There is no contact with the externalId {item.contact!r}.")
            good.append((campaigns[item.campaign].pk, contacts[item.contact], item.fields))
            seen += [(contacts[item.contact], item.fields[name]) for name in _INSTANTS if item.fields.get(name)]
        except ItemError as error:
            outcome.reject(index, items[index], error)
    _write_enrollments(entries, good, outcome)
    move_signups(entries, seen)
    entries.write()
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _enrollment_item(item: dict[str, Any], received_at: datetime, warnings: ItemWarnings) -> _EnrollmentItem:
    completed_at = fields.past_instant(item, "completedAt", received_at, warnings)
    status = fields.choice(item, "status", EnrolmentStatus.values)
    if status is None and completed_at is not None:
        status = EnrolmentStatus.COMPLETED
    values = {
        "status": status,
        "enrolled_at": fields.unless_ahead(item, "enrolledAt", received_at, warnings),
        "completed_at": completed_at,
    }
    taken_back = fields.taken_back(item, {"completedAt": "completed_at"})
    return _EnrollmentItem(
        campaign=fields.required_text(item, "campaign"),
        contact=fields.required_text(item, "contact"),
        fields={name: value for name, value in values.items() if value is not None or name in taken_back},
    )


def _write_enrollments(entries: Entries, good: list[tuple[int, OwnContact, dict[str, Any]]], outcome: Outcome) -> None:
    """An enrollment stays that of the contact that was enrolled, also when that was merged into another one."""
    workspace_id, received_at = entries.workspace_id, entries.received_at
    pairs = {(campaign, pk) for campaign, contact, _ in good for pk in (contact.pk, contact.known_by.pk)}
    locked_numbers(workspace_id)
    rows = {
        (row.campaign_id, row.contact_id): row
        for row in Enrolment.objects.filter(
            workspace_id=workspace_id,
            campaign_id__in={campaign for campaign, _ in pairs},
            contact_id__in={contact for _, contact in pairs},
        )
        if (row.campaign_id, row.contact_id) in pairs
    }
    before = {pair: copy(row) for pair, row in rows.items()}
    changed: dict[tuple[int, int], Enrolment] = {}
    for campaign, own, values in good:
        contact = own.pk if (campaign, own.pk) in rows else own.known_by.pk
        row = rows.get((campaign, contact))
        is_new = row is None
        if row is None:
            row = rows[campaign, contact] = Enrolment(
                workspace_id=workspace_id, campaign_id=campaign, contact_id=contact, enrolled_at=received_at
            )
        if values.get("completed_at") == received_at and row.completed_at is not None:
            del values["completed_at"]  # it lies ahead: what counted as of its first receipt stays
        is_changed = _set_fields(row, values)
        if is_new or is_changed:
            row.received_at = received_at
            changed[campaign, contact] = row
        outcome.accepted += is_new
        outcome.updated += is_changed and not is_new
        outcome.duplicates += not is_changed and not is_new
    new = [row for pair, row in changed.items() if pair not in before]
    for row in new:
        row.written_at = stamp()
    Enrolment.objects.bulk_create(new)
    known = [row for pair, row in changed.items() if pair in before]
    update_rows(known, ["status", "enrolled_at", "completed_at", "received_at"])
    for pair, row in changed.items():
        entries.change_enrollment(before.get(pair), row)
