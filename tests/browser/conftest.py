"""A real browser, the system's Chromium, on a served workspace with data."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Locator, Page

from analytics.demo import DemoData
from analytics.ingest import (
    take_calls,
    take_campaigns,
    take_contacts,
    take_enrollments,
    take_message_events,
    take_messages,
)
from tests.chromium import CHROMIUM
from tests.conftest import PASSWORD
from tests.copied_rows import copied_for_an_hour
from workspaces.changes import create_workspace
from workspaces.models import User, Workspace

FOCUSED = "Autofocus processing was blocked"
"""What the browser says where somebody was quicker than a page's autofocus: the focus stays with them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None and not os.environ.get("CI"):
        for item in items:
            if "browser" in item.nodeid:
                item.add_marker(pytest.mark.skip(reason="Chromium is missing: apt-get install chromium-headless-shell"))


@pytest.fixture
@copied_for_an_hour
def owner(transactional_db: None) -> User:
    return User.objects.create_user("owner@example.com", PASSWORD)


@pytest.fixture
@copied_for_an_hour
def workspace(owner: User) -> Workspace:
    return create_workspace(name="Acme", time_zone="Europe/Berlin", by=owner)


@pytest.fixture
@copied_for_an_hour
def shop(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The demo's shop, with its last 30 days only."""
    monkeypatch.setattr("analytics.demo.history.DEMO_DAYS", 30)
    now = datetime.now(UTC)
    data = DemoData(now, workspace.zone)
    for take, items in (
        (take_campaigns, data.campaigns),
        (take_contacts, data.contacts),
        (take_enrollments, data.enrollments),
        (take_messages, data.messages),
        (take_message_events, data.message_events),
        (take_calls, data.calls),
    ):
        assert take(workspace, items, received_at=now + timedelta(seconds=1)).rejected == []
    return workspace


class Visitor:
    """A browser's window, and all that its console said."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.plain: Visitor | None = None
        self.said: list[str] = []
        page.on("console", lambda message: message.text.startswith(FOCUSED) or self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def open(self, path: str) -> None:
        response = self.page.goto(f"{self.address}{path}")
        assert response is not None
        assert response.status == 200, path

    def follow(self, link: Locator) -> None:
        """Click on what leads to another page, and wait until all of that page is there."""
        with self.page.expect_navigation():
            link.click()

    def log_in(self, *, leads_to: str = "**/w/**") -> None:
        self.open("/login/")
        self.page.get_by_label("Email").fill("owner@example.com")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(leads_to)

    def start_session(self) -> None:
        """As after a log-in, for what begins at another page."""
        client = Client()
        client.force_login(User.objects.get(email="owner@example.com"))
        token = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": token, "url": self.address}])

    def without_javascript(self) -> "Visitor":
        """Another window, in which no script runs."""
        browser = self.page.context.browser
        assert browser is not None
        self.plain = Visitor(browser.new_context(java_script_enabled=False).new_page(), self.address)
        return self.plain


@pytest.fixture
def visitor(request: pytest.FixtureRequest, browser: Browser, live_server: Any) -> Iterator[Visitor]:
    """Parametrized indirectly with (width, colour scheme)."""
    width, scheme = getattr(request, "param", (1280, "light"))
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    visitor = Visitor(context.new_page(), live_server.url)
    yield visitor
    context.close()
    if visitor.plain:
        visitor.plain.page.context.close()
    assert visitor.said == []
