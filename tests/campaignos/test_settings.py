"""Settings come from the environment; what is wrong there is said at the start, in words."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as project

PRINT = "from campaignos import settings; print({})"


@pytest.fixture
def installation(tmp_path):
    """A folder of its own with the project's settings, and so with a `var/` of its own."""
    (tmp_path / "campaignos").mkdir()
    (tmp_path / "campaignos" / "__init__.py").touch()
    shutil.copy(project.BASE_DIR / "campaignos" / "settings.py", tmp_path / "campaignos")
    return tmp_path


def run(installation: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=installation,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )


def value(installation: Path, expression: str, **environment: str) -> str:
    done = run(installation, PRINT.format(f"settings.{expression}"), **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def failure(installation: Path, **environment: str) -> str:
    """The last line of what a start that fails says."""
    done = run(installation, "from campaignos import settings", **environment)
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1].removeprefix("django.core.exceptions.")


def test_without_an_environment_there_is_an_sqlite_file_under_var(installation):
    assert value(installation, "DATABASES['default']['ENGINE']") == "campaignos.sqlite"
    assert value(installation, "DATABASES['default']['NAME']") == str(installation / "var" / "campaignos.sqlite3")
    assert value(installation, "DEBUG") == "False"


def test_an_empty_database_url_is_as_good_as_none(installation):
    assert value(installation, "DATABASE_VENDOR", DATABASE_URL="") == "sqlite3"


def test_the_secret_key_is_made_once_and_kept(installation):
    first = value(installation, "SECRET_KEY")
    assert len(first) == 50
    assert value(installation, "SECRET_KEY") == first
    kept = installation / "var" / "secret-key"
    assert kept.read_text() == first
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_two_installations_have_different_secret_keys(installation, tmp_path):
    first = value(installation, "SECRET_KEY")
    (installation / "var" / "secret-key").unlink()
    assert value(installation, "SECRET_KEY") != first


def test_processes_that_start_at_once_agree_on_the_secret_key(installation):
    code = """
import threading
from campaignos import settings

found = []
for round_ in range(200):
    (settings.VAR_DIR / "secret-key").unlink()
    barrier, keys = threading.Barrier(4), []
    def start():
        barrier.wait()
        keys.append(settings.kept_secret_key())
    threads = [threading.Thread(target=start) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    found.append((len(keys), len(set(keys))))
print(set(found))
"""
    done = run(installation, code)
    assert done.stderr == ""
    assert done.stdout.strip() == "{(4, 1)}"
    assert [path.name for path in (installation / "var").iterdir()] == ["secret-key"]


def test_an_empty_key_file_is_not_taken_for_a_key(installation):
    (installation / "var").mkdir()
    path = installation / "var" / "secret-key"
    path.touch()
    assert failure(installation) == (
        f"ImproperlyConfigured: {path} is empty: delete it, and a new key is made at the next start."
    )


def test_a_given_secret_key_is_used_and_none_is_made(installation):
    assert value(installation, "SECRET_KEY", SECRET_KEY="given") == "given"
    assert not (installation / "var" / "secret-key").exists()


def test_postgresql_without_a_secret_key_does_not_start(installation):
    said = "ImproperlyConfigured: Set SECRET_KEY: a long random text, the same on every host."
    assert failure(installation, DATABASE_URL="postgres://u:p@db/campaignos") == said
    assert failure(installation, DATABASE_URL="postgres://u:p@db/campaignos", SECRET_KEY="") == said
    assert not (installation / "var").exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_with_a_secret_key_starts(installation, scheme):
    given = {"DATABASE_URL": f"{scheme}://u:p@db:5433/campaignos", "SECRET_KEY": "given"}
    assert value(installation, "DATABASE_VENDOR", **given) == "postgresql"
    assert value(installation, "DATABASES['default']['PORT']", **given) == "5433"
    assert value(installation, "DATABASES['default']['OPTIONS']['pool']['max_size']", **given) == "8"
    more = {**given, "DATABASE_POOL_SIZE": "20"}
    assert value(installation, "DATABASES['default']['OPTIONS']['pool']['max_size']", **more) == "20"


@pytest.mark.parametrize(
    ("url", "named"),
    [("mysql://u:p@db/x", "mysql"), ("oracle://u:p@db/x", "oracle"), ("mongodb://db/x", "mongodb")],
)
def test_another_database_is_refused_by_name(installation, url, named):
    assert failure(installation, DATABASE_URL=url, SECRET_KEY="given") == (
        f"ImproperlyConfigured: DATABASE_URL names {named}; "
        "allowed are sqlite:///PATH and postgres://USER:PASSWORD@HOST:PORT/NAME."
    )


@pytest.mark.parametrize("url", ["campaignos.sqlite3", "postgres", "/var/lib/db.sqlite3"])
def test_a_database_url_that_is_none_is_refused_with_what_is_allowed(installation, url):
    said = failure(installation, DATABASE_URL=url, SECRET_KEY="given")
    assert said.startswith("ImproperlyConfigured: DATABASE_URL ")
    assert said.endswith("allowed are sqlite:///PATH and postgres://USER:PASSWORD@HOST:PORT/NAME.")


def test_a_database_password_is_never_said(installation):
    for url in ("mysql://u:hush@db/x", "u:hush@db/x"):
        done = run(installation, "from campaignos import settings", DATABASE_URL=url)
        assert done.returncode == 1
        assert "hush" not in done.stderr.strip().splitlines()[-1]


def test_https_switches_on_all_that_goes_with_it(installation):
    names = ["SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]
    assert [value(installation, name, HTTPS="true") for name in names] == ["True", "31536000", "True", "True"]
    assert [value(installation, name) for name in names[2:]] == ["False", "False"]


def test_lists_are_separated_by_commas(installation):
    given = {"ALLOWED_HOSTS": "a.example,b.example", "CSRF_TRUSTED_ORIGINS": "https://a.example"}
    assert value(installation, "ALLOWED_HOSTS", **given) == "['a.example', 'b.example']"
    assert value(installation, "CSRF_TRUSTED_ORIGINS", **given) == "['https://a.example']"


def test_only_this_machine_may_ask_unless_told_otherwise(installation):
    assert value(installation, "ALLOWED_HOSTS") == "['127.0.0.1', 'localhost', '[::1]']"


def test_a_switch_that_is_no_yes_or_no_is_off(installation):
    assert value(installation, "DEBUG", DEBUG="") == "False"
    assert value(installation, "DEBUG", DEBUG="perhaps") == "False"
    assert value(installation, "DEBUG", DEBUG="on") == "True"


@pytest.mark.parametrize("module", ["campaignos.errors", "campaignos.bodies"])
def test_what_settings_name_can_be_imported_in_any_order(module, tmp_path):
    """Django's checks import the views for errors, in an order that changes from one start to the next."""
    code = f"import django; django.setup(); import {module}"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "campaignos.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'unused.sqlite3'}",
        "SECRET_KEY": "for-the-test",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", ["settings", "gunicorn"])
def test_the_operators_guide_lists_every_variable(module):
    text = (project.BASE_DIR / "campaignos" / f"{module}.py").read_text()
    variables = set(re.findall(r"""(?:env\.\w+|environ\.get)\(\s*"([A-Z_]+)\"""", text))
    guide = (project.BASE_DIR / "docs" / "operations.md").read_text()
    assert len(variables) >= 4
    assert {name for name in variables if f"| `{name}` |" not in guide} == set()
