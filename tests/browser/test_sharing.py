"""A report is kept, put on a board, shared by a link, and seen without an account, within another page, too."""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from analytics.api.questions.forms import read_report
from analytics.api.questions.reading import Asking
from analytics.api.questions.texts import whole_text
from analytics.boards import save_board
from analytics.models import Board, EmailRecipient, SavedQuestion, ScheduledEmail, ShareLink
from analytics.questions.boards import BoardTile
from analytics.questions.saved import QuestionText
from analytics.saved_questions import save_question
from analytics.scheduled_emails import unsubscribe_token
from analytics.share_links import create_link
from tests.browser.conftest import Visitor
from tests.browser.test_reports import WIDEST, complaints_light_and_dark
from workspaces.models import User, Workspace
from workspaces.scope import scope

TILES = {
    "overview": ("figure:delivered", "figure:revenue", "chart:course", "table:top_campaigns"),
    "timeseries": ("chart:days", "table:days"),
    "retention": ("table:cohorts",),
}
INTRANET = "https://intranet.example"
both_widths = pytest.mark.parametrize("visitor", [(1280, "light"), (320, "light")], indirect=True)


@pytest.fixture
def board(shop: Workspace, owner: User) -> Board:
    """A board with figures, charts and tables."""
    tiles = []
    for report, parts in TILES.items():
        text = QuestionText(report, {"metric": "messages_total"} if report == "timeseries" else {})
        with scope(shop):
            whole = whole_text(text, read_report(text, Asking(shop, timezone.now())))
            question = save_question(workspace=shop, name=f"Our {report}", text=whole, by=owner)
        tiles += [BoardTile(question.api_id, part) for part in parts]
    return save_board(workspace=shop, name="Monday", by=owner, tiles=tiles)


@pytest.fixture
def share(board: Board, owner: User) -> Callable[..., str]:
    def make(*, of_question: bool = False, **options: Any) -> str:
        shown = {"question": SavedQuestion.objects.first()} if of_question else {"board": board}
        _, token = create_link(**shown, by=owner, expires_at=timezone.now() + timedelta(days=2), **options)
        return f"/shared/{token}/"

    return make


@pytest.mark.parametrize(
    "visitor", [(1280, "light"), (390, "dark")], indirect=True, ids=lambda window: f"{window[0]}-{window[1]}"
)
def test_a_report_is_kept_and_shared_by_a_link(visitor: Visitor, shop) -> None:
    page = visitor.page
    visitor.start_session()
    visitor.open("/w/acme/reports/timeseries/?range=28d")
    if page.viewport_size == {"width": 390, "height": 800}:
        page.locator(".filters-button").click()
    page.locator(".save-question summary").click()
    page.locator(".save-question").get_by_label("Name").fill("For the agency")
    _picture(page, "save")
    visitor.follow(page.get_by_role("button", name="Save for everyone"))
    expect(page.get_by_text("For the agency is saved")).to_be_visible()
    visitor.open("/w/acme/saved/")
    _picture(page, "saved")
    visitor.open("/w/acme/settings/links/")
    page.get_by_role("button", name="Create link").click()
    address = page.get_by_label("The new link").input_value()
    _picture(page, "settings")
    page.context.clear_cookies()
    visitor.open(address.removeprefix(visitor.address))
    expect(page.get_by_role("heading", name="For the agency")).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("main a:not([href^='/help/metrics/'], [href^='?format=csv'])").count() == 0
    _picture(page, "shared")
    assert ShareLink.objects.get().views == 1


@both_widths
def test_boards_are_looked_at_and_put_together_by_everybody(visitor: Visitor, board: Board) -> None:
    visitor.start_session()
    for path in ("boards/", f"boards/{board.pk}/", f"boards/{board.pk}/edit/"):
        visitor.open(f"/w/acme/{path}")
        assert complaints_light_and_dark(visitor.page) == [], path
        assert visitor.page.evaluate(WIDEST) == 0, path
    page = visitor.page
    page.emulate_media(color_scheme="light")
    visitor.follow(page.get_by_role("button", name=re.compile("Remove ?: Delivered")))
    visitor.follow(page.get_by_role("button", name="Undo"))
    visitor.follow(page.get_by_role("button", name="Choose what it shows"))
    page.get_by_label("What the tile shows").select_option("figure:orders")
    visitor.follow(page.get_by_role("button", name="Add tile"))
    visitor.open(f"/w/acme/boards/{board.pk}/")
    expect(page.locator(".tiles .tile")).to_have_count(3)
    expect(page.locator("figure canvas")).to_have_count(2)
    expect(page.locator("figure canvas").first).to_be_visible()
    _picture(page, "board")


@both_widths
def test_the_briefing_is_set_up_looked_at_and_stopped_by_everybody(visitor: Visitor, shop: Workspace) -> None:
    page = visitor.page
    visitor.start_session()
    visitor.open("/w/acme/emails/")
    visitor.follow(page.get_by_role("button", name="Monday briefing"))
    with scope(shop):
        email = ScheduledEmail.objects.get()
        [recipient] = EmailRecipient.objects.filter(scheduled_email=email)
    of_email = f"/w/acme/emails/{email.pk}/"
    unsubscribing = f"/unsubscribe/{unsubscribe_token(recipient)}/"
    for path in ("/w/acme/emails/", "/w/acme/emails/new/", of_email, f"{of_email}edit/", unsubscribing):
        visitor.open(path)
        assert complaints_light_and_dark(page) == [], path
        assert page.evaluate(WIDEST) == 0, path
        _picture(page, f"email{path.replace('/', '-')}")
        page.emulate_media(color_scheme="light")
    visitor.follow(page.get_by_role("button", name="Unsubscribe"))
    with scope(shop):
        assert EmailRecipient.objects.get(pk=recipient.pk).state == "unsubscribed"


@both_widths
def test_what_is_shared_can_be_read_by_everybody(visitor: Visitor, share: Callable[..., str]) -> None:
    addresses = (share(), share(of_question=True), share(password="correct horse"), share(may_choose_days=True))
    for address in addresses:
        visitor.open(address)
        assert complaints_light_and_dark(visitor.page) == []
        assert visitor.page.evaluate(WIDEST) == 0
        visitor.page.emulate_media(color_scheme="light")


def test_the_password_of_a_link_is_given_in_a_browser(visitor: Visitor, share: Callable[..., str]) -> None:
    page, address = visitor.page, share(password="correct horse")
    visitor.open(address)
    for password, heading in (("wrong horse", "This page asks for a password"), ("correct horse", "Monday")):
        page.get_by_label("Password").fill(password)
        visitor.follow(page.get_by_role("button", name="Show"))
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    visitor.said.clear()  # of the 403 of the first


@both_widths
def test_a_board_is_shown_within_the_page_it_is_for_and_no_other(visitor: Visitor, share: Callable[..., str]) -> None:
    page, frame = visitor.page, f'<iframe src="{visitor.address}{share(origins=[INTRANET])}" title="Monday"></iframe>'
    whole = f'<!doctype html><html lang="en"><title>Ours</title><main><h1>Ours</h1>{frame}</main></html>'
    page.context.grant_permissions(["local-network-access"])
    page.route("https://*.example/**", lambda route: route.fulfill(body=whole, content_type="text/html"))
    page.goto(f"{INTRANET}/numbers")
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("heading", name="Monday")).to_be_visible()
    expect(inside.locator("figure canvas").first).to_be_visible()
    page.goto("https://other.example/numbers")
    expect(inside.get_by_role("heading", name="Monday")).to_have_count(0)
    assert any("frame-ancestors" in said for said in visitor.said)
    visitor.said.clear()


def _picture(page: Page, name: str) -> None:
    """For who wants to look."""
    if folder := os.environ.get("PICTURES"):
        page.wait_for_timeout(700)
        width = (page.viewport_size or {})["width"]
        page.screenshot(path=f"{folder}/share-{name}-{width}.png", full_page=True)
