"""Passkeys with a browser's own authenticator: added, renamed, logged in with, removed; and their pages' barriers."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_reports import WIDEST, complaints_light_and_dark, each_width
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@each_width
def test_a_passkey_is_added_renamed_used_and_removed(visitor, workspace):
    page = visitor.page
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    visitor.log_in()
    titles = set()

    def look():
        assert page.evaluate(WIDEST) == 0, page.url
        assert complaints_light_and_dark(page) == [], page.url
        titles.add(page.title())

    def prove():
        """Who changes what lets one in is asked for the password again."""
        if "reauthenticate" in page.url:
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            visitor.follow(page.get_by_role("button", name="Confirm"))

    visitor.open("/account/second-factor/")
    look()
    visitor.follow(page.get_by_role("link", name="Add one"))
    prove()
    look()
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
    prove()
    expect(page.get_by_role("heading", name="Remove Old laptop")).to_be_visible()
    look()
    expect(page.get_by_role("link", name="Cancel")).to_be_visible()
    visitor.follow(page.get_by_role("button", name="Remove"))
    expect(page.get_by_text("None has been added yet.")).to_be_visible()
    assert len(titles) == 6, "each page has a title of its own"
