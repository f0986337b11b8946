"""People come in, invite others, look after their accounts; the browser has nothing to complain of."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)

WIDEST = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SETTINGS = ["", "members/", "keys/", "audit/", "delete/"]
ACCOUNT = ["", "email/", "password/", "second-factor/", "sessions/"]


@pytest.mark.parametrize("visitor", [(1280, "light"), (360, "dark")], indirect=True)
def test_every_page_of_settings_and_account_keeps_the_policy_and_fits_the_window(visitor, workspace):
    for path in ("/login/", "/password/reset/", "/signup/"):
        visitor.open(path)
        assert visitor.page.evaluate(WIDEST) == 0, path
    visitor.log_in()
    for path in [f"/w/acme/settings/{page}" for page in SETTINGS] + [f"/account/{page}" for page in ACCOUNT]:
        visitor.open(path)
        assert visitor.page.evaluate(WIDEST) == 0, path


def test_a_colleague_is_invited_as_viewer_who_looks_and_cannot_change(visitor, workspace, browser):
    visitor.start_session()
    visitor.open("/w/acme/settings/members/")
    visitor.page.get_by_label("Email").fill("ada@example.com")
    visitor.page.get_by_role("button", name="Invite").click()
    link = visitor.page.get_by_label("The invitation's link").input_value()

    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(link)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Password").fill("a-brand-new-password")
    page.get_by_role("button", name="Create account and join").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    page.goto(f"{visitor.address}/w/acme/settings/")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_role("link", name="API keys")).to_have_count(0)
    page.context.close()

    visitor.open("/w/acme/settings/members/")
    assert visitor.page.get_by_text("ada@example.com").is_visible()


def test_a_typed_password_can_be_shown_and_a_new_key_copied(visitor, workspace):
    visitor.open("/login/")
    field = visitor.page.get_by_label("Password")
    field.fill("secret")
    visitor.page.get_by_role("button", name="Show").click()
    assert field.get_attribute("type") == "text"
    visitor.log_in()
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.open("/w/acme/settings/keys/")
    visitor.page.get_by_label("Name").fill("Shop")
    visitor.page.get_by_role("button", name="Create key").click()
    token = visitor.page.get_by_label("The new key").input_value()
    visitor.page.get_by_role("button", name="Copy").click()
    expect(visitor.page.get_by_role("button", name="Copied")).to_be_visible()
    assert visitor.page.evaluate("navigator.clipboard.readText()") == token
    assert re.fullmatch(r"wk_.{43}", token)


def test_a_second_click_sends_nothing_again(visitor, workspace):
    visitor.start_session()
    visitor.open("/w/acme/settings/keys/")
    visitor.page.get_by_label("Name").fill("Shop")
    posts: list[str] = []
    visitor.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    button = visitor.page.get_by_role("button", name="Create key")
    button.evaluate("one => { one.click(); setTimeout(() => one.click(), 20); }")
    token = visitor.page.get_by_label("The new key").input_value()
    assert len(posts) == 1
    assert [key.prefix for key in workspace.keys.all()] == [token[:9]]
