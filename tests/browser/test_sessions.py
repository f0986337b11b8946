"""A tab outlives its session: what was typed there is kept, and what somebody else saved meanwhile is, too."""

import pytest
from playwright.sync_api import expect

from tests.conftest import PASSWORD
from workspaces.models import Session

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = "Failed to load resource: the server responded with a status of 40"


def log_in_again(page):
    page.get_by_label("Email").fill("owner@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_what_was_typed_survives_a_log_in(visitor, workspace, javascript):
    if not javascript:
        visitor = visitor.without_javascript()
    visitor.log_in()
    page = visitor.page
    visitor.open("/w/acme/settings/")
    page.get_by_label("Name").fill("Bean & Söhne")
    page.get_by_label("Address").fill("bean-shop")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    if javascript:
        page.get_by_role("link", name="Log in").click()
        log_in_again(page)
    else:
        with page.context.expect_page() as opening:
            page.get_by_role("link", name="Log in").click()
        log_in_again(opening.value)
        expect(opening.value.get_by_role("heading", name="You are logged in")).to_be_visible()
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_role("heading", name="Your session changed, please try again")).to_be_visible()
        page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Bean & Söhne")
    expect(page.get_by_label("Address")).to_have_value("bean-shop")
    assert all(line.startswith(REFUSED) for line in visitor.said), visitor.said
    visitor.said.clear()


def test_what_was_typed_is_sent_by_one_press_after_a_log_in_in_another_tab(visitor, workspace):
    visitor.start_session()
    page = visitor.page
    visitor.open("/w/acme/settings/")
    page.get_by_label("Name").fill("Bean & Söhne")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{visitor.address}/login/")
    log_in_again(other)
    expect(other.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Bean & Söhne")
    assert all(line.startswith(REFUSED) for line in visitor.said), visitor.said
    visitor.said.clear()


def test_a_second_tab_overwrites_nothing_unseen_and_a_notice_undoes(visitor, shop):
    visitor.start_session()
    page, other = visitor.page, visitor.page.context.new_page()
    for tab in (page, other):
        tab.goto(f"{visitor.address}/w/acme/settings/")
    other.get_by_label("Name").fill("Bean shop")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Time zone").fill("UTC")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody saved these settings")
    expect(page.get_by_label("Name")).to_have_value("Bean shop")
    expect(page.get_by_label("Time zone")).to_have_value("UTC")
    visitor.said.clear()  # that the answer was a 400

    visitor.open("/w/acme/campaigns/?sort=name")
    row = page.locator("table.list tbody tr").first
    status = row.locator("td[data-head=Status]")
    before = status.inner_text()
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Archive selected").click()
    expect(status).to_have_text("Archived")
    page.get_by_role("button", name="Undo").click()
    expect(status).to_have_text(before)
    assert page.url.endswith("/w/acme/campaigns/?sort=name")
