"""A/B tests and holdouts are made, changed, ended and deleted on pages."""

import re
from html import unescape

import pytest

from analytics.ingest.ab_tests import take_tests
from analytics.models import ABTest, Assignment
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")
NEW = "/w/acme/ab-tests/new/"
GIVEN = {
    "name": "Price",
    "kind": "test",
    "variants": "As now, 50\nHigher, 25",
    "goal": "conversion",
    "window_days": "14",
}


@pytest.fixture
@copied
def test(workspace, now):
    arms = [{"name": "A", "isControl": True}, {"name": "B"}]
    take_tests(workspace, [{"externalId": "t", "name": "T", "variants": arms}], received_at=now)
    return ABTest.objects.get()


def variants_of(test):
    return [(variant.name, variant.weight, variant.is_control) for variant in test.variants.all()]


def test_a_test_is_made(api, workspace):
    assert "New A/B test" in text_of(api.get(NEW).text)
    made = api.post(NEW, {**GIVEN, "planned_size": "800", "started_on": "2026-03-01", "ended_on": "2026-03-31"})
    row = ABTest.objects.get()
    assert made["Location"] == f"/w/acme/reports/experiments/?test={row.api_id}"
    assert variants_of(row) == [("As now", 50.0, True), ("Higher", 25.0, False)]
    assert (row.goal, row.window_days, row.planned_size, row.campaign) == ("conversion", 14, 800, None)
    assert (row.started_at.isoformat(), row.ended_at.isoformat()) == (
        "2026-02-28T23:00:00+00:00",
        "2026-03-31T21:59:59.999999+00:00",
    )


def test_a_holdout_of_a_campaign_is_made(api, bulk):
    bulk("campaigns", [{"externalId": "c", "name": "Spring"}])
    assert "Spring" in api.get(NEW).text
    api.post(NEW, {**GIVEN, "kind": "holdout", "campaign": "c", "variants": "", "held_out": "5"})
    row = ABTest.objects.get()
    assert (row.is_holdout, row.campaign.external_id) == (True, "c")
    assert variants_of(row) == [("Treated", 95.0, False), ("Held out", 5.0, True)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "This field is required."),
        ({"variants": "A"}, "A test has from 2 to 20 variants; here are 1."),
        ({"variants": "A, half\nB, 50"}, "has no number behind its last comma"),
        ({"variants": "A\nA"}, "must have different names"),
        ({"goal": "event"}, "A goal of events needs goalEvent"),
        ({"started_on": "2026-03-02", "ended_on": "2026-03-01"}, "a test ends after it begins"),
        ({"campaign": "unknown"}, "Select a valid choice"),
        ({"window_days": "366"}, "less than or equal to 365"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_made(api, workspace, change, told):
    refused = api.post(NEW, {**GIVEN, **change})
    assert refused.status_code == 400
    assert told in text_of(refused.text)
    assert not ABTest.objects.exists()


def test_a_test_is_changed_and_ended(api, test, now):
    address = f"/w/acme/ab-tests/{test.pk}/"
    assert 'value="T"' in api.get(address).text
    life = {"name": "Prices", "goal": "event", "goal_event": "signup", "window_days": "3"}
    assert api.post(address, life).status_code == 302
    test.refresh_from_db()
    assert (test.name, test.goal, test.goal_event, test.window_days) == ("Prices", "event", "signup", 3)
    assert api.post(f"{address}end/").status_code == 302
    test.refresh_from_db()
    assert test.ended_at == now
    assert api.post(address, {**life, "ended_on": "2026-03-31"}).status_code == 302
    test.refresh_from_db()
    assert test.ended_at == now, "the day is the same"
    assert "End now" not in api.get(address).text


@pytest.mark.long
def test_an_end_is_undone_from_its_notice_where_nobody_changed_it_since(api, test, now):
    address = f"/w/acme/ab-tests/{test.pk}/"
    told = api.post(f"{address}end/", follow=True).text
    token = re.search(r'name="what" value="([^"]+)"', told)[1]
    assert "T goes on." in text_of(api.post("/undo/", {"what": token}, follow=True).text)
    test.refresh_from_db()
    assert test.ended_at is None
    assert "changed or deleted meanwhile" in text_of(api.post("/undo/", {"what": token}, follow=True).text)


def test_a_stale_page_of_a_test_is_told_and_overwrites_nothing(api, test):
    address = f"/w/acme/ab-tests/{test.pk}/"
    seen = unescape(re.search(r'name="seen" value="([^"]*)"', api.get(address).text)[1])
    ABTest.objects.update(window_days=30)
    life = {"name": "Prices", "goal": "click", "window_days": str(test.window_days), "seen": seen}
    refused = api.post(address, life)
    assert refused.status_code == 400
    assert "This was changed after you opened the page" in text_of(refused.text)
    assert 'value="30"' in refused.text
    test.refresh_from_db()
    assert (test.name, test.window_days) == ("T", 30)


def test_a_test_that_nobody_is_in_is_deleted_and_another_one_stays(api, test, bulk):
    address = f"/w/acme/ab-tests/{test.pk}/delete/"
    assert "Delete T?" in text_of(api.get(address).text)
    bulk("assignments", [{"abTest": "t", "variant": "A", "contact": "ada"}])
    told = api.post(address, follow=True)
    assert "T was not deleted" in text_of(told.text)
    Assignment.objects.all().delete()
    assert "T is deleted." in text_of(api.post(address, follow=True).text)
    assert not ABTest.objects.exists()


def test_the_pages_of_tests_lead_there_whom_may(api, page, test, viewer):
    html = page("experiments")
    assert NEW in html
    assert f"/w/acme/ab-tests/{test.pk}/" in page("experiments", test=test.api_id)
    api.force_login(viewer)
    assert NEW not in page("experiments")
    assert api.get(NEW).status_code == 403
