"""The pages of alerts: set up with what they would have told, listed, snoozed, changed and deleted."""

from datetime import date

import pytest

from analytics.alerts import AlertItem, save_alert
from analytics.models import Alert, AlertChange, MailTo
from analytics.statistics.alarms import AlertKind, AlertRule, Direction
from tests.analytics.views.texts import text_of
from workspaces.changes import create_workspace

ALERTS = "/w/acme/alerts/"
FORM = {
    "name": "Few visits",
    "metric": "events",
    "kind": "threshold",
    "direction": "down",
    "amount": "2",
    "mailed": "author",
}


@pytest.fixture
def alert(workspace, owner):
    rule = AlertRule(AlertKind.THRESHOLD, Direction.DOWN, 2.0)
    return save_alert(workspace=workspace, item=AlertItem("Few visits", "events", rule), by=owner)


def test_an_alert_is_tried_before_it_is_saved(api, some_data):
    assert "No alerts yet" in api.get(ALERTS).text
    tried = text_of(api.post(f"{ALERTS}new/", {**FORM, "try": ""}).text)
    # on the one day that has three events it would have been resolved, and would have opened again the day after
    assert "There would have been 2 alerts in the last 90 days: 31 Dec, 26 Mar." in tried
    assert not Alert.objects.exists()
    saved = api.post(f"{ALERTS}new/", {**FORM, "save": ""}, follow=True)
    assert "Events: below 2 on a day." in text_of(saved.text)
    assert (Alert.objects.get().amount, Alert.objects.get().mailed) == (2.0, MailTo.AUTHOR)
    assert "Few visits Resolved Events: below 2 on a day." in text_of(api.get(ALERTS).text)


def test_an_alert_is_of_what_trends_was_asked(api, some_data, page):
    html = page("timeseries", where="event:signup", metric="events")
    assert "/alerts/new/?metric=events&amp;where=event%3Asignup" in html
    address = f"{ALERTS}new/?metric=events&where=event%3Asignup"
    form = api.get(address).text
    assert "Of: Event is signup" in text_of(form)
    assert '<input type="hidden" name="where" value="event:signup">' in form
    api.post(f"{ALERTS}new/", {**FORM, "where": "event:signup", "save": ""})
    assert Alert.objects.get().parameters == {"where": ["event:signup"]}
    assert "Events (Event is signup): below 2 on a day." in text_of(api.get(ALERTS).text)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"amount": ""}, "A threshold and a change have one."),
        ({"direction": "both"}, "choose up or down"),
        ({"kind": "change", "amount": "0"}, "such as 0.2 for a fifth"),
        ({"metric": "nonsense"}, "nonsense is not one of the available choices"),
        ({"where": "event:nonsense"}, "allowed"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_no_alert_can_be_is_told(api, some_data, changed, problem):
    refused = api.post(f"{ALERTS}new/", {**FORM, **changed, "save": ""})
    assert refused.status_code == 400
    assert problem in text_of(refused.text)
    assert not Alert.objects.exists()


def test_rates_and_changes_are_typed_in_per_cent(api, some_data):
    api.post(f"{ALERTS}new/", {**FORM, "name": "A", "metric": "delivery_rate", "amount": "95", "save": ""})
    api.post(f"{ALERTS}new/", {**FORM, "name": "B", "kind": "change", "amount": "30", "save": ""})
    assert [*Alert.objects.order_by("name").values_list("amount", flat=True)] == [0.95, 0.3]
    shown = text_of(api.get(ALERTS).text)
    assert "Delivery rate: below 95.0% on a day." in shown
    assert "Events: falls by more than 30.0% against the same weekday a week before." in shown
    edit = api.get(f"{ALERTS}{Alert.objects.get(name='A').pk}/edit/").text
    assert 'value="95.0"' in edit


def test_an_alert_that_changed_says_so(api, alert, workspace, now):
    change = {"alert": alert, "day": date(2026, 3, 30), "at": now, "value": 1.0, "low": 2.0}
    AlertChange.objects.create(workspace=workspace, opened=True, **change)
    Alert.objects.update(is_open=True, changed_on=date(2026, 3, 30))
    shown = text_of(api.get(f"{ALERTS}{alert.pk}/").text)
    assert "Open since 30 Mar 2026" in shown
    assert "Opened 31 Mar 2026, 14:00: Events on Mon 30 Mar 2026: 1 (the limit is 2)." in shown


def test_an_alert_is_changed_snoozed_and_deleted(api, alert, now):
    address = f"{ALERTS}{alert.pk}/"
    Alert.objects.update(is_open=True)
    api.post(f"{address}edit/", {**FORM, "name": "Fewer", "save": ""})
    assert (Alert.objects.get().name, Alert.objects.get().is_open) == ("Fewer", True)
    api.post(f"{address}edit/", {**FORM, "amount": "5", "save": ""})
    assert (Alert.objects.get().amount, Alert.objects.get().is_open) == (5.0, False)
    assert "Snoozed until 7 Apr 2026, 14:00." in text_of(api.post(f"{address}snooze/", {"days": "7"}, follow=True).text)
    api.post(f"{address}snooze/")
    assert Alert.objects.get().snoozed_until is None
    assert "Delete Few visits?" in api.get(f"{address}delete/").text
    api.post(f"{address}delete/")
    assert not Alert.objects.exists()


def test_viewers_look_and_change_nothing(viewer_client, alert):
    assert "New alert" not in viewer_client.get(ALERTS).text
    assert "Snooze" not in viewer_client.get(f"{ALERTS}{alert.pk}/").text
    assert viewer_client.post(f"{ALERTS}new/", FORM).status_code == 403


def test_alerts_of_another_workspace_are_not_there(api, workspace, owner):
    other = create_workspace(name="Other", by=owner)
    theirs = save_alert(workspace=other, item=AlertItem("Theirs", "events", AlertRule(AlertKind.ANOMALY)), by=owner)
    assert "Theirs" not in api.get(ALERTS).text
    for end in ("", "edit/", "delete/"):
        assert api.get(f"{ALERTS}{theirs.pk}/{end}").status_code == 404
