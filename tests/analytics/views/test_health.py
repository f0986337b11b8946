"""The page of health: harm on cards, mailboxes and reasons, and the list."""

import pytest

from analytics.models import Campaign
from tests.analytics.api.test_deliverability import emails
from tests.analytics.reports.items import contact
from tests.analytics.views.texts import text_of

__all__ = ["emails"]
DAYS = {"from": "2026-03-20", "to": "2026-03-31"}


def test_harm_stands_on_cards_with_intervals_and_limits(page, emails):
    shown = text_of(page("health", **DAYS))
    assert "Complaint rate 4.35% of delivered 1 email, 95% CI 0.77% to 20.99% Above 0.30%" in shown
    assert "Limits: 0.10% and 0.30%. Google, Yahoo and Microsoft ask for less than 0.10%, never 0.30%." in shown
    assert "Bounce rate 17.9% of sent 5 emails" in shown


def test_mailboxes_and_reasons_are_told_with_what_is_not_known(page, emails):
    shown = text_of(page("health", **DAYS))
    assert "Google reports no complaints 6 83.3% 1 0 – – 0.00%" in shown
    assert "Other (1 domain) 1" in shown
    assert "No address 1" in shown
    assert "Mailbox full 2 0 2 7.1%" in shown
    assert "Reason not known 1 0 0 3.6%" in shown


def test_the_list_is_told_with_who_came_and_left(page, emails):
    shown = text_of(page("health", **DAYS))
    assert "24 people on the list, −4 in these days: 0 came, 4 left." in shown
    assert "24 people on the list: too few to say more." in shown
    assert "All days 28 0 0 2 2 0 24" in shown


def test_filters_of_messages_say_nothing_of_the_list(page, emails):
    shown = text_of(page("health", where="domain:google", **DAYS))
    assert "filters of messages say nothing of it" in shown
    assert "Google reports no complaints 6" in shown
    assert "corp.example" not in shown


def test_without_emails_the_list_is_shown_all_the_same(page, bulk):
    bulk("contacts", [contact("ada", "03-25 09:00")])
    shown = text_of(page("health", **DAYS))
    assert "No emails" in shown
    assert "1 people on the list" not in shown
    assert "1 person on the list, +1 in these days: 1 came, 0 left." in shown


def test_times_of_sending_are_a_map_of_the_week_and_a_table(page, emails):
    shown = text_of(page("health", **DAYS))
    assert "Hour Mon Tue Wed Thu Fri Sat Sun 09:00 5.0% 0.0%" in shown
    assert "Tuesday, 09:00 20 1 5.0% 0.9% 23.6%" in shown
    assert "told of at most 400 days" in text_of(page("health", **{**DAYS, "from": "2024-12-01"}))


@pytest.mark.parametrize("table", ["mailboxes", "reasons", "growth", "engagement", "send_times"])
def test_each_table_is_a_file(api, workspace, emails, table):
    file = api.get(f"/w/{workspace.slug}/reports/health/", {**DAYS, "format": "csv", "table": table})
    assert file.status_code == 200
    assert len(file.getvalue().decode("utf-8-sig").splitlines()) > 2


def test_a_split_changes_nothing_and_says_so(page, emails):
    assert "breakdown changes nothing on this page." in text_of(page("health", breakdown="channel", **DAYS))


def test_a_campaign_of_emails_tells_its_harm_with_the_same_limits(api, workspace, page, emails):
    campaign = Campaign.objects.get(workspace=workspace, external_id="welcome")
    shown = text_of(page("campaign", campaign=campaign.api_id))
    assert "Complaint rate 5.26% of delivered 1 email, 95% CI 0.94% to 24.64% Above 0.30%" in shown
    assert "Bounce rate 17.4% of sent 4 emails" in shown
