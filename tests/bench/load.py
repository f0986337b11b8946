"""Loads a history through the project's own import, and takes the time of the ledger's part."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from io import StringIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from django.core.management import call_command

from analytics import ingest
from analytics.ingest.files import imports
from analytics.ingest.formats.call_values import Batch
from analytics.ingest.outcome import Outcome
from analytics.ledger import Entries, compaction
from tests.bench.history import CAMPAIGNS, CHANNELS, PROPERTIES, TRIPLES, TYPES, History, iso, value_name
from workspaces.models import Workspace

BATCH = 1000
MS_A_DAY = 86_400_000
PARTS_OF_LEDGER = ("add_events", "change_message", "change_contact", "change_enrollment", "join", "write")


@dataclass
class Times:
    seconds: float = 0
    of_ledger: float = 0
    events: int = 0
    of_events: float = 0


@contextmanager
def timed_ledger(times: Times) -> Iterator[None]:
    """Adds up the time spent in appending to the ledger and in compacting it."""

    def add(seconds: float) -> None:
        times.of_ledger += seconds

    changes: dict[str, Any] = {name: timed(getattr(Entries, name), add) for name in PARTS_OF_LEDGER}
    with patch.multiple(Entries, **changes), patch.object(compaction, "_merge", timed(compaction._merge, add)):
        yield


@contextmanager
def timed_writes(times: Times) -> Iterator[None]:
    """Adds up the time that the importing process spends in writing, without what it reads and waits for."""

    def add(seconds: float) -> None:
        times.seconds += seconds

    takes = {name: timed(take, add) for name, take in imports._TAKE.items()}
    with patch.object(imports, "_TAKE", takes), patch.object(imports, "write_calls", timed(imports.write_calls, add)):
        yield


@contextmanager
def merged_at_night(workspace: Workspace, of: History) -> Iterator[None]:
    """Merges fully whenever another day's events are imported, as the timer does."""
    write_calls, done, days = imports.write_calls, 0, 0

    def write(workspace: Workspace, batches: Sequence[Batch], *, are_new: bool) -> list[Outcome]:
        nonlocal done, days
        outcomes = write_calls(workspace, batches, are_new=are_new)
        done += sum(map(len, batches))
        if (now := (of.event_at[done - 1] - of.event_at[0]) // MS_A_DAY) > days:
            compaction.merge_fully(workspace.pk)
            days = now
        return outcomes

    with patch.object(imports, "write_calls", write):
        yield


def timed(function: Callable[..., Any], add: Callable[[float], None]) -> Callable[..., Any]:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            add(time.perf_counter() - start)

    return run


def load(workspace: Workspace, of: History, *, is_merged: bool = True) -> Times:
    """By `manage.py import`, and what no file has, the identifications, as an SDK sends them."""
    times = Times()
    with (
        timed_ledger(times),
        merged_at_night(workspace, of) if is_merged else patch.object(compaction, "COMMITS_PER_LOOK", 1 << 62),
        timed_writes(times),
        TemporaryDirectory(prefix="bench-") as folder,
    ):
        for resource, path in write_files(Path(folder), of).items():
            start = time.perf_counter()
            call_command("import", resource, str(path), workspace=workspace.api_id, stdout=StringIO())
            if resource == "events":
                times.events, times.of_events = len(of.event_at), time.perf_counter() - start
        rest = _identifications(of)
        while batch := list(islice(rest, BATCH)):
            start = time.perf_counter()
            outcome = ingest.take_calls(workspace, batch, received_at=of.end)
            times.seconds += time.perf_counter() - start
            if outcome.accepted != len(batch):
                raise RuntimeError(f"Of {len(batch)} identifications, {outcome.accepted} were taken.")
    return times


def write_files(folder: Path, of: History, *, only: str | None = None) -> dict[str, Path]:
    """By resource, in the order in which they refer to each other, a file of JSON Lines."""
    found = {}
    for resource, items in {
        "campaigns": _campaigns(),
        "contacts": _contacts(of),
        "messages": _messages(of),
        "events": events(of),
    }.items():
        if only in (None, resource):
            found[resource] = folder / f"{resource}.jsonl"
            with found[resource].open("w") as file:
                file.writelines(json.dumps(item) + "\n" for item in items)
    return found


def _campaigns() -> Iterator[dict[str, Any]]:
    for n in range(CAMPAIGNS):
        yield {"externalId": f"c{n}", "name": f"Campaign {n}", "status": "ACTIVE", "channel": CHANNELS[n % 4]}


def _contacts(of: History) -> Iterator[dict[str, Any]]:
    attributes = {name: codes.tolist() for name, codes in of.attributes.items()}
    for number, at in enumerate(of.signup_at.tolist()):
        said = {name: value_name(name, codes[number]) for name, codes in attributes.items() if name != "age"}
        yield {
            "externalId": f"u{number}",
            "email": f"u{number}@example.com",
            "signedUpAt": iso(at),
            "attributes": {**said, "age": 18 + attributes["age"][number]},
        }


def _messages(of: History) -> Iterator[dict[str, Any]]:
    reached = {name: at.tolist() for name, at in of.message_reached.items()}
    rows = zip(of.message_person.tolist(), of.message_campaign.tolist(), of.message_created.tolist(), strict=True)
    for number, (person, campaign, created) in enumerate(rows):
        yield {
            "externalId": f"m{number}",
            "campaign": f"c{campaign}",
            "contact": f"u{person}",
            "channel": CHANNELS[campaign % 4],
            "createdAt": iso(created),
            **{f"{name}At": iso(at[number]) for name, at in reached.items() if at[number] >= 0},
        }


def events(of: History) -> Iterator[dict[str, Any]]:
    identified = of.identified_at.tolist()
    names = {name: [value_name(name, code) for code in range(values)] for name, values in PROPERTIES.items()}
    rows = zip(
        of.event_at.tolist(), of.event_person.tolist(), of.event_type.tolist(), of.event_triple.tolist(), strict=True
    )
    for number, (at, person, event_type, triple) in enumerate(rows):
        item = {
            "messageId": f"e{number}",
            "type": TYPES[event_type],
            "occurredAt": iso(at),
            "properties": {name: names[name][codes[number]] for name, codes in of.event_properties.items()}
            | {"amount": int(of.event_amount[number]) / 100},
        }
        if at < identified[person]:
            item["anonymousId"] = f"d{person}"
        else:
            item["contact"] = f"u{person}"
        if triple >= 0:
            item["utm"] = dict(zip(("source", "medium", "campaign"), TRIPLES[triple], strict=True))
        yield item


def _identifications(of: History) -> Iterator[dict[str, Any]]:
    for person, at in enumerate(of.identified_at.tolist()):
        if at:
            ids = {"userId": f"u{person}", "anonymousId": f"d{person}", "messageId": f"i{person}"}
            yield {"type": "identify", "timestamp": iso(at), **ids}
