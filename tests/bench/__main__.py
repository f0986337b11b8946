"""`make bench`: reports over HTTP beside chDB, DuckDB and raw PostgreSQL, on the same data, in one run."""

import argparse
import json
import os
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("events", type=int)
    parser.add_argument("--growth", type=int, default=0, help="events of the growth experiment's smallest history")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--packs", action="store_true", help="write packs without facts, for very many events")
    kinds.add_argument(
        "--year", action="store_true", help="write packs of a year without facts, for questions of depth"
    )
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "campaignos.settings"
    os.environ["SECRET_KEY"] = "for-the-bench"
    os.environ["LOG_LEVEL"] = "ERROR"  # a line for each request would bury what is measured
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in its thread
    django.setup()
    from tests.bench.packs_run import run_packs
    from tests.bench.run import run
    from tests.bench.year import run_year
    from workspaces.scope import scope_of_all

    with scope_of_all("the benchmark makes several"):
        if arguments.packs:
            result = run_packs(arguments.events)
        elif arguments.year:
            result = run_year(arguments.events)
        else:
            result = run(arguments.events, arguments.growth)
    (ROOT / "var" / "bench.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
