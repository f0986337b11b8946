"""At which weekdays and hours emails were sent, on the workspace's clock, each with its list."""

import pytest

from tests.analytics.reports.items import contact, message, report
from tests.copied_rows import copied

DAYS = {"from": "2026-03-16", "to": "2026-03-31"}


@pytest.fixture
@copied
def emails(bulk):
    """Two Mondays at nine of both sides of the change of the clock, two o'clock of the Sunday that has none, a push
    message, and one that was not sent."""
    bulk("contacts", [contact("ada", "03-01 08:00")])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    sent = ["03-23 09:10", "03-23 09:59", "03-30 09:00", "03-30 10:00", "03-29 01:30", "03-29 03:30"]
    bulk("messages", [message(f"m{n}", at, sent=at) for n, at in enumerate(sent)])
    bulk("messages", [message("push", "03-23 09:10", sent="03-23 09:10", channel="PUSH"), message("m9", "03-23 09:10")])
    clicks = [
        {**report(f"m{n}", "clicked", at), "url": "https://shop.example/"} for n, at in enumerate(["03-30 08:00"])
    ]
    bulk("message-events", clicks)


@pytest.fixture
def times(api, workspace):
    def get(**query):
        response = api.get(f"/api/workspaces/{workspace.api_id}/analytics/send-times", {**DAYS, **query})
        assert response.status_code == 200, response.content
        return [(row["weekday"], row["hour"], row["sent"], row["clicked"]) for row in response.json()["times"]]

    return get


@pytest.mark.long
def test_emails_are_told_by_the_hour_of_the_clock_on_the_wall(times, emails):
    assert times() == [(1, 9, 3, 1), (1, 10, 1, 0), (7, 1, 1, 0), (7, 3, 1, 0)]
    assert times(where="channel:push") == []
    assert times(**{"from": "2026-03-30", "to": "2026-03-30"}) == [(1, 9, 1, 0), (1, 10, 1, 0)]


def test_emails_that_are_still_clicked_are_left_out(times, emails, now):
    """Those of the last three days, today's with them."""
    assert times() == [(1, 9, 2, 1)]
    assert times(**{"from": "2026-03-30", "to": "2026-03-30"}) == []


def test_a_rate_of_few_says_so_and_has_its_interval(api, workspace, emails):
    [first, *_] = api.get(f"/api/workspaces/{workspace.api_id}/analytics/send-times", DAYS).json()["times"]
    assert (first["clickRate"], first["low"], first["high"], first["few"]) == (0.333, 0.0615, 0.7923, True)


@pytest.mark.long
def test_each_number_is_a_list_of_the_api_and_of_pages(api, workspace, emails):
    body = api.get(f"/api/workspaces/{workspace.api_id}/analytics/send-times", {**DAYS, "rows": "true"}).json()
    for row in body["times"]:
        for name in ("sent", "clicked"):
            assert len(api.get(row["rows"][name]).json()["results"]) == row[name]
    asked = {**DAYS, "weekday": "1", "hourOfDay": "9", "reached": "sent", "channel": "EMAIL"}
    page = api.get(f"/w/{workspace.slug}/messages/", asked).content.decode()
    assert 'data-total="3"' in page
    assert "Created on Mondays, 09:00" in page


@pytest.mark.parametrize(
    "query",
    [{"weekday": "0"}, {"hourOfDay": "3"}, {"weekday": "8", "hourOfDay": "3"}, {"weekday": "1", "hourOfDay": "24"}],
)
def test_what_is_no_time_is_refused(api, workspace, query):
    days = {"createdFrom": "2026-03-16", "createdBefore": "2026-04-01"}
    assert api.get(f"/api/workspaces/{workspace.api_id}/messages", {**days, **query}).status_code == 400
    shown = api.get(f"/w/{workspace.slug}/messages/", {**DAYS, **query}).content.decode()
    assert "It is left out." in shown


def test_a_time_without_days_is_refused(api, workspace):
    asked = {"weekday": "1", "hourOfDay": "3"}
    assert api.get(f"/api/workspaces/{workspace.api_id}/messages", asked).status_code == 400


def test_more_days_than_can_be_told_are_refused(api, workspace):
    place = f"/api/workspaces/{workspace.api_id}/analytics/send-times"
    assert api.get(place, {"from": "2025-01-01", "to": "2026-03-31"}).status_code == 400
