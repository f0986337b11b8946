"""Fills a workspace with a made-up shop's two years, for `make demo`."""

import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from analytics import ingest
from analytics.demo import (
    DemoData,
    DemoItem,
    DemoPart,
    DemoProgress,
    demo_parts,
    demo_progress,
    forget_demo_progress,
    note_demo_progress,
)
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
PAUSE_SECONDS = 0.1
"""After each transaction, so that on SQLite whoever else writes has a turn."""
KEY_FILE = "demo-write-key"
FUNNEL_OF = "tasting-box"
HOSTS_OF_THIS_MACHINE = {"127.0.0.1", "localhost", "[::1]"}

_Take = Callable[..., ingest.Outcome]
_Bar: TypeAlias = "tqdm[Any]"


class Command(DataCommand):
    help = (
        "Make the demo user and workspace with two years of data, the newest days first. Run again, it keeps what is "
        "there, and goes on where it was interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000", help="where the server will answer")
        only = parser.add_mutually_exclusive_group()
        only.add_argument(
            "--begin", action="store_true", help="only the newest days, so that there is something to see"
        )
        only.add_argument("--go-on", action="store_true", help="only the other days, while a server answers")

    def handle(self, *, address: str, begin: bool, go_on: bool, **options: Any) -> None:
        if not go_on:
            workspace = self._existing() or self._begin()
            with scope(workspace):
                token = _write_token(workspace)
            self._tell(workspace, token, address.rstrip("/"))
        if not begin:
            with suppress(KeyboardInterrupt) if go_on else nullcontext():
                self._go_on()

    def _existing(self) -> Workspace | None:
        user = User.objects.filter(email=EMAIL).first()
        if user is None:
            return None
        workspace = Workspace.objects.filter(memberships__user=user).order_by("pk").first()
        if workspace is None:
            raise CommandError(f"{EMAIL} is there, but in no workspace: delete that user, and run this again.")
        self.stdout.write(f"The demo data of {workspace.name} is there already, and kept.")
        return workspace

    @garbage_collected_rarely()
    def _begin(self) -> Workspace:
        """The shop and its newest days or, when interrupted, nothing."""
        now = timezone.now()
        forget_demo_progress()
        with transaction.atomic():
            user = User.objects.create_user(EMAIL, PASSWORD, name="Demo")
            if set(settings.ALLOWED_HOSTS) <= HOSTS_OF_THIS_MACHINE:  # everybody knows the password
                user.is_staff = user.is_superuser = True
                user.save()
            workspace = create_workspace(name=WORKSPACE_NAME, time_zone=TIME_ZONE, by=user)
            data = DemoData(now, workspace.zone)
            newest, *older = demo_parts(data)
            rows = len(data.campaigns) + len(data.contacts) + len(data.rates) + len(data.ab_tests) + newest.rows
            with scope(workspace), tqdm(total=rows, unit=" rows", desc="Demo data") as bar:
                for take, items in (
                    (ingest.take_campaigns, data.campaigns),
                    (ingest.take_contacts, data.contacts),
                    (ingest.take_rates, data.rates),
                    (take_tests, data.ab_tests),
                ):
                    _take_all(take, items, workspace, now, bar)
                _take_part(newest, workspace, now, bar)
                _save_funnel(workspace, user)
        if older:
            note_demo_progress(DemoProgress(workspace.pk, now, older[-1].first_day, newest.first_day))
        with scope(workspace):
            merge_fully(workspace.pk)  # as each night does: days in batches make reading four times as dear
        return workspace

    @garbage_collected_rarely()
    def _go_on(self) -> None:
        """The days that are not there yet, a few at a time. What others send meanwhile comes in between."""
        progress = demo_progress()
        workspace = Workspace.objects.filter(pk=progress.workspace_id).first() if progress else None
        if progress is None or workspace is None:
            forget_demo_progress()
            return
        parts = [*demo_parts(DemoData(progress.now, workspace.zone), before=progress.filled_from)]
        rows = sum(part.rows for part in parts)
        with scope(workspace), tqdm(total=rows, unit=" rows", desc="Demo data of earlier days") as bar:
            for part in parts:
                with transaction.atomic():
                    _take_part(part, workspace, progress.now, bar)
                note_demo_progress(replace(progress, filled_from=part.first_day))
                time.sleep(PAUSE_SECONDS)
            merge_fully(workspace.pk)
        forget_demo_progress()

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


def _take_part(part: DemoPart, workspace: Workspace, now: datetime, bar: _Bar) -> None:
    for take, items in (
        (ingest.take_enrollments, part.enrollments),
        (ingest.take_messages, part.messages),
        (ingest.take_message_events, part.message_events),
        (ingest.take_calls, part.calls),
        (ingest.take_assignments, part.assignments),
    ):
        _take_all(take, items, workspace, now, bar)


def _take_all(take: _Take, items: Sequence[DemoItem], workspace: Workspace, now: datetime, bar: _Bar) -> None:
    for start in range(0, len(items), BATCH_SIZE):
        batch = items[start : start + BATCH_SIZE]
        outcome = take(workspace, batch, received_at=now)
        if outcome.rejected:
            raise CommandError(f"{take.__name__} refused demo data: {outcome.rejected[0].message}")
        bar.update(len(batch))


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
