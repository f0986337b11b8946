"""Changing single rows that somebody looked at: while one is held, nobody else changes it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction

from analytics.ingest.people.identities import locked_numbers
from analytics.ingest.removals import note_removals
from analytics.ledger.locks import share, take_alone
from analytics.mentions import mentions_of, segments_that_name
from analytics.models import ABTest, Assignment, Campaign, Enrolment, Message, RemovedFrom, Variant
from workspaces.models import Workspace


class CampaignInUse(Exception):
    """The campaign has messages, enrollments or people in its tests, which would be nobody's without it; or something
    that is kept names it: `users` says what."""

    def __init__(self, users: Sequence[str] = ()) -> None:
        super().__init__(*users)
        self.users = users


@contextmanager
def people_held(workspace: Workspace) -> Iterator[None]:
    """A transaction in which nobody else changes the workspace's contacts and enrollments."""
    with transaction.atomic():
        share(workspace.pk)  # before the lock, as every writer does
        locked_numbers(workspace.pk)
        yield


@contextmanager
def campaigns_held(workspace: Workspace) -> Iterator[None]:
    """A transaction in which nobody else changes the workspace's campaigns."""
    with transaction.atomic():
        share(workspace.pk)
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        yield


@contextmanager
def all_held(workspace: Workspace) -> Iterator[None]:
    """A transaction in which nobody else writes to the workspace's data."""
    with transaction.atomic():
        take_alone(workspace.pk)
        yield


def delete_campaign(workspace: Workspace, campaign: Campaign) -> None:
    """Delete a campaign to which nothing belongs, with its tests; needs `all_held`. Raises CampaignInUse."""
    of_campaign = {"workspace": workspace, "campaign": campaign}
    if Message.objects.filter(**of_campaign).exists() or Enrolment.objects.filter(**of_campaign).exists():
        raise CampaignInUse
    tests = ABTest.objects.filter(**of_campaign)
    if Assignment.objects.filter(workspace=workspace, test__in=[test.pk for test in tests]).exists():
        raise CampaignInUse
    if users := [*segments_that_name(workspace, campaign.api_id), *mentions_of(workspace, campaign.api_id)]:
        raise CampaignInUse(users)
    Variant.objects.filter(workspace=workspace, test__campaign=campaign).delete()
    tests.delete()
    note_removals(workspace.pk, RemovedFrom.CAMPAIGNS, [campaign.pk])
    campaign.delete()
