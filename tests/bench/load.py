"""Loads a history through the project's own ingest functions, and takes the time of the ledger's part."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from typing import Any
from unittest.mock import patch

from tqdm import tqdm

from analytics import ingest
from analytics.ledger import Entries, compaction
from tests.bench.history import CAMPAIGNS, CHANNELS, TRIPLES, TYPES, History, iso
from workspaces.models import Workspace

BATCH = 1000
PARTS_OF_LEDGER = ("begun", "add_events", "change_message", "change_contact", "change_enrolment", "join", "write")


@dataclass
class Times:
    seconds: float = 0
    of_ledger: float = 0
    events: int = 0
    of_events: float = 0


@contextmanager
def timed_ledger(times: Times) -> Iterator[None]:
    """Adds up the time spent in appending to the ledger."""

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                times.of_ledger += time.perf_counter() - start

        return run

    changes: dict[str, Any] = {name: timed(getattr(Entries, name)) for name in PARTS_OF_LEDGER if name != "begun"}
    with patch.multiple(Entries, **changes), patch.object(compaction, "_merge", timed(compaction._merge)):
        yield


def load(workspace: Workspace, of: History) -> Times:
    times = Times()
    with timed_ledger(times):
        campaigns = [
            {"externalId": f"c{n}", "name": f"Campaign {n}", "status": "ACTIVE", "channel": CHANNELS[n % 4]}
            for n in range(CAMPAIGNS)
        ]
        _take(ingest.take_campaigns, workspace, campaigns, of, times, CAMPAIGNS)
        _take(ingest.take_contacts, workspace, _contacts(of), of, times, of.people)
        _take(ingest.take_messages, workspace, _messages(of), of, times, len(of.message_person))
        before = times.seconds
        _take(ingest.take_events, workspace, _events(of), of, times, len(of.event_at))
        times.events, times.of_events = len(of.event_at), times.seconds - before
        _take(ingest.take_calls, workspace, _identifications(of), of, times, int((of.identified_at > 0).sum()))
    return times


def _take(
    take: Callable[..., ingest.Outcome],
    workspace: Workspace,
    items: Iterable[dict[str, Any]],
    of: History,
    times: Times,
    total: int,
) -> None:
    rest = iter(items)
    with tqdm(total=total, desc=take.__name__, unit=" rows", mininterval=5) as bar:
        while batch := list(islice(rest, BATCH)):
            start = time.perf_counter()
            outcome = take(workspace, batch, received_at=of.end)
            times.seconds += time.perf_counter() - start
            if outcome.rejected or outcome.accepted != len(batch):
                raise RuntimeError(f"{take.__name__} took {outcome.accepted} of {len(batch)}: {outcome.rejected[:1]}")
            bar.update(len(batch))


def _contacts(of: History) -> Iterator[dict[str, Any]]:
    for number, at in enumerate(of.signup_at.tolist()):
        yield {"externalId": f"u{number}", "email": f"u{number}@example.com", "signedUpAt": iso(at)}


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


def _events(of: History) -> Iterator[dict[str, Any]]:
    identified = of.identified_at.tolist()
    rows = zip(
        of.event_at.tolist(), of.event_person.tolist(), of.event_type.tolist(), of.event_triple.tolist(), strict=True
    )
    for number, (at, person, event_type, triple) in enumerate(rows):
        item = {
            "messageId": f"e{number}",
            "type": TYPES[event_type],
            "occurredAt": iso(at),
            "properties": {"n": number},
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
