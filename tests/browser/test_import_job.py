"""Contacts from another tool's file, in five clicks from any page; and the columns of such a file without barriers."""

import os
from pathlib import Path

import pytest

from analytics.models import Contact
from tests.analytics.ingest.files.exports import EXPORTS
from tests.browser.test_reports import WIDEST, complaints_light_and_dark, each_width

pytestmark = pytest.mark.django_db(transaction=True)
[MAILCHIMP] = [each for each in EXPORTS if each.tool == "Mailchimp"]
AMBIGUOUS = b"Email,Signed up,Plan\nada@example.com,01/02/2026,pro\nbob@example.com,03/04/2026,\n"


def sent(visitor, slug, content):
    visitor.open(f"/w/{slug}/import/")
    file = {"name": "export.csv", "mimeType": "text/csv", "buffer": content}
    visitor.page.get_by_label("File", exact=True).set_input_files(file)
    visitor.follow(visitor.page.get_by_role("button", name="Preview import"))


@each_width
def test_the_columns_of_a_file_have_no_barriers(visitor, workspace, owner):
    visitor.start_session()
    for content in (MAILCHIMP.content(), AMBIGUOUS):
        sent(visitor, workspace.slug, content)
        assert visitor.page.evaluate(WIDEST) == 0
        assert complaints_light_and_dark(visitor.page) == []
        picture(visitor.page, f"import-{len(content)}")
    visitor.page.get_by_label("Days").select_option("mdy")
    visitor.follow(visitor.page.get_by_role("button", name="Update preview"))
    assert visitor.page.get_by_role("button", name="Import 2 contacts").is_visible()


def picture(page, name):
    """Where somebody wants to look at it."""
    if folder := os.environ.get("PICTURES"):
        width = page.viewport_size["width"]
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


def test_contacts_from_another_tool_in_five_clicks(visitor, workspace, owner, tmp_path):
    file = tmp_path / "subscribed_members_export.csv"
    file.write_bytes(MAILCHIMP.content())
    page = visitor.page
    visitor.log_in()

    visitor.follow(page.get_by_role("navigation").get_by_role("link", name="Contacts"))
    visitor.follow(page.get_by_role("link", name="Import", exact=True))
    with page.expect_file_chooser() as chooser:
        page.get_by_label("File", exact=True).click()
    chooser.value.set_files(file)
    visitor.follow(page.get_by_role("button", name="Preview import"))
    visitor.follow(page.get_by_role("button", name="Import 2 contacts"))

    assert page.get_by_role("heading", name="subscribed_members_export.csv is imported").is_visible()
    assert {contact.email for contact in Contact.objects.all()} == {"ada@example.com", "bob@example.com"}
