"""Serves a workspace's reports to a program on this machine, over standard input and output."""

import gc
from argparse import ArgumentParser
from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import CommandError
from django.utils import timezone

from analytics.machines.http import is_installed
from analytics.machines.report_questions import Asker
from analytics.management.commands._data import DataCommand
from analytics.management.commands._ledger import chosen_workspaces
from workspaces.models import Workspace
from workspaces.scope import scope


class Command(DataCommand):
    help = (
        "Answer a program that speaks the Model Context Protocol on standard input and output: reports of one "
        "workspace by name, without contacts. Needs requirements-mcp.txt. Over the network "
        "it is POST /api/mcp with a secret key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", metavar="ws_N", required=True, help="whose reports")

    def handle(self, *, workspace: str, **options: Any) -> None:
        if not is_installed():
            raise CommandError("The package mcp is not installed: pip install -r requirements-mcp.txt")
        [asked] = chosen_workspaces(workspace)
        with scope(asked):
            gc.collect()
            gc.freeze()
            async_to_sync(_serve)(lambda: next_asker(asked))


def next_asker(workspace: Workspace) -> Asker:
    """After what the call before has left: reports lie in cycles, with arrays of what was read."""
    gc.collect()
    return Asker(workspace, timezone.now())


async def _serve(asker: Any) -> None:
    from mcp.server.stdio import stdio_server

    from analytics.machines.server import tool_server

    server = tool_server(asker)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
