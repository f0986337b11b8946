"""Settings come from the environment and a file; what is wrong there is told at the start, in words."""

import os
import re
import shutil
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from hypothesis import given
from hypothesis.strategies import characters
from hypothesis.strategies import text as texts

from campaignos.command_line import be_patient
from campaignos.environment import TABLE, database, read_environment, settings_table
from tests.examples import examples

PRINT = "from campaignos import settings; print({})"


@pytest.fixture
def installation(tmp_path):
    """A folder of its own with the project's settings, and so with a `var/` of its own."""
    (tmp_path / "campaignos").mkdir()
    for module in ("__init__", "settings", "environment", "postgresql"):
        shutil.copy(project.BASE_DIR / "campaignos" / f"{module}.py", tmp_path / "campaignos")
    (tmp_path / "docs").mkdir()
    shutil.copy(project.BASE_DIR / "docs" / "api.md", tmp_path / "docs")
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


def refusal(**environment: str) -> str:
    """Why what is set cannot be used."""
    with pytest.raises(ImproperlyConfigured) as raised:
        read_environment(Path("/none"), environment)
    return str(raised.value)


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


@pytest.mark.parametrize("text", ["true", "TRUE", "yes", "on", "1"])
def test_a_switch_is_on_when_it_says_so(tmp_path, text):
    assert read_environment(tmp_path, {"DEBUG": text})["DEBUG"] is True


@pytest.mark.parametrize("text", ["", "false", "No", "off", "0"])
def test_a_switch_is_off_when_it_says_so(tmp_path, text):
    assert read_environment(tmp_path, {"DEBUG": text})["DEBUG"] is False


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("HTTPS", "ture", "`true` or `false`"),
        ("WEB_WORKERS", "0", "1 to 512"),
        ("WEB_THREADS", "four", "1 to 256"),
        ("DATABASE_LOCK_SECONDS", "-1", "1 to 600"),
        ("SESSION_IDLE_HOURS", "1.5", "1 to 8,760"),
        ("REQUESTS_PER_SECOND", "\u0661", "0 to 1,000,000"),
        ("ALLOWED_HOSTS", "https://a.example", "host names by comma, without scheme and port"),
        ("ALLOWED_HOSTS", "a.example:8000", "host names by comma, without scheme and port"),
        ("CSRF_TRUSTED_ORIGINS", "a.example", "origins such as `https://analytics.example.com` by comma"),
        ("EMAIL_FROM", "somebody", "`NAME <ADDRESS>` or an address"),
        ("LOG_LEVEL", "LOUD", "`DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`"),
        ("LOG_FORMAT", "xml", "`json`, `line`"),
        ("BIND", "8000", "`HOST:PORT` or `unix:PATH`, by comma"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_is_allowed(installation, name, text, allowed):
    assert (
        failure(installation, **{name: text}) == f"ImproperlyConfigured: {name} cannot be {text!r}; allowed: {allowed}."
    )


@pytest.mark.parametrize("name", ["EMAIL_URL", "SENTRY_DSN"])
def test_a_secret_that_is_refused_is_not_repeated(name):
    text = refusal(**{name: "user:hush@mail.example"})
    assert text.startswith(f"{name} cannot be what it is; allowed: ")
    assert "hush" not in text


def test_a_comment_behind_a_value_is_not_taken_for_a_part_of_it():
    """systemd's EnvironmentFile keeps it, where a shell drops it."""
    text = refusal(SECRET_KEY="hush                # openssl rand -base64 48")
    assert text == "SECRET_KEY ends in a comment, which would be a part of it."


def test_everything_that_is_wrong_is_told_at_once():
    assert refusal(HTTPS="ture", LOG_LEVEL="LOUD").splitlines() == [
        "HTTPS cannot be 'ture'; allowed: `true` or `false`.",
        "LOG_LEVEL cannot be 'LOUD'; allowed: `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`.",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("ALLOWED_HOST", "ALLOWED_HOSTS"), ("METRIC_TOKEN", "METRICS_TOKEN"), ("DATABASEURL", "DATABASE_URL")],
)
def test_a_misspelt_name_is_refused_with_the_one_that_is_meant(name, meant):
    assert refusal(**{name: "x"}).startswith(f"{name} is no setting; perhaps {meant} is meant.")


def test_the_names_of_other_programs_are_left_alone(tmp_path):
    others = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "HOME", "LANG", "TEST_DATABASE_URL", "WEB_CONCURRENCY"), "x")
    assert read_environment(tmp_path, others).sources == {}


@pytest.fixture
def settings_file(tmp_path):
    """Writes the lines of `settings.env`."""

    def write(*lines: str) -> Path:
        path = tmp_path / "settings.env"
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return write


def test_the_program_reads_its_settings_file_itself(installation, settings_file):
    settings_file("ALLOWED_HOSTS=a.example")
    assert value(installation, "ALLOWED_HOSTS") == "['a.example']"


def test_what_stands_in_a_settings_file(tmp_path, settings_file):
    settings_file(
        "# comments and empty lines count for nothing",
        "",
        "HTTPS=true",
        "SECRET_KEY='with blanks, $ and #'",
        'EMAIL_FROM="Acme <a@acme.example>"',
    )
    read = read_environment(tmp_path, {})
    assert read["HTTPS"] is True
    assert read["SECRET_KEY"] == "with blanks, $ and #"
    assert read["EMAIL_FROM"] == "Acme <a@acme.example>"


def test_the_environment_goes_before_the_settings_file(tmp_path, settings_file):
    path = settings_file("ALLOWED_HOSTS=a.example", "HTTPS=true")
    read = read_environment(tmp_path, {"ALLOWED_HOSTS": "b.example"})
    assert (read["ALLOWED_HOSTS"], read["HTTPS"]) == (["b.example"], True)
    assert read.sources == {"ALLOWED_HOSTS": "the environment", "HTTPS": str(path)}


def test_a_settings_file_elsewhere_is_named(tmp_path, settings_file):
    path = settings_file("HTTPS=true").rename(tmp_path / "elsewhere.env")
    assert read_environment(tmp_path, {})["HTTPS"] is False
    assert read_environment(tmp_path, {"SETTINGS_FILE": str(path)})["HTTPS"] is True
    assert refusal(SETTINGS_FILE="/none") == "SETTINGS_FILE names /none, and there is no such file."


@pytest.mark.parametrize(
    "line",
    [
        "SECRET_KEY=text  # a comment",
        "EMAIL_FROM=Acme <a@acme.example>",
        "SECRET_KEY=a$b",
        'SECRET_KEY="a$b"',
        "SECRET_KEY = text",
        "HTTPS",
        "SECRET_KEY='half",
    ],
)
def test_a_line_that_a_shell_and_systemd_read_differently_is_refused(settings_file, line):
    path = settings_file("HTTPS=true", line)
    assert refusal(SETTINGS_FILE=str(path)).startswith(f"{path}, line 2: write NAME=VALUE or NAME='VALUE'")


def test_what_is_wrong_in_a_settings_file_is_told_with_its_name(settings_file):
    path = settings_file("HTTPS=ture", "ALLOWED_HOST=a.example")
    assert refusal(SETTINGS_FILE=str(path)).splitlines() == [
        f"{path}: ALLOWED_HOST is no setting; perhaps ALLOWED_HOSTS is meant.",
        f"{path}: HTTPS cannot be 'ture'; allowed: `true` or `false`.",
    ]


@examples(20)
@given(text=texts(alphabet=characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"], exclude_characters="'")))
def test_a_quoted_text_means_the_same_to_the_program_and_to_a_shell(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("settings")
    file = folder / "settings.env"
    file.write_text(f"SENTRY_ENVIRONMENT='{text}'\n")
    shell = subprocess.run(
        ["sh", "-c", f'set -a; . {file}; printf %s "$SENTRY_ENVIRONMENT"'], capture_output=True, env={}, timeout=30
    )
    assert read_environment(folder, {})["SENTRY_ENVIRONMENT"] == (shell.stdout.decode() or "production")


@pytest.mark.parametrize("name", ["a#b", "a?b", "100%", "a b", "ä"])
def test_the_database_lies_in_the_programs_folder_whatever_that_is_called(tmp_path, name):
    folder = tmp_path / name
    assert database("sqlite:///var/campaignos.sqlite3", folder)["NAME"] == str(folder / "var" / "campaignos.sqlite3")
    url = f"sqlite:///{str(folder).replace('%', '%25')}/other.sqlite3"
    assert database(url, Path("/elsewhere"))["NAME"] == str(folder / "other.sqlite3")


@pytest.mark.processes
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


def test_the_operators_guide_has_the_table_of_settings():
    guide = (project.BASE_DIR / "docs" / "operations.md").read_text()
    assert settings_table() in guide


def test_the_example_of_a_settings_file_has_all_settings_and_their_defaults(tmp_path):
    """`manage.py settings --example > .env.example` writes it anew."""
    example = (project.BASE_DIR / ".env.example").read_text()
    out = StringIO()
    call_command("settings", "--example", stdout=out)
    assert example == out.getvalue()
    named = re.findall(r"^#(\w+)=", example, re.MULTILINE)
    assert named == list(TABLE)
    (tmp_path / "settings.env").write_text(example)
    assert read_environment(tmp_path, {}).sources == {}
    (tmp_path / "settings.env").write_text(re.sub(r"^#(?=\w+=)", "", example, flags=re.MULTILINE))
    assert read_environment(tmp_path, {}).values == {name: setting.default for name, setting in TABLE.items()}


def test_no_other_module_reads_the_environment():
    modules = [
        path for app in ("campaignos", "workspaces", "analytics") for path in (project.BASE_DIR / app).rglob("*.py")
    ]
    reading = {
        path.stem for path in modules if re.search(r"\bos\.(?:environ\b|getenv)(?!\.setdefault)", path.read_text())
    }
    assert reading == {"environment", "gunicorn", "telemetry"}  # the last two share a folder by a variable


def manage(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project.BASE_DIR,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "for-tests", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.processes
def test_a_command_on_data_makes_no_database_and_names_the_one_that_is_missing(tmp_path):
    path = tmp_path / "missing.sqlite3"
    status, _, errors = manage("verify", DATABASE_URL=f"sqlite:///{path}")
    assert status == 1
    assert errors.startswith(f"Database: SQLite, {path} (the environment)\nThere is no database {path}. ")
    assert not path.exists()


@pytest.mark.processes
def test_a_command_on_data_names_its_database_without_its_password():
    status, _, errors = manage("verify", DATABASE_URL="postgres://ada:hush@127.0.0.1:1/campaignos")
    assert status == 1
    assert errors.startswith("Database: PostgreSQL, campaignos at 127.0.0.1:1 (the environment)\n")
    assert "hush" not in errors


@pytest.mark.processes
def test_a_database_behind_a_socket_is_named_by_its_folder():
    _, out, _ = manage("settings", DATABASE_URL="postgres:///campaignos?host=/var/run/postgresql")
    assert out.startswith("Database: PostgreSQL, campaignos at /var/run/postgresql (the environment)\n")


@pytest.mark.parametrize(
    ("options", "patient"),
    [
        ({"timeout": 8}, {"timeout": 600}),
        ({"options": "-c lock_timeout=8s"}, {"options": "-c lock_timeout=8s -c lock_timeout=600s"}),
    ],
    ids=["SQLite", "PostgreSQL, where the last one counts"],
)
def test_commands_that_nobody_waits_for_wait_for_other_writers(options, patient):
    be_patient(options)
    assert options == patient


@pytest.mark.processes
def test_settings_that_cannot_be_used_are_told_without_a_traceback():
    assert manage("migrate", HTTPS="ture") == (
        1,
        "",
        "The settings cannot be used.\nHTTPS cannot be 'ture'; allowed: `true` or `false`.\n",
    )


@pytest.mark.processes
def test_a_command_tells_what_is_set_and_where_without_secrets(tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("METRICS_TOKEN=hush\nALLOWED_HOSTS=a.example,b.example\n")
    status, out, _ = manage("settings", SETTINGS_FILE=str(file), LOG_LEVEL="DEBUG")
    assert status == 0
    assert f"METRICS_TOKEN=…  ({file})\n" in out
    assert f"ALLOWED_HOSTS=a.example,b.example  ({file})\n" in out
    assert "LOG_LEVEL=DEBUG  (the environment)\n" in out
    assert "HTTPS=false  (default)\n" in out
    assert "hush" not in out
