"""The blocks of the operator's documents are what the real tools take: shells, systemd, nginx, jq and the program."""

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
from tests.campaignos.serving import serving, until

GUIDE = settings.BASE_DIR / "docs" / "operations.md"
DEPLOY = settings.BASE_DIR / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
PAGES = [settings.BASE_DIR / "README.md", *sorted((settings.BASE_DIR / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    found = _BLOCK.findall(page.read_text())
    return [re.sub(f"^{indent}", "", text, flags=re.MULTILINE) for indent, name, text in found if name == language]


def needed(program: str) -> str:
    """Where the program is; the test is skipped, and says so, where it is missing; not in continuous integration."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is missing: the blocks for it are not tried")
    return path


def run(*command: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_shell_understands_every_block_of_commands(page):
    for block in blocks(page, "sh"):
        done = run("sh", "-n", "-c", block)
        assert (done.returncode, done.stderr) == (0, ""), block


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_program_takes_every_block_of_settings(page, tmp_path):
    for block in blocks(page, "sh"):
        if re.match(r"(?:#.*\n)*DATABASE_URL=", block):
            (tmp_path / "settings.env").write_text(block)
            environment = read_environment(tmp_path, {})
            assert environment["HTTPS"] is True
            assert environment["ALLOWED_HOSTS"][0] == "analytics.example.com"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_json_and_node_understand_their_blocks(page, tmp_path):
    for block in blocks(page, "python"):
        compile(block, page.name, "exec")
    for block in blocks(page, "json"):
        json.loads(block)
    for block in blocks(page, "js"):
        (tmp_path / "block.mjs").write_text(block)
        done = run(needed("node"), "--check", str(tmp_path / "block.mjs"))
        assert done.returncode == 0, done.stderr


def test_there_are_settings_to_try():
    assert [page.name for page in PAGES if "DATABASE_URL=postgres://" in page.read_text()] == [
        "README.md",
        "operations.md",
    ]


def test_what_the_guide_quotes_of_a_file_is_what_stands_there():
    text = GUIDE.read_text()
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
    [line] = [block for block in blocks(GUIDE, "sh") if "jq" in block and "journalctl" in block]
    log = '[2026-11-30 10:00:00] [INFO] Starting\n{"status": 200}\n5\n{"message": "x"}\n{"status": 503, "route": "a"}\n'
    command = line.partition("|")[2].replace("jq", jq, 1)
    done = run("sh", "-c", f"{command.strip()} -c", input=log)
    assert (done.stdout, done.stderr, done.returncode) == ('{"status":503,"route":"a"}\n', "", 0)
