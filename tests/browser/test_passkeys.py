"""Passkeys with a browser's own authenticator: added, renamed, logged in with, removed; and their pages' barriers."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_reports import WIDEST, complaints_light_and_dark, each_width
from tests.conftest import PASSWORD
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def plug_in_authenticator(page):
    """Chromium's own virtual one."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def prove(visitor):
    """Who changes what lets one in is asked for the password again."""
    if "reauthenticate" in visitor.page.url:
        visitor.page.get_by_label("Password", exact=True).fill(PASSWORD)
        visitor.follow(visitor.page.get_by_role("button", name="Confirm"))


@each_width
def test_a_passkey_is_added_renamed_used_and_removed(visitor, workspace):
    page = visitor.page
    plug_in_authenticator(page)
    visitor.log_in()
    titles = set()

    def look():
        assert page.evaluate(WIDEST) == 0, page.url
        assert complaints_light_and_dark(page) == [], page.url
        titles.add(page.title())

    visitor.open("/account/second-factor/")
    look()
    visitor.follow(page.get_by_role("link", name="Add one"))
    prove(visitor)
    look()
    expect(page.get_by_label("Name")).to_have_value("Chrome on Linux")
    expect(page.get_by_role("link", name="Cancel")).to_be_visible()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Log in with it alone").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Passkey or security key added.")).to_be_visible()
    look()

    visitor.open("/account/second-factor/webauthn/")
    look()
    expect(page.get_by_role("row", name="Laptop")).to_contain_text("Passkey")
    visitor.follow(page.get_by_role("link", name="Rename"))
    look()
    page.get_by_label("Name").fill("Old laptop")
    visitor.follow(page.get_by_role("button", name="Save"))

    page.context.clear_cookies()
    visitor.open("/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/w/**")

    visitor.open("/account/second-factor/webauthn/")
    visitor.follow(page.get_by_role("link", name="Remove …"))
    prove(visitor)
    expect(page.get_by_role("heading", name="Remove Old laptop")).to_be_visible()
    look()
    expect(page.get_by_role("link", name="Cancel")).to_be_visible()
    visitor.follow(page.get_by_role("button", name="Remove"))
    expect(page.get_by_text("None has been added yet.")).to_be_visible()
    assert len(titles) == 6, "each page has a title of its own"


def test_a_passkey_is_added_and_logs_in_alone(visitor, workspace):
    """On a host name that browsers trust without HTTPS."""
    visitor.address = visitor.address.replace("127.0.0.1", "localhost")
    visitor.log_in()
    plug_in_authenticator(visitor.page)

    visitor.open("/account/second-factor/webauthn/add/")
    prove(visitor)
    visitor.page.get_by_label("Log in with it alone").check()
    visitor.page.get_by_role("button", name="Add").click()
    expect(visitor.page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    assert User.objects.get().authenticator_set.filter(type="webauthn").exists()

    visitor.open("/logout/")
    visitor.page.locator("main form button").first.click()
    visitor.page.wait_for_url("**/login/")
    visitor.page.get_by_role("button", name="Use a passkey").click()
    expect(visitor.page.get_by_role("heading", name="Overview", level=1)).to_be_visible()

    visitor.open("/logout/")
    visitor.page.locator("main form button").first.click()
    visitor.page.wait_for_url("**/login/")
    visitor.log_in(leads_to="**/second-factor/authenticate/**")
    visitor.page.get_by_role("button", name="Use a passkey or security key").click()
    expect(visitor.page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
