"""Fills a workspace with a made-up shop's two years, for `make demo`."""

from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from analytics import ingest
from analytics.demo import DemoData
from analytics.funnels import save_funnel
from analytics.ingest.ab_tests import take_tests
from analytics.ingest.files.imports import garbage_collected_rarely
from analytics.ledger.compaction import merge_fully
from analytics.management.commands._data import DataCommand
from analytics.models import Campaign
from analytics.questions.step_texts import steps_data
from analytics.questions.steps import EventStep, MessageStep
from workspaces.changes import create_key, create_workspace
from workspaces.models import Key, KeyKind, User, Workspace
from workspaces.scope import scope

EMAIL, PASSWORD = "demo@example.com", "campaignos-demo"
WORKSPACE_NAME, TIME_ZONE = "Bluebird Coffee", "Europe/Berlin"
BATCH_SIZE = 1000
KEY_FILE = "demo-write-key"
FUNNEL_OF = "tasting-box"
HOSTS_OF_THIS_MACHINE = {"127.0.0.1", "localhost", "[::1]"}


class Command(DataCommand):
    help = "Make the demo user and workspace with two years of data. Run again, it keeps what is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000", help="where the server will answer")

    def handle(self, *, address: str, **options: Any) -> None:
        workspace = self._existing() or self._fill()
        with scope(workspace):
            token = _write_token(workspace)
        self._tell(workspace, token, address.rstrip("/"))

    def _existing(self) -> Workspace | None:
        user = User.objects.filter(email=EMAIL).first()
        if user is None:
            return None
        workspace = Workspace.objects.filter(memberships__user=user).order_by("pk").first()
        if workspace is None:
            raise CommandError(f"{EMAIL} is there, but in no workspace: delete that user, and run this again.")
        self.stdout.write(f"The demo data of {workspace.name} is there already, and kept.")
        return workspace

    @transaction.atomic
    @garbage_collected_rarely()
    def _fill(self) -> Workspace:
        """All of it or, when interrupted, nothing."""
        now = timezone.now()
        user = User.objects.create_user(EMAIL, PASSWORD, name="Demo")
        if set(settings.ALLOWED_HOSTS) <= HOSTS_OF_THIS_MACHINE:  # everybody knows the password
            user.is_staff = user.is_superuser = True
            user.save()
        workspace = create_workspace(name=WORKSPACE_NAME, time_zone=TIME_ZONE, by=user)
        data = DemoData(now, workspace.zone)
        parts: list[tuple[Callable[..., ingest.Outcome], list[dict[str, Any]]]] = [
            (ingest.take_campaigns, data.campaigns),
            (ingest.take_contacts, data.contacts),
            (ingest.take_enrollments, data.enrollments),
            (ingest.take_messages, data.messages),
            (ingest.take_message_events, data.message_events),
            (ingest.take_calls, data.calls),
            (ingest.take_rates, data.rates),
            (take_tests, data.ab_tests),
            (ingest.take_assignments, data.assignments),
        ]
        rows = sum(len(items) for _, items in parts)
        with scope(workspace), tqdm(total=rows, unit=" rows", desc="Demo data") as bar:
            for take, items in parts:
                for start in range(0, len(items), BATCH_SIZE):
                    batch = items[start : start + BATCH_SIZE]
                    outcome = take(workspace, batch, received_at=now)
                    if outcome.rejected:
                        raise CommandError(f"{take.__name__} refused demo data: {outcome.rejected[0].message}")
                    bar.update(len(batch))
            _save_funnel(workspace, user)
            merge_fully(workspace.pk)  # as each night does: two years in batches make reading four times as dear
        return workspace

    def _tell(self, workspace: Workspace, token: str, address: str) -> None:
        self.stdout.write(
            f"""
  CampaignOS Analytics    {address}
  Log in                  {EMAIL}
  Password                {PASSWORD}
  Workspace               {workspace.name}, {workspace.api_id}
  Write key               {token}

  Send a first event, and see it in Trends:

    curl {address}/v1/track -u {token}: -H 'Content-Type: application/json' \\
      -d '{{"userId": "you", "event": "hello"}}'

  Stop with Ctrl-C.
"""
        )


def _save_funnel(workspace: Workspace, user: User) -> None:
    """From a campaign by email to the shop."""
    campaign = Campaign.objects.get(workspace=workspace, external_id=FUNNEL_OF)
    delivered, clicked = (MessageStep(status, campaign.pk) for status in ("delivered", "clicked"))
    steps = steps_data([delivered, clicked, EventStep("page_view"), EventStep("purchase")])
    save_funnel(workspace=workspace, name=f"{campaign.name}: email to purchase", steps=steps, range="91d", by=user)


def _write_token(workspace: Workspace) -> str:
    """A usable write key's token. Only its digest is in the database, so the demo keeps it in a file under `var/`."""
    path = settings.VAR_DIR / KEY_FILE
    with suppress(FileNotFoundError):
        token = path.read_text()
        if Key.objects.usable(timezone.now()).with_token(token).filter(workspace=workspace).exists():
            return token
    _, token = create_key(workspace=workspace, kind=KeyKind.WRITE, name="Demo", by=None)
    settings.VAR_DIR.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(token)
    return token
