"""How fast each resource comes in beside events: from files in order and in none, and in batches.

In time of the processor, without that of PostgreSQL's server. Of events by command that is of both processes; what the
second one takes to start counts, so that few events would seem dear, and the shares of others large.
"""

import json
import random
import resource
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management import call_command

from analytics import ingest
from tests.bench.history import History, history
from tests.bench.load import write_files
from workspaces.changes import create_workspace
from workspaces.models import User, Workspace

ITEMS, TURNS = 60_000, 3
SIZES = (100, 1000)
TAKE: Mapping[str, Callable[..., ingest.Outcome]] = {
    "contacts": ingest.take_contacts,
    "messages": ingest.take_messages,
    "message-events": ingest.take_message_events,
    "events": ingest.take_events,
}
"""In the order in which they refer to each other."""


def measured_rates(user: User, of: History) -> dict[str, dict[str, float]]:
    """By way in, how many events come in a second, and the shares of this rate that other resources have.

    Of each the fastest of some turns, in which all come one after another.
    """
    seconds: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with TemporaryDirectory(prefix="bench-") as folder:
        made = history(ITEMS, end=of.end, people=ITEMS, messages=ITEMS)
        files = write_files(Path(folder), made)
        files["message-events"] = _deliveries(files["messages"])
        shuffled = {name: _in_no_order(path) for name, path in files.items()}
        for turn in range(TURNS):
            for way, paths in {"command": files, "command, no order": shuffled}.items():
                workspace = _workspace(user, f"{way} {turn}", files)
                for name in TAKE:
                    seconds[way][name].append(_seconds(partial(_import, workspace, name, paths[name])))
            for size in SIZES:
                workspace = _workspace(user, f"{size} {turn}", files)
                for name, take in TAKE.items():
                    taken = partial(_take, take, workspace, [*_batches(files[name], size)], of)
                    seconds[f"batches of {size}"][name].append(_seconds(taken))
    return {
        way: _beside_events({name: min(turns) for name, turns in of_way.items()}) for way, of_way in seconds.items()
    }


def _workspace(user: User, name: str, files: Mapping[str, Path]) -> Workspace:
    workspace = create_workspace(name=f"Rates, {name}", time_zone="Europe/Berlin", by=user)
    _import(workspace, "campaigns", files["campaigns"])
    return workspace


def _import(workspace: Workspace, name: str, path: Path) -> None:
    call_command("import", name, str(path), workspace=workspace.api_id, stdout=StringIO(), stderr=StringIO())


def _take(
    take: Callable[..., ingest.Outcome], workspace: Workspace, batches: list[list[dict[str, Any]]], of: History
) -> None:
    accepted = sum(take(workspace, batch, received_at=of.end).accepted for batch in batches)
    if accepted != sum(map(len, batches)):
        raise RuntimeError(f"{accepted} items were taken of {sum(map(len, batches))}.")


def _seconds(run: Callable[[], None]) -> float:
    begun = _of_processor()
    run()
    return _of_processor() - begun


def _of_processor() -> float:
    """Of this process, and of its children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _beside_events(seconds: Mapping[str, float]) -> dict[str, float]:
    shares = {f"{name} / events": round(seconds["events"] / seconds[name], 2) for name in TAKE if name != "events"}
    return {"events_per_s": round(ITEMS / seconds["events"]), **shares}


def _deliveries(messages: Path) -> Path:
    """A report for each message, in a file beside them."""
    path = messages.with_name("message-events.jsonl")
    with messages.open() as file, path.open("w") as reports:
        for message in map(json.loads, file):
            about = {"message": message["externalId"], "type": "delivered", "at": message["createdAt"]}
            reports.write(json.dumps({**about, "id": f"delivery of {message['externalId']}"}) + "\n")
    return path


def _in_no_order(path: Path) -> Path:
    lines = path.read_text().splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    other = path.with_name(f"shuffled-{path.name}")
    other.write_text("".join(lines))
    return other


def _batches(path: Path, size: int) -> Iterator[list[dict[str, Any]]]:
    items = [*map(json.loads, path.read_text().splitlines())]
    for start in range(0, len(items), size):
        yield items[start : start + size]
