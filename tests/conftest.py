"""What many tests begin with: a workspace, those who may and may not see it, and ways to send it data."""

import gc
import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.cache import caches
from django.core.management import BaseCommand, call_command
from django.db import connection, connections
from django.http import HttpRequest
from django.test import Client, TransactionTestCase, override_settings

from tests import citus, openapi
from tests.chromium import CHROMIUM, PLAIN_HOST
from tests.copied_rows import copied, one_test
from tests.emptying import empty_tables
from tests.examples import be_quick
from tests.handlers import send_in_few_packets, share_middleware
from tests.installation import databases
from tests.selection import (
    LONGEST,
    is_long,
    is_measured_as_long,
    leave_out,
    note_beginning,
    note_cost,
    takes_long,
    too_long,
    touches_database,
    write_long_modules,
)
from tests.sql_watch import SqlWatch
from tests.template import copied_database, copy_template
from workspaces.changes import create_key, create_workspace
from workspaces.models import KeyKind, Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import at_the_door, scope_of_all
from workspaces.sessions import SessionStore

gc.disable()  # nothing that is imported and collected becomes garbage; `pytest_collection_finish` goes on with it
PASSWORD = "correct-horse-battery"
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
"""A Tuesday, two days after Berlin's clocks went forward."""


def _start_session(client: Client, user: User, backend: str | None = None) -> None:
    """What a log-in leaves, in two statements instead of nine; the log-in itself has tests of its own."""
    if settings.SESSION_COOKIE_NAME in client.cookies:
        log_in(client, user, backend)
        return
    user.backend = backend or client._get_backend()
    request = HttpRequest()
    request.session = SessionStore()
    request.session.update(
        {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: user.backend, HASH_SESSION_KEY: user.get_session_auth_hash()}
    )
    request.session.save()
    client._set_login_cookies(request)


def prove(client: Client) -> None:
    """What typing the password again leaves in a session; the page that asks for it has tests of its own."""
    request = HttpRequest()
    request.session = session = client.session
    record_authentication(request, User.objects.get(pk=session[SESSION_KEY]), "password", reauthenticated=True)
    session.save()


log_in, Client.force_login = Client.force_login, _start_session
share_middleware()
send_in_few_packets()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--only-database",
        action="store_true",
        help="leave out what touches no database, and so ends the same on each: the suite on SQLite has run it",
    )
    parser.addoption(
        "--quick",
        action="store_true",
        help="few random examples, and nothing that needs a server, a browser, or processes of its own, or takes long",
    )
    parser.addoption(
        "--long-modules",
        action="store_true",
        help="with --quick: run also the modules that were measured to take long, and write down which of all do",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.option.quick:
        be_quick()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What `--quick` leaves out whole need not be imported."""
    return _is_left_out(collection_path, config) or None


def _is_left_out(path: Path, config: pytest.Config) -> bool:
    is_measured = is_measured_as_long(path) and not config.option.long_modules
    return config.option.quick and path.suffix == ".py" and (is_long(path) or is_measured)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After they were shuffled, the modules with the longest tests first: else one process has them left at the end."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)
    if config.option.only_database:
        leave_out(config, items, lambda item: not touches_database(item))
    if config.option.quick:
        leave_out(config, items, lambda item: takes_long(item) or _is_left_out(item.path, config))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    note_beginning(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    yield
    note_cost(item)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    options, passed = terminalreporter.config.option, terminalreporter.getreports("passed")
    if options.long_modules:
        write_long_modules(passed)
    slow = too_long(passed)
    if options.quick and slow:
        terminalreporter.section("Too long for make check: make them faster, or mark them as long")
        terminalreporter.write_line("\n".join(slow))


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay, and a test leaves little: to look for garbage takes a sixth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    gc.enable()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """As usual; on a Citus cluster, a database that a killed run has left is dropped, which Django could not."""
    if citus.is_asked_for():
        citus.drop(connection.creation._get_test_db_name())


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """A copy of a database that was migrated once; on a Citus cluster a new one, whose tables are spread over it."""
    if not citus.is_asked_for():
        with django_db_blocker.unblock(), copied_database():
            _prepare()
            TransactionTestCase._fixture_teardown = _empty_tables
            yield
        return
    request.getfixturevalue("django_db_setup")
    with django_db_blocker.unblock():
        citus.spread_test_database()
    yield
    with django_db_blocker.unblock():
        citus.forget_test_database()


def _prepare() -> None:
    """On SQLite the audit trail may be deleted, as what empties the tables after a test does with all rows."""
    if connection.vendor == "sqlite":
        connection.cursor().execute("DROP TRIGGER audit_event_is_kept_delete")
    elif settings.ROW_LEVEL_SECURITY:
        call_command("protect", stdout=StringIO())


def _empty_tables(_: TransactionTestCase) -> None:
    with scope_of_all("nothing stays of a test"):
        empty_tables()


@pytest.fixture
def own_database(tmp_path: Path, worker_id: str) -> Iterator[str]:
    """The address of an empty database, for processes of their own."""
    with databases(tmp_path, f"own_{worker_id}") as (url,):
        yield url


@pytest.fixture
def migrated(django_db_setup: None, django_db_blocker: Any) -> Callable[[str], str]:
    """Migrates the empty database at an address, for processes of their own."""

    def migrate(url: str) -> str:
        with django_db_blocker.unblock():
            copy_template(url.removeprefix("sqlite:///") if connection.vendor == "sqlite" else urlsplit(url).path[1:])
        return url

    return migrate


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One of Playwright's, which keeps an event loop in the thread of the tests: there can be one a process."""
    from playwright.sync_api import sync_playwright  # takes long, and few tests need it

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _settings_of_all_tests(django_test_environment: None) -> Iterator[None]:
    """Passwords are fast; limits count in memory; static files are as with DEBUG, since the project's own storage wants
    `collectstatic` to have run; keys may be used at will."""
    in_memory = "django.core.cache.backends.locmem.LocMemCache"
    as_they_are = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        CACHES={name: {"BACKEND": in_memory, "LOCATION": name} for name in settings.CACHES},
        STORAGES={**settings.STORAGES, "staticfiles": as_they_are},
        WHITENOISE_USE_FINDERS=True,
        WHITENOISE_AUTOREFRESH=True,
        REQUESTS_PER_SECOND=0,
    ):
        yield


@pytest.fixture(autouse=True)
def _limits_count_anew() -> None:
    """What one test tried must not lock another one out."""
    for cache in caches.all():
        cache.clear()


@pytest.fixture(autouse=True)
def _nothing_is_kept_of_another_test() -> None:
    from analytics.ledger.kept_columns import KEPT

    KEPT.clear()


@pytest.fixture(autouse=True)
def _tests_see_every_workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test itself asks; the requests and commands that it makes begin at the door, as all do."""
    execute = BaseCommand.execute

    def executed(*args: Any, **options: Any) -> Any:
        with at_the_door():
            return execute(*args, **options)

    monkeypatch.setattr(BaseCommand, "execute", executed)
    with scope_of_all("tests look at what the program did"):
        yield


@pytest.fixture(autouse=True)
def _clock_is_set_first(request: pytest.FixtureRequest) -> None:
    """Whatever order a test names its fixtures in: nothing is made before the clock stands."""
    if "now" in request.fixturenames:
        request.getfixturevalue("now")


@pytest.fixture(autouse=True)
def _sql_is_watched(_clock_is_set_first: None) -> Iterator[None]:
    watch = SqlWatch()
    with one_test(), connection.execute_wrapper(watch):
        yield
    assert not watch.problems, watch.problems


@pytest.fixture(autouse=True)
def _answers_are_as_the_schema_tells(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    ask = Client.request

    def asked(client: Client, **request: Any) -> Any:
        response = ask(client, **request)
        if settings.ROOT_URLCONF == "campaignos.urls":
            problem = openapi.mismatch(request["REQUEST_METHOD"], request["PATH_INFO"], response)
            assert problem is None, problem
        return response

    monkeypatch.setattr(Client, "request", asked)


@pytest.fixture
def now(time_machine: Any) -> datetime:
    """The clock stands still at NOW."""
    time_machine.move_to(NOW, tick=False)
    return NOW


@pytest.fixture
@copied
def owner(db: None) -> User:
    return User.objects.create_user("owner@example.com", PASSWORD)


@pytest.fixture
@copied
def workspace(owner: User) -> Workspace:
    return create_workspace(name="Acme", time_zone="Europe/Berlin", by=owner)


@pytest.fixture
def api(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
@copied
def viewer(workspace: Workspace) -> User:
    viewer = User.objects.create_user("viewer@example.com", PASSWORD)
    Membership.objects.create(workspace=workspace, user=viewer, role=Role.VIEWER)
    return viewer


@pytest.fixture
def viewer_client(viewer: User) -> Client:
    client = Client()
    client.force_login(viewer)
    return client


@pytest.fixture
@copied
def stranger(db: None) -> User:
    """Somebody with a workspace of their own."""
    stranger = User.objects.create_user("stranger@example.com", PASSWORD)
    create_workspace(name="Elsewhere", time_zone="UTC", by=stranger)
    return stranger


@pytest.fixture
def stranger_client(stranger: User) -> Client:
    client = Client()
    client.force_login(stranger)
    return client


@pytest.fixture
@copied
def write_key(workspace: Workspace, owner: User) -> str:
    return create_key(workspace=workspace, kind=KeyKind.WRITE, name="test", by=owner)[1]


@pytest.fixture
@copied
def browser_key(workspace: Workspace, owner: User) -> str:
    """A write key that may stand in web pages."""
    return create_key(workspace=workspace, kind=KeyKind.WRITE, name="pages", by=owner, allows_browsers=True)[1]


@pytest.fixture
@copied
def secret_key(workspace: Workspace, owner: User) -> str:
    return create_key(workspace=workspace, kind=KeyKind.SECRET, name="test", by=owner)[1]


def post_json(client: Client, path: str, body: object, **headers: str) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers or None)


@pytest.fixture
def bulk(api: Client, workspace: Workspace) -> Callable[..., dict[str, Any]]:
    """Sends items to the bulk API in requests of 1,000 and adds up the answers."""

    def send(resource: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        total: dict[str, Any] = {"accepted": 0, "updated": 0, "duplicates": 0, "rejected": []}
        for start in range(0, len(items), 1000):
            response = post_json(
                api, f"/api/workspaces/{workspace.api_id}/{resource}/bulk", {"items": items[start : start + 1000]}
            )
            assert response.status_code == 200, response.content
            for name in total:
                total[name] += response.json()[name]
        return total

    return send


@pytest.fixture
def track(write_key: str) -> Callable[..., Any]:
    """Sends calls as one batch with the write key."""

    def send(*calls: dict[str, Any], **batch: Any) -> Any:
        return post_json(Client(), "/v1/batch", {"batch": list(calls), **batch}, Authorization=f"Bearer {write_key}")

    return send


@pytest.fixture
def track_trusted(secret_key: str) -> Callable[..., Any]:
    """Sends calls as one batch with the secret key, which may join contacts."""

    def send(*calls: dict[str, Any], **batch: Any) -> Any:
        return post_json(Client(), "/v1/batch", {"batch": list(calls), **batch}, Authorization=f"Bearer {secret_key}")

    return send


@pytest.fixture
def report(api: Client, workspace: Workspace) -> Callable[..., dict[str, Any]]:
    """A report's answer by its path below `analytics`."""

    def get(path: str = "", **query: Any) -> dict[str, Any]:
        response = api.get(f"/api/workspaces/{workspace.api_id}/analytics{path}", query)
        assert response.status_code == 200, response.content
        return response.json()

    return get


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Runs each of the functions in a thread of its own, all starting together; answers what they answered."""

    def run(*functions: Callable[[], Any]) -> list[Any]:
        start = threading.Barrier(len(functions))

        def one(function: Callable[[], Any]) -> Any:
            start.wait()
            try:
                with scope_of_all("a thread of its own begins at the door"):
                    return function()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(one, functions))

    return run
