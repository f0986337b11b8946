"""A running server hands over to another release: nobody waits, nothing breaks off, and the way back is the same."""

import os
import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace
from urllib.request import urlopen

import pytest

from campaignos.master import SUCCESSION_SECONDS, prepare_successor, release_to_serve
from tests.campaignos.serving import until
from tests.releases import Site, Visits
from tests.served import PATIENCE, ROOT

pytestmark = [pytest.mark.processes, pytest.mark.long, pytest.mark.either_database("no program is served that has one")]

PROGRAM = """
import time
from tests.campaignos.wsgi_app import application as other
{start}
def application(environ, start_response):
    if environ["PATH_INFO"] != "/name":
        return other(environ, start_response)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"{name}"]
"""


def add(site, name, start=""):
    """A release that has gunicorn's configuration, and a program that answers with its name."""
    release = site.release(name)
    shutil.copytree(ROOT / "campaignos", release / "campaignos", ignore=shutil.ignore_patterns("__pycache__"))
    (release / "program.py").write_text(PROGRAM.format(name=name, start=start))


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    add(site, "one")
    site.choose("one")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site.start(listener, "program --graceful-timeout 2", PYTHONPATH=str(ROOT))
        until(lambda: site.get("/name") == "one")
    yield site
    site.stop()


def test_a_release_takes_over_and_back_while_a_download_goes_on(site):
    """The next one takes four seconds to start; a visitor waits for less than two. The download outlives both."""
    add(site, "two", start="time.sleep(4)")
    with (
        urlopen(f"http://127.0.0.1:{site.port}/lines?90", timeout=PATIENCE) as download,
        Visits(site, "/name") as visits,
    ):
        first = download.readline()
        site.choose("two")
        done = site.hand_over()
        assert (done.returncode, done.stderr) == (0, "")
        site.follow()
        until(lambda: visits.answers[-1] == "two")
        assert visits.answers == ["one", "two"]
        site.choose("one")
        assert site.hand_over().returncode == 0
        site.follow()
        visits.answers.clear()
        until(lambda: "one" in visits.answers)
        rest = download.read()
    assert (first + rest).decode().split() == [str(number) for number in range(90)]
    assert (visits.answers[-1], visits.failures, visits.longest < 2) == ("one", [], True), visits.longest
    until(lambda: site.process.poll() is not None)
    assert len([*site.folder.glob("campaignos-metrics-*")]) == 1


def test_a_release_that_cannot_start_changes_nothing_and_is_told(site):
    add(site, "two", start="1 / 0")
    site.choose("two")
    with Visits(site, "/name") as visits:
        done = site.hand_over()
    assert (done.returncode, "did not come up" in done.stderr) == (1, True)
    assert (visits.answers, visits.failures) == (["one"], [])
    site.choose("one")
    assert site.hand_over().returncode == 0
    site.follow()
    assert site.get("/name") == "one"


def test_a_release_that_takes_too_long_ends_so_that_it_does_not_take_over_later(site):
    add(site, "two", start="time.sleep(20)")
    master = site.folder / "releases" / "two" / "campaignos" / "master.py"
    text = master.read_text()
    master.write_text(
        text.replace(
            f"SUCCESSION_SECONDS, END_SECONDS = {SUCCESSION_SECONDS}, ", "SUCCESSION_SECONDS, END_SECONDS = 2, "
        )
    )
    assert master.read_text() != text
    site.choose("two")
    with Visits(site, "/name") as visits:
        done = site.hand_over()
        assert (done.returncode, "did not come up" in done.stderr) == (1, True)
        site.choose("one")
        assert site.hand_over().returncode == 0
        site.follow()
    assert (visits.answers, visits.failures) == (["one"], [])


SHIMS = {
    "runuser": 'shift 3; exec "$@"',
    "systemctl": """case "$*" in
      *reload*) cd "$SITE/current" && exec .venv/bin/python -m campaignos.handover "$MAINPID" ;;
    esac""",
}
MANAGE = """
import sys
with open("calls", "a") as calls:
    print(*sys.argv[1:], file=calls)
"""


@pytest.fixture
def release(site):
    """The operator's command, on a host where only systemd and the service's user are made up."""
    programs = site.folder / "programs"
    programs.mkdir()
    (site.folder / "var").mkdir()
    (site.folder / "settings.env").touch()
    for name, text in SHIMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)

    def call(version):
        path = f"{programs}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "SITE": str(site.folder), "MAINPID": str(site.master)}
        command = [ROOT / "deploy" / "release", version]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)

    return call


def make_ready(site, name):
    """What takes long of a release is there already, and what it did is written down."""
    folder = site.release(name)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (folder / ".venv" / "bin" / "python").chmod(0o755)
    (folder / ".venv" / "complete").touch()
    (folder / "manage.py").write_text(MANAGE)


def test_one_command_leads_to_a_release_and_back_and_stays_where_it_does_not_come_up(site, release):
    add(site, "two")
    add(site, "three", start="1 / 0")
    for name in ("one", "two", "three"):
        make_ready(site, name)
    with Visits(site, "/name") as visits:
        done = release("two")
        assert done.stdout == "two is the current release. The way back: deploy/release one\n", done.stderr
        site.follow()
        done = release("three")
        assert (done.returncode, "three does not come up" in done.stderr) == (1, True)
        assert "two goes on" in done.stderr
        until(lambda: visits.answers[-1] == "two")
        assert visits.answers == ["one", "two"]
        visits.answers.clear()
        assert release("one").returncode == 0
        site.follow()
        until(lambda: visits.answers[-1:] == ["one"])
    assert (visits.failures, visits.longest < 2) == ([], True)
    calls = (site.release("two") / "calls").read_text().splitlines()
    assert calls == ["check --deploy", "migrate --verbosity 0", "collectstatic --noinput --verbosity 0"]
    assert (site.release("two") / "var").resolve() == site.folder / "var"


def test_a_release_that_is_not_there_is_none(site, release):
    done = release("four")
    assert (done.returncode, "releases/four first." in done.stderr) == (1, True)
    assert (site.folder / "current").readlink().name == "one"


def test_the_successor_is_called_by_the_folder_of_its_release_and_not_by_the_link(tmp_path):
    """What the former one imports later would else come from its successor's packages."""
    old, new = (tmp_path / "releases" / name for name in ("old", "new"))
    for release in (old, new):
        release.mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/new")
    start = {0: f"{old}/.venv/bin/python", "args": [f"{old}/.venv/bin/python", "…/__main__.py", "-c", "x"], "cwd": "/"}
    master = SimpleNamespace(START_CTX=start, cfg=SimpleNamespace(env_orig={"PWD": "/"}), systemd=False)
    prepare_successor(master, old)
    python = f"{new}/.venv/bin/python"
    assert start == {0: python, "args": [python, "-m", "gunicorn", "-c", "x"], "cwd": str(new)}
    assert master.cfg.env_orig == {}
    assert release_to_serve(tmp_path) == tmp_path
