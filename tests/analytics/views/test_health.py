"""The page of health: harm on cards, mailboxes and reasons, and the list."""

import re
from html import unescape

import pytest

from analytics.models import Campaign
from tests.analytics.api.test_deliverability import emails
from tests.analytics.reports.items import contact, message, report
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
    assert "24 people on the list, −4 in this period: 0 came, 4 left." in shown
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
    assert "1 person on the list, +1 in this period: 1 came, 0 left." in shown


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


def emails_of_two_weeks(bulk):
    """Forty to Google in each week: of the former a tenth clicked, of the latter none so far; four complained."""
    bulk("contacts", [{**contact(f"p{n}", "03-01 08:00"), "email": f"p{n}@example.com"} for n in range(40)])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    sent = [
        message(f"{day}-{n}", f"{day} 09:00", contact=f"p{n}", sent=f"{day} 09:00", delivered=f"{day} 09:00")
        for day in ("03-17", "03-24")
        for n in range(40)
    ]
    bulk("messages", sent)
    bulk("message-events", [report(f"03-24-{n}", "complained", "03-24 10:00") for n in range(4)])
    clicks = [report(f"03-17-{n}", "clicked", "03-17 10:00") for n in range(4)]
    bulk("message-events", [{**click, "url": "https://shop.example/"} for click in clicks])


def test_health_is_compared_where_it_is_asked_for(api, page, bulk, now):
    emails_of_two_weeks(bulk)
    week = {"from": "2026-03-23", "to": "2026-03-29"}
    html = page("health", **week, compare="previous")
    shown = text_of(html)
    assert "▲ +10.00 points vs previous, of messages 3 days old Why? Complaint rate" in shown
    assert "example.com 40 ±0.0% 100.0% ±0.0 points" in shown
    assert "▼ −10.0 points" in shown, "of clicks"
    whys = [unescape(address) for address in re.findall(r'class="why" href="([^"]+)"', html)]
    why = next(address for address in whys if "complaint" in address and "domain" not in address)
    assert "Complaint rate rose from 0.00% to 10.00%" in text_of(api.get(why).content.decode())
    of_mailbox = next(address for address in whys if "domain" in address)
    assert "Complaint rate rose from 0.00% to 10.00%" in text_of(api.get(of_mailbox).content.decode())
    assert "vs previous" not in text_of(page("health", **week)), "what was compared last is not"
