"""The pages of scheduled emails: set up, listed, looked at, sent to oneself, paused and deleted."""

from datetime import timedelta

import pytest

from analytics.models import Delivery, EmailRecipient, SavedQuestion, ScheduledEmail
from analytics.scheduled_emails import save_briefing, unsubscribe
from tests.analytics.views.texts import text_of
from workspaces.changes import create_workspace

EMAILS = "/w/acme/emails/"


@pytest.fixture
def member(workspace, owner):
    return workspace.memberships.get(user=owner)


@pytest.fixture
def question(workspace):
    return SavedQuestion.objects.create(
        workspace=workspace, name="Visits", report="timeseries", parameters={"metric": "events", "range": "7d"}
    )


@pytest.fixture
def form(question, member):
    said = {"name": "Visits of the week", "question": question.pk, "frequency": "weekly", "hour": "8"}
    return {**said, "days": "period", "members": [member.pk]}


@pytest.fixture
def briefing(member, now):
    return save_briefing(member=member, now=now)


def test_a_workspace_without_any_is_offered_the_briefing_at_one_click(api, workspace, now):
    assert "No scheduled emails yet" in api.get(EMAILS).text
    shown = text_of(api.post(f"{EMAILS}briefing/", follow=True).text)
    assert "Monday briefing goes to you on Mondays from 07:00." in shown
    assert "The next one is due Monday, 6 Apr 2026, 07:00." in shown
    assert "owner@example.com" in shown
    assert "Monday briefing Weekly, on Mondays, of Monday to Sunday, from 07:00 On Yes" in text_of(
        api.get(EMAILS).text
    ).replace("Monday briefing Monday briefing", "Monday briefing")


def test_one_is_set_up_and_changed(api, form, question, now):
    assert f'<option value="{question.pk}" selected' in api.get(f"{EMAILS}new/", {"question": question.api_id}).text
    shown = text_of(api.post(f"{EMAILS}new/", form, follow=True).text)
    assert "Visits of the week is set up." in shown
    email = ScheduledEmail.objects.get()
    assert (email.hour, str(email.made_for)) == (8, "2026-03-23")
    api.post(f"{EMAILS}{email.pk}/edit/", {**form, "frequency": "daily", "members": []})
    email.refresh_from_db()
    assert (email.frequency, str(email.made_for)) == ("daily", "2026-03-30")
    assert not EmailRecipient.objects.exists()


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"name": ""}, "This field is required."),
        ({"question": "999"}, "999 is not one of the available choices"),
        ({"members": ["999"]}, "999 is not one of the available choices"),
        ({"hour": "24"}, "24 is not one of the available choices"),
        ({"frequency": "hourly"}, "hourly is not one of the available choices"),
    ],
)
def test_what_no_email_can_be_is_told(api, form, changed, problem):
    refused = api.post(f"{EMAILS}new/", {**form, **changed})
    assert refused.status_code == 400
    assert problem in text_of(refused.text)
    assert not ScheduledEmail.objects.exists()


def test_a_name_is_taken_once_and_a_question_must_be_answerable(api, form, question, briefing):
    assert "Another scheduled email has this name." in api.post(f"{EMAILS}new/", {**form, "name": briefing.name}).text
    SavedQuestion.objects.filter(pk=question.pk).update(parameters={"segment": ["seg_999"]})
    assert "seg_999" in api.post(f"{EMAILS}new/", form).text
    assert ScheduledEmail.objects.count() == 1


def test_a_preview_is_the_email_by_itself_with_its_styles_and_nothing_else(api, some_data, briefing):
    answer = api.get(f"{EMAILS}{briefing.pk}/preview/")
    assert "23 – 29 Mar 2026" in text_of(answer.text)
    assert "Unsubscribe" not in answer.text
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src" not in policy


def test_one_goes_to_who_asks_for_it_now_and_to_nobody_else(viewer_client, briefing):
    viewer_client.post(f"{EMAILS}{briefing.pk}/send/")
    delivery = Delivery.objects.get()
    assert delivery.email == "viewer@example.com"
    assert "headers" not in delivery.body


def test_everybody_subscribes_and_unsubscribes_for_themselves(viewer_client, briefing):
    viewer_client.post(f"{EMAILS}{briefing.pk}/subscribe/", {"on": "true"})
    recipient = EmailRecipient.objects.get(member__user__email="viewer@example.com")
    assert recipient.state == "subscribed"
    assert "Unsubscribe" in viewer_client.get(f"{EMAILS}{briefing.pk}/").text
    viewer_client.post(f"{EMAILS}{briefing.pk}/subscribe/", {"on": "false"})
    recipient.refresh_from_db()
    assert recipient.state == "unsubscribed"


def test_who_unsubscribed_is_not_to_be_chosen_and_it_is_said(api, briefing, form, member, now):
    unsubscribe(recipient=EmailRecipient.objects.get(), now=now)
    assert 'name="members"' not in api.get(f"{EMAILS}{briefing.pk}/edit/").text
    assert "owner@example.com: unsubscribed 31 Mar 2026" in text_of(api.get(f"{EMAILS}{briefing.pk}/").text)


def test_what_stopped_by_itself_is_said(api, briefing):
    EmailRecipient.objects.update(refusals=3)
    shown = text_of(api.get(f"{EMAILS}{briefing.pk}/").text)
    assert "owner@example.com: stopped , for the mail server refused the address three times" in shown


def test_one_is_paused_goes_on_and_is_deleted(api, briefing, now):
    api.post(f"{EMAILS}{briefing.pk}/pause/", {"paused": "true"})
    assert "Paused since 31 Mar 2026" in text_of(api.get(f"{EMAILS}{briefing.pk}/").text)
    api.post(f"{EMAILS}{briefing.pk}/pause/", {"paused": "false"})
    assert ScheduledEmail.objects.get().paused_at is None
    assert "Delete Monday briefing?" in api.get(f"{EMAILS}{briefing.pk}/delete/").text
    api.post(f"{EMAILS}{briefing.pk}/delete/")
    assert not ScheduledEmail.objects.exists()


def test_a_question_that_cannot_be_answered_is_told_and_nothing_is_sent(api, briefing):
    SavedQuestion.objects.update(parameters={"segment": ["seg_999"]})
    assert "cannot be answered" in api.get(f"{EMAILS}{briefing.pk}/preview/", follow=True).text
    assert "was not sent" in api.post(f"{EMAILS}{briefing.pk}/send/", follow=True).text
    assert not Delivery.objects.exists()


def test_viewers_look_and_set_nothing_up(viewer_client, briefing):
    assert "New scheduled email" not in viewer_client.get(EMAILS).text
    assert "Pause" not in viewer_client.get(f"{EMAILS}{briefing.pk}/").text
    assert viewer_client.post(f"{EMAILS}briefing/").status_code == 403


def test_emails_of_another_workspace_are_not_there(api, owner, form, now):
    other = create_workspace(name="Other", by=owner)
    theirs = save_briefing(member=other.memberships.get(), now=now + timedelta())
    assert "Monday briefing</a>" not in api.get(EMAILS).text
    for end in ("", "edit/", "delete/", "preview/"):
        assert api.get(f"{EMAILS}{theirs.pk}/{end}").status_code == 404
    assert api.post(f"{EMAILS}new/", {**form, "question": theirs.question_id}).status_code == 400
