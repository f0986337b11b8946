"""Stories in a real browser: from the first log-in to the first event, and finding a contact; both without a word of
complaint from the console."""

import json
import re
import time
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from analytics.models import Contact, Message
from tests.browser.test_reports import WIDEST, complaints_light_and_dark, each_width

pytestmark = pytest.mark.django_db(transaction=True)
FUNNEL = "from=2026-01-01&to=2026-12-31&steps=page_view,purchase&step=2&lostSince=1"


@each_width
def test_lists_and_first_steps_have_no_barriers(visitor, shop):
    contact = Contact.objects.filter(workspace=shop).first().api_id
    message = Message.objects.filter(workspace_id=shop.pk, clicked_at__isnull=False).first().api_id
    visitor.start_session()
    for path in (
        "campaigns/",
        "contacts/?q=a",
        f"contacts/{contact}/",
        f"contacts/{contact}/erase/",
        "messages/?reached=clicked&hours=24",
        f"messages/{message}/",
        "enrolments/",
        f"people/?{FUNNEL}",
        "events/",
        "events/?tab=rejected",
        "start/",
        "import/",
        "import/?resource=campaigns",
        "settings/webhooks/",
    ):
        visitor.open(f"/w/{shop.slug}/{path}")
        assert visitor.page.evaluate(WIDEST) == 0, path
        assert complaints_light_and_dark(visitor.page) == [], path


def test_from_the_first_log_in_to_the_first_event(visitor, workspace, owner):
    page = visitor.page
    visitor.log_in()
    page.get_by_role("link", name="Send your first event").click()
    visitor.follow(page.get_by_role("button", name="Create a write key"))
    token = page.locator("#token").inner_text()
    assert token in page.locator("#snippet-0").inner_text()
    page.get_by_text("Waiting for something to arrive").wait_for()

    body = json.dumps({"userId": "u1", "event": "signup"}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    urlopen(Request(f"{visitor.address}/v1/track", body, headers)).close()
    sent = time.monotonic()
    page.get_by_text("It works.").wait_for(timeout=10_000)
    waited = time.monotonic() - sent
    print(f"The first event was shown after {waited:.2f} s.")
    visitor.follow(page.get_by_role("link", name="signup"))
    page.locator(".event summary").first.click()
    assert '"event": "signup"' in page.locator(".event[open] pre").inner_text()


def test_a_contact_is_found_and_it_is_seen_why_they_count(visitor, shop):
    page = visitor.page
    contact = Contact.objects.filter(workspace=shop).order_by("signed_up_at").first()
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/contacts/")
    page.get_by_label("Search").fill(contact.email)
    page.get_by_label("Search").press("Enter")
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    page.locator("table.list tbody th a").click()
    page.get_by_role("heading", name=contact.name, level=1).wait_for()
    row = page.locator(".traits > div", has=page.get_by_text("Events", exact=True))
    number = int(row.locator("dd a").first.inner_text().replace(",", ""))
    visitor.follow(row.locator("dd a").first)
    assert page.locator("[data-total]").get_attribute("data-total") == str(number)


def test_a_number_of_a_report_opens_its_list(visitor, shop):
    page = visitor.page
    visitor.start_session()
    visitor.open(f"/w/{shop.slug}/reports/overview/?range=28d")
    number = page.get_by_role("group", name="Orders").locator("a.opens").first
    exact = (
        number.locator("[title]").get_attribute("title") if number.locator("[title]").count() else number.inner_text()
    )
    visitor.follow(number)
    assert page.locator("[data-total]").get_attribute("data-total") == re.sub(r"\D", "", exact)
