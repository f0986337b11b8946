"""Drops what came by a key for web pages since an instant."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from analytics.ingest.removal.key_drops import DroppedRows, SentByKey, drop_sent
from analytics.management.commands._data import DataCommand
from campaignos.ids import number_of
from workspaces.models import Key
from workspaces.scope import scope, scope_of_all


class Command(DataCommand):
    help = "Drop what came by a key for web pages since an instant. May be stopped and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", help="The key, such as key_3.")
        parser.add_argument("--since", required=True, help="Such as 2026-01-15T09:30:00Z.")

    def handle(self, *, key: str, since: str, **options: Any) -> None:
        browser_key, at = _key(key), _instant(since)
        with scope(browser_key.workspace):
            dropped = DroppedRows()
            for step in drop_sent(SentByKey(browser_key.workspace, browser_key, at, timezone.now()), by=None):
                dropped += step
                self.stderr.write(_summary(dropped))
        self.stdout.write(f"Dropped: {_summary(dropped)}.")


def _summary(dropped: DroppedRows) -> str:
    return (
        f"{dropped.events:,} events, {dropped.contacts:,} contacts, {dropped.joins:,} joins, "
        f"{dropped.fields:,} fields of others"
    )


def _key(api_id: str) -> Key:
    with scope_of_all("the command names a key alone"):
        keys = Key.objects.filter(pk=number_of("key", api_id) or 0, allows_browsers=True).select_related("workspace")
        key = keys.first()
    if key is None:
        raise CommandError(f"There is no key {api_id!r} for web pages.")
    return key


def _instant(text: str) -> datetime:
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CommandError(f"{text!r} is no instant; allowed is one such as 2026-01-15T09:30:00Z.")
    return at
