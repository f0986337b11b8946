"""A year of events in one workspace, as packs without facts: what the questions of depth take over HTTP.

Beside what they may take at ten million events.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.core.management import call_command
from django.db import connection

from analytics.ledger import compaction
from analytics.models import ABTest, PersonNumbers, Variant
from analytics.models.ab_tests import ABTestGoal
from tests.bench.packs import daily_histories, write_assignments, write_packs, write_signups
from tests.bench.packs_run import WITHOUT_CONTACTS
from tests.bench.reading import cost
from tests.bench.run import say
from tests.bench.server import served
from workspaces.changes import create_key, create_workspace
from workspaces.models import KeyKind, User

DAYS = 365
REQUESTS = 9
_FUNNEL = "/funnel?steps=page_view,add_to_cart,purchase&period=90d&window=14d"
_RETENTION = "/cohorts?period=365d&by=month&unit=month&horizon=12&start="
_CREDIT = "period=180d"
"""Of ten million events about 1.6 million touches, with those of the thirty days before."""
_SKEW = 1.5
"""The busiest of 500,000 people does something some four times a day."""
ASKED = {
    "funnel of 14 days, with maturity and times": (_FUNNEL, 300),
    "funnel, strict": (f"{_FUNNEL}&order=strict", 500),
    "funnel in any order": (f"{_FUNNEL}&order=any", 500),
    **{
        f"retention since {start}, {clock}": (f"{_RETENTION}{start}&clock={clock}", 700)
        for start in ("signup", "event:add_to_cart", "first:event:add_to_cart")
        for clock in ("days", "rolling")
    },
    "five models with money": (f"/attribution/models?{_CREDIT}&models=first,last,linear,decay,position", 400),
    "Markov's model": (f"/attribution?{_CREDIT}&model=markov", 700),
    "test of conversions": ("/ab-tests/{test}/report?metric=conversion", 300),
    "test of revenue": ("/ab-tests/{test}/report?metric=revenue", 300),
}
"""Below a workspace's reports, and how many milliseconds each may take."""


def run_year(events: int) -> dict[str, Any]:
    call_command("migrate", verbosity=0)
    end, people = datetime.now(UTC).replace(microsecond=0), events // 20
    user = User.objects.create_user(f"bench-{end:%s}@example.com", "unused")
    workspace = create_workspace(name=f"Year {end}", time_zone="Europe/Berlin", by=user)
    token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="bench", by=user)[1]
    say(f"{events:,} events of {people:,} people over {DAYS} days on {connection.vendor}")
    for of in daily_histories(events, end=end, days=DAYS, people=people, skew=_SKEW):
        write_packs(workspace, of, with_signups=False)
    rng, stop = np.random.default_rng(0), int(end.timestamp() * 1000)
    write_signups(workspace, rng.integers(stop - DAYS * 86_400_000, stop, people))
    test = ABTest.objects.create(
        workspace=workspace,
        external_id="checkout",
        name="Checkout",
        goal=ABTestGoal.CONVERSION,
        started_at=end - timedelta(days=30),
    )
    for position, name in enumerate("AB"):
        Variant.objects.create(workspace=workspace, test=test, name=name, position=position)
    write_assignments(workspace, test, rng.integers(stop - 30 * 86_400_000, stop, 2 * people))
    PersonNumbers.objects.create(workspace=workspace, next_number=2 * people, ledger_layout=WITHOUT_CONTACTS)
    compaction.merge_fully(workspace.pk)  # what was written in portions that begin and end within a day

    result: dict[str, Any] = {"n": events, "db": connection.vendor, "questions": {}}
    with served() as server:
        for name, (path, most) in ASKED.items():
            address = server.of_workspace(workspace, f"/analytics{path.format(test=test.api_id)}")
            p50, p95, _ = server.timed(address, token, REQUESTS)
            asked = {"p50_ms": p50, "p95_ms": p95, "most_ms": most, **cost(address, token)._asdict()}
            result["questions"][name] = asked
            say(f"{name}: {p50} ms")
        result["rss_mb"] = server.peak_mb()
    _show(result)
    return result


def _show(result: dict[str, Any]) -> None:
    print(f"\n{result['n']:,} events, {result['db']}, over {DAYS} days; milliseconds; a worker {result['rss_mb']} MB\n")
    print("| question | p50 over HTTP | p95 | of the processor | may take | MB read |\n|---|---|---|---|---|---|")
    for name, asked in result["questions"].items():
        print(
            f"| {name} | {asked['p50_ms']} | {asked['p95_ms']} | {asked['cpu_ms']} | {asked['most_ms']} | "
            f"{asked['bytes_read'] / 1e6:.1f} |"
        )
