"""What README.md and docs/ have somebody type is typed, and does what it says: commands to the server and on its host.

Only what a reader would put in is put in: keys, ids, names of files, and the place of the site.
"""

import gzip
import os
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from analytics.models import Campaign, Contact, Event
from tests.analytics.ingest.files.exports import EXPORTS
from tests.blocks import blocks
from tests.conftest import PASSWORD
from tests.installation import databases, done
from tests.postgres import programs
from tests.test_documents import needed

pytestmark = pytest.mark.processes

CURL = 'curl() { command curl --noproxy "*" --silent --show-error --fail-with-body "$@" || exit 1; }\n'
PYTHON = f"""#!/bin/sh
case "$*" in
"-m pip install "*) shift 3; exec {sys.executable} -m pip install --quiet --dry-run --no-index "$@" ;;
*) exec {sys.executable} "$@" ;;
esac
"""
"""Installs nothing, and fails where something of it is not installed."""
DUCKDB = f"""#!{sys.executable}
import re, sys
from collections import Counter
from glob import glob
import pyarrow.parquet
[path] = re.findall("FROM '(.+)'", sys.argv[2])
print(Counter(kind for file in glob(path) for kind in pyarrow.parquet.read_table(file)["type"].to_pylist()))
"""
"""Counts as it is asked to; the program itself is compared with in `make bench`."""
WORKSPACE = """
from workspaces.changes import create_workspace
from workspaces.models import User
owner = User.objects.create_user("ada@example.com", "unused-unused")
create_workspace(name="Acme", time_zone="Europe/Berlin", by=owner)
"""
STORED = """
from analytics.models import Contact, Event
from workspaces.scope import scope_of_all
with scope_of_all("a test looks"):
    print(sorted(Contact.objects.values_list("email", flat=True)), Event.objects.count())
"""
ACCOUNT = 'from workspaces.models import User; User.objects.create_user("ada@example.com", "unused-unused")'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As the program's folder looks to who types there."""
    for name in ("manage.py", *(path.name for path in settings.BASE_DIR.glob("requirements*.txt"))):
        (tmp_path / name).symlink_to(settings.BASE_DIR / name)
    for name, text in {".venv/bin/python": PYTHON, "bin/duckdb": DUCKDB}.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def type_in(folder: Path, commands: str, **environment: str) -> str:
    """What is printed; each command must end well."""
    of_program = {"SECRET_KEY": "for-tests", "LOG_LEVEL": "ERROR", "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    typed = subprocess.run(
        ["sh", "-euc", commands],
        cwd=folder,
        env={**os.environ, **of_program, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert typed.returncode == 0, f"{commands}\n{typed.stdout[-2000:]}\n{typed.stderr[-4000:]}"
    return typed.stdout


def assignments(page: str) -> str:
    """What a page gives names to on lines of their own, for the blocks that come later."""
    return "\n".join(re.findall(r"^(?:API|KEY)=.*$", "\n".join(block.text for block in blocks(page)), re.MULTILINE))


@pytest.fixture
def filled_in(live_server, bulk, workspace, owner, write_key, secret_key):
    """Puts into a block what its reader has, beside events such as the demo's."""
    bulk("campaigns", [{"externalId": "spring", "name": "Spring"}])
    at = (timezone.now() - timedelta(days=1)).isoformat()
    bulk("events", [{"type": type, "contact": "bob", "occurredAt": at} for type in ("page_view", "add_to_cart")])
    texts = {
        r"https?://(127\.0\.0\.1:8000|analytics\.example\.com)": live_server.url,
        "YOUR_WRITE_KEY": write_key,
        "YOUR_SECRET_KEY": secret_key,
        "ws_1": workspace.api_id,
        "cmp_1": Campaign.objects.get(workspace=workspace).api_id,
        "demo@example.com": owner.email,
        "campaignos-demo": PASSWORD,
    }

    def fill_in(text: str) -> str:
        for place, value in texts.items():
            text = re.sub(place, value, text)
        return CURL + text

    return fill_in


@pytest.mark.either_database("what is typed is the same; the reports and lists it asks have tests on both")
@pytest.mark.django_db(transaction=True)
def test_what_readers_of_the_readme_type_to_the_server_is_answered(folder, filled_in, workspace):
    needed("curl")
    track, add_contacts = blocks("README.md", "sh", "Send events")
    assert '"accepted":1' in type_in(folder, filled_in(track.text)).replace(" ", "")
    assert Event.objects.get(workspace=workspace, type="purchase").properties == {"revenue": 9.5}
    assert '"updated":1' in type_in(folder, filled_in(add_contacts.text)).replace(" ", "")
    for heading in ("Ask for reports", "API"):
        [block] = blocks("README.md", "sh", heading)
        type_in(folder, filled_in(f"{assignments('README.md')}\n{block.text}"))
    assert "ada@example.com" in (folder / "contacts.csv").read_text()
    assert Campaign.objects.get(workspace=workspace).status == "PAUSED"
    assert Contact.objects.filter(workspace=workspace).count() == 2


@pytest.mark.either_database("what is typed is the same; copies are kept by these lists on both")
@pytest.mark.django_db(transaction=True)
def test_what_keeps_a_copy_is_answered(folder, filled_in):
    needed("curl")
    [block] = blocks("docs/sync.md", "sh")
    assert type_in(folder, filled_in(f"{assignments('docs/api.md')}\n{block.text}")).count('"results"') == 4


@pytest.mark.long
@pytest.mark.either_database("files and commands are the same, and imports have tests on both")
def test_files_are_imported_as_it_is_typed(folder, own_database, migrated):
    migrated(own_database)
    done(own_database, "manage.py", "shell", "-v0", "-c", WORKSPACE)
    event = '{"type": "purchase", "externalId": "e1", "contact": "ada", "occurredAt": "2026-01-15T09:30:00Z"}\n'
    (folder / "contacts.csv").write_text("externalId,email\nada,ada@example.com\n")
    (folder / "events.jsonl.gz").write_bytes(gzip.compress(event.encode()))
    [subscribers] = [export for export in EXPORTS if (export.tool, export.resource) == ("Mailchimp", "contacts")]
    [orders] = [export for export in EXPORTS if (export.tool, export.resource) == ("Shopify", "events")]
    with zipfile.ZipFile(folder / "subscribed_members_export.zip", "w") as archive:
        archive.writestr("subscribed.csv", subscribers.content())
    (folder / "orders_export.csv").write_bytes(orders.content())
    typed = "".join(
        block.text for block in [*blocks("README.md", "sh", "Import files"), *blocks("docs/files.md", "sh")]
    )
    lines = dict.fromkeys(typed.splitlines())  # the first two are in both
    assert len(lines) == 5
    type_in(folder, "\n".join(lines), DATABASE_URL=own_database)
    stored = done(own_database, "manage.py", "shell", "-v0", "-c", STORED)
    assert stored == "['ada@example.com', 'bob@example.com'] 3\n"


@pytest.mark.long
@pytest.mark.either_database("exports and archives have tests on both; here is tried what is typed")
def test_what_goes_out_and_moves_to_another_installation_does_as_it_is_typed(folder, tmp_path, migrated, worker_id):
    [export] = blocks("docs/export.md", "sh", "Export for warehouses")
    [archive] = blocks("docs/export.md", "sh", "A whole workspace")
    write, *there = archive.text.replace("/srv/", f"{folder}/").splitlines()
    with databases(tmp_path, f"out_{worker_id}", f"there_{worker_id}") as (url, other):
        migrated(url), migrated(other)
        done(url, "-m", "tests.installation", "fill")
        counted = type_in(folder, export.text.replace("/srv/", f"{folder}/"), DATABASE_URL=url)
        assert "'page_view': " in counted
        type_in(folder, write, DATABASE_URL=url)
        done(other, "manage.py", "shell", "-v0", "-c", ACCOUNT)
        type_in(folder, "\n".join(there), DATABASE_URL=other)


@pytest.mark.long
@pytest.mark.skipif(connection.vendor != "postgresql", reason="views for PostgreSQL")
def test_a_role_reads_the_views_as_it_is_typed(folder, own_database, migrated):
    migrated(own_database)
    done(own_database, "-m", "tests.installation", "fill")
    [block] = blocks("docs/export.md", "sh", "Views to read the database itself")
    server = urlsplit(own_database)
    place = {"PGHOST": server.hostname, "PGPORT": str(server.port or ""), "PGUSER": server.username}
    query = dict(part.split("=") for part in server.query.split("&") if part)
    place |= {"PGHOST": query.get("host", place["PGHOST"]), "PGDATABASE": server.path[1:]}
    path = f"{programs()}:{os.environ['PATH']}"
    there = {name: value for name, value in place.items() if value} | {"PATH": path, "DATABASE_URL": own_database}
    try:
        assert "page_view" in type_in(folder, block.text, **there)
    finally:
        type_in(folder, "psql -c 'DROP OWNED BY warehouse' -c 'DROP ROLE warehouse'", **there)


def test_what_assistants_need_is_what_the_tests_have(folder):
    [block] = blocks("docs/machines.md", "sh")
    type_in(folder, block.text)
