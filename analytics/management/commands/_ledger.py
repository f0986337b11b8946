"""What the commands on the ledger have in common: which workspaces and days they are about."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date

from django.core.management.base import CommandError

from campaignos.ids import number_of
from workspaces.models import Workspace


def add_workspace_argument(parser: ArgumentParser) -> None:
    parser.add_argument("--workspace", metavar="ws_N", help="only this workspace; all of them if not given")


def add_day_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="only this local day")
    parser.add_argument("--from", dest="first", type=_day, metavar="YYYY-MM-DD", help="the first day")
    parser.add_argument("--to", dest="last", type=_day, metavar="YYYY-MM-DD", help="the last day")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day; write it as 2026-03-31") from None


def chosen_days(day: date | None, first: date | None, last: date | None) -> tuple[date | None, date | None]:
    if day is not None and (first or last):
        raise CommandError("--day does not go with --from and --to.")
    if first and last and first > last:
        raise CommandError("--from lies after --to.")
    return (day, day) if day is not None else (first, last)


def chosen_workspaces(api_id: str | None) -> list[Workspace]:
    if api_id is None:
        return list(Workspace.objects.order_by("pk"))
    workspace = Workspace.objects.filter(pk=number_of("ws", api_id) or 0).first()
    if workspace is None:
        raise CommandError(f"There is no workspace {api_id!r}; their ids look like ws_1.")
    return [workspace]
