"""The blocks of README.md and docs/ are run, or told why not, and are what real tools take: a shell, systemd, nginx."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from campaignos.environment import read_environment
from tests.blocks import PAGES, Block, blocks
from tests.campaignos.serving import serving, until

GUIDE = "docs/operations.md"
DEPLOY = settings.BASE_DIR / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
RUN_BY = {
    "tests/host/steps.py::demonstrate": [
        "README.md | Start | sh",
    ],
    "tests/interop/test_documented_clients.py::test_the_lines_for_python_send_what_they_say": [
        "README.md | Send events | python",
        "docs/clients.md | python",
    ],
    "tests/test_documents.py::test_the_program_takes_every_block_of_settings": [
        "README.md | Settings | sh",
    ],
    "tests/test_typed_blocks.py::test_files_are_imported_as_it_is_typed": [
        "README.md | Import files | sh",
        "docs/files.md | sh",
    ],
    "tests/test_typed_blocks.py::test_what_readers_of_the_readme_type_to_the_server_is_answered": [
        "README.md | Send events | sh",
        "README.md | Ask for reports | sh",
        "README.md | API | sh",
    ],
    "tests/analytics/api/test_document.py::test_every_address_is_answered_as_it_was_asked": [
        "docs/api.md | sh",
    ],
    "tests/analytics/api/test_document.py::test_the_example_is_what_is_answered": [
        "docs/api.md | json",
    ],
    "tests/analytics/test_house.py::test_the_order_of_the_rooms_is_documented_as_it_is_held": [
        "docs/architecture.md | The house",
    ],
    "tests/interop/test_documented_clients.py::test_the_lines_for_node_send_what_they_say": [
        "docs/clients.md | Node | js",
    ],
    "tests/interop/test_documented_clients.py::test_the_lines_for_a_page_send_its_view": [
        "docs/clients.md | Browser | js",
    ],
    "tests/test_development.py::test_what_the_examples_add_works_and_keeps_to_the_rules_of_the_house": [
        "docs/development.md | diff",
        "docs/development.md | python",
        "docs/development.md | sh",
    ],
    "tests/test_typed_blocks.py::test_a_role_reads_the_views_as_it_is_typed": [
        "docs/export.md | Views to read the database itself | sh",
    ],
    "tests/test_typed_blocks.py::test_what_goes_out_and_moves_to_another_installation_does_as_it_is_typed": [
        "docs/export.md | sh",
    ],
    "tests/test_typed_blocks.py::test_what_assistants_need_is_what_the_tests_have": [
        "docs/machines.md | sh",
    ],
    "tests/interop/test_mcp.py::test_a_client_asks_over_http": [
        "docs/machines.md | json",
    ],
    "tests/host/test_guide.py::test_every_block_of_the_guide_is_typed_on_a_machine_or_told_why_not": [
        "docs/operations.md | sh",
    ],
    "tests/test_documents.py::test_what_the_guide_quotes_of_a_file_is_what_stands_there": [
        "docs/operations.md | ini",
        "docs/operations.md | nginx",
    ],
    "tests/analytics/operations/test_drill.py::test_the_drill_prints_what_the_guide_says_and_leaves_nothing_behind": [
        "docs/operations.md | text",
    ],
    "tests/test_typed_blocks.py::test_what_keeps_a_copy_is_answered": [
        "docs/sync.md | sh",
    ],
    "tests/analytics/intake/test_calls.py::test_the_documented_call_is_a_report_on_its_message_and_no_event": [
        "docs/webhooks.md | Track calls in Segment's names | json",
    ],
    "tests/analytics/operations/test_alerting.py::test_endpoints_are_told_of_what_they_take": [
        "docs/webhooks.md | Webhooks that go out | json",
    ],
}
"""What runs which blocks: of a page, under a heading where that is named, in a language."""
NOT_RUN = {
    "docs/architecture.md | One spine": "a drawing",
    "docs/ledger.md": "a drawing",
    "docs/scaling.md | sh": "takes a cluster: `make test-citus` distributes one with the same commands of the program",
    "docs/scaling.md | sql": "takes a cluster of several nodes, and is Citus' own",
}
"""Why the others are not run."""
PLACES = {*NOT_RUN, *(place for places in RUN_BY.values() for place in places)}


def texts(page: str, language: str) -> list[str]:
    return [block.text for block in blocks(page, language)]


def place_of(block: Block) -> str:
    """How it stands in RUN_BY or NOT_RUN."""
    place = " | ".join(filter(None, (block.page, block.heading, block.language)))
    return place if place in PLACES else " | ".join(filter(None, (block.page, block.language)))


def test_every_block_is_run_or_told_why_not():
    assert {place_of(block) for page in PAGES for block in blocks(page)} == PLACES


@pytest.mark.parametrize("test", RUN_BY)
def test_what_runs_a_block_is_there_and_reads_its_page(test):
    module, _, name = test.partition("::")
    text = (settings.BASE_DIR / module).read_text()
    assert re.search(rf"^def {name}\(", text, re.MULTILINE), name
    pages = {Path(place.partition(" | ")[0]).name for place in RUN_BY[test]}
    assert [page for page in pages if page not in text and "PAGES" not in text] == []


def needed(program: str) -> str:
    """Where the program is; the test is skipped, and says so, where it is missing; not in continuous integration."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is missing: the blocks for it are not tried")
    return path


def run(*command: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


@pytest.mark.parametrize("page", PAGES)
def test_a_shell_understands_every_block_of_commands(page):
    for block in texts(page, "sh"):
        done = run("sh", "-n", "-c", block)
        assert (done.returncode, done.stderr) == (0, ""), block


@pytest.mark.parametrize("page", PAGES)
def test_the_program_takes_every_block_of_settings(page, tmp_path):
    for block in texts(page, "sh"):
        if re.match(r"(?:#.*\n)*DATABASE_URL=", block):
            (tmp_path / "settings.env").write_text(block)
            environment = read_environment(tmp_path, {})
            assert environment["HTTPS"] is True
            assert environment["ALLOWED_HOSTS"][0] == "analytics.example.com"


@pytest.mark.parametrize("page", PAGES)
def test_python_json_and_node_understand_their_blocks(page, tmp_path):
    for block in texts(page, "python"):
        compile(block, page, "exec")
    for block in texts(page, "json"):
        json.loads(block)
    for block in texts(page, "js"):
        (tmp_path / "block.mjs").write_text(block)
        done = run(needed("node"), "--check", str(tmp_path / "block.mjs"))
        assert done.returncode == 0, done.stderr


def test_there_are_settings_to_try():
    told = [page for page in PAGES if "DATABASE_URL=postgres://" in (settings.BASE_DIR / page).read_text()]
    assert told == ["README.md", "docs/operations.md"]


def test_what_the_guide_quotes_of_a_file_is_what_stands_there():
    text = (settings.BASE_DIR / GUIDE).read_text()
    quoted = [
        (re.findall(r"`(deploy/[\w/.-]+)`", text[: block.start()])[-1], block[1])
        for block in re.finditer(r"^```(?:ini|nginx)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    ]
    assert {name for name, _ in quoted} == {
        *(f"deploy/systemd/{unit.name}" for unit in UNITS),
        "deploy/nginx/campaignos.conf",
        "deploy/pgbouncer/campaignos.ini",
    }
    for name, block in quoted:
        assert block == (DEPLOY.parent / name).read_text(), name


def test_systemd_takes_every_unit(tmp_path):
    analyze = needed("systemd-analyze")
    for unit in UNITS:
        here = unit.read_text().replace("/usr/bin/env .venv/bin/python", sys.executable)
        here = here.replace("campaignos\nGroup=campaignos", "root").replace("ExecStart=pg_dump", "ExecStart=true")
        (tmp_path / unit.name).write_text(here.replace("/srv/campaignos", str(tmp_path)))
    done = run(analyze, "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS))
    ours = [line for line in done.stderr.splitlines() if "campaignos" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.fixture
def nginx(tmp_path):
    """Writes the block for nginx with other ports and a certificate of its own; answers how it is called."""
    program = needed("nginx")
    certificate, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    made = run(
        *(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=analytics.example.com",
        ),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    assert made.returncode == 0, made.stderr

    def write(*, port=8000, http=80, https=443):
        block = (DEPLOY / "nginx" / "campaignos.conf").read_text()
        block = block.replace("/etc/letsencrypt/live/analytics.example.com", str(tmp_path))
        block = block.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
        block = block.replace("listen 443", f"listen 127.0.0.1:{https}").replace(
            "listen 80", f"listen 127.0.0.1:{http}"
        )
        temporary = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        log = f"access_log off; error_log {tmp_path}/error.log;"
        config = tmp_path / "nginx.conf"
        config.write_text(f"pid {tmp_path}/pid; daemon off; events {{}} http {{ {log} {temporary} {block} }}")
        return [program, "-c", str(config), "-e", f"{tmp_path}/error.log"]

    return write


def test_nginx_takes_the_proxys_block(nginx):
    done = run(*nginx(), "-t")
    assert (done.returncode, "warn" in done.stderr) == (0, False), done.stderr


@pytest.fixture
def proxied(nginx, tmp_path):
    """The address of nginx, and the server behind it."""
    with serving(tmp_path, "--graceful-timeout", "1") as server:
        http, https = (free_port() for _ in range(2))
        proxy = subprocess.Popen(nginx(port=server.port, http=http, https=https))
        until(lambda: status(f"https://127.0.0.1:{https}/healthz") == "200")
        yield f"https://127.0.0.1:{https}", f"http://127.0.0.1:{http}", server
        proxy.terminate()
        proxy.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def curl(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    return run("curl", "--insecure", "--silent", "--show-error", "--noproxy", "*", *options, url)


def status(url: str, *options: str) -> str:
    return curl(url, *options, "--output", "/dev/null", "--write-out", "%{http_code}").stdout


@pytest.mark.processes
def test_through_the_proxy_what_is_inside_stays_there_and_downloads_end_as_they_should(proxied):
    https, http, server = proxied
    for path in ("/metrics", "/metrics/", "/readyz", "/readyz/", "//metrics", "/metrics%2f"):
        assert status(f"{https}{path}") == "404", path
    assert status(f"{https}/healthz") == "200"
    assert status(f"{http}/w/acme/") == "301"
    sent = (
        "/v1/track",
        "/v1/batch/",
        "/hooks/token/postmark",
        "/batch",
        "/capture/",
        "/e/",
        "/api/workspaces/ws_1/events",
    )
    for path in sent:
        assert status(f"{http}{path}", "--data", "{}") == "200", path
    assert curl(f"{https}/broken").returncode != 0
    with subprocess.Popen(
        ["curl", "--insecure", "--silent", "--noproxy", "*", "--no-buffer", f"{https}/lines?40"], stdout=subprocess.PIPE
    ) as download:
        assert download.stdout is not None
        first = download.stdout.readline()
        server.process.send_signal(signal.SIGHUP)
        lines = (first + download.stdout.read()).split()
    assert (download.returncode, len(lines)) == (0, 40)


def test_the_line_that_looks_for_failed_requests_finds_them_among_lines_of_other_programs():
    jq = needed("jq")
    [line] = [block for block in texts(GUIDE, "sh") if "jq" in block and "journalctl" in block]
    log = '[2026-11-30 10:00:00] [INFO] Starting\n{"status": 200}\n5\n{"message": "x"}\n{"status": 503, "route": "a"}\n'
    command = line.partition("|")[2].replace("jq", jq, 1)
    done = run("sh", "-c", f"{command.strip()} -c", input=log)
    assert (done.stdout, done.stderr, done.returncode) == ('{"status":503,"route":"a"}\n', "", 0)
