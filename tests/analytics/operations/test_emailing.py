"""Scheduled emails sent by the clock: once a period that is over, as the API answers then."""

import re
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail as sent_mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from analytics.api.questions.email_answers import send_now
from analytics.email_periods import Frequency
from analytics.models import Delivery, EmailDays, EmailRecipient, ScheduledEmail
from analytics.operations.delivering import deliver
from analytics.operations.emailing import send_emails
from analytics.questions.saved import QuestionText
from analytics.saved_questions import QuestionInUse, delete_question, save_question
from analytics.scheduled_emails import (
    EmailItem,
    change_email,
    pause_email,
    save_briefing,
    save_email,
    subscribe,
    unsubscribe,
    unsubscribe_token,
)
from tests.analytics.shop import fill_shop
from tests.analytics.views.texts import text_of
from workspaces.people import remove_member

MONDAY = datetime(2026, 3, 30, 5, 0, tzinfo=UTC)
"""Seven o'clock in the workspace, in Berlin, on the day after the clocks went forward."""
SUNDAY = MONDAY - timedelta(days=1)


@pytest.fixture
def events(track, time_machine):
    """So many events at noon of a day."""

    def send(day, count, event="visit"):
        time_machine.move_to(datetime.fromisoformat(f"{day}T23:00:00Z"), tick=False)
        calls = [
            {"type": "track", "anonymousId": f"d{n}", "event": event, "messageId": f"{day}-{event}-{n}",
             "timestamp": f"{day}T10:00:00Z"}
            for n in range(count)
        ]  # fmt: skip
        assert track(*calls).json()["accepted"] == count

    return send


@pytest.fixture
def member(workspace, owner):
    return workspace.memberships.get(user=owner)


@pytest.fixture
def email(workspace, owner, member, time_machine):
    """A weekly one, set up the Sunday before."""

    def save(report="timeseries", frequency=Frequency.WEEKLY, name="Visits", days=EmailDays.PERIOD, **parameters):
        time_machine.move_to(SUNDAY, tick=False)
        text = QuestionText(report, parameters or {"metric": "events", "range": "7d"})
        question = save_question(workspace=workspace, name=name, text=text, by=owner)
        item = EmailItem(name, question, frequency, 7, days, [member])
        return save_email(workspace=workspace, item=item, by=owner, now=SUNDAY)

    return save


def send(now=MONDAY):
    """What is due, and the emails that go out by it."""
    sent_mail.outbox.clear()
    done = send_emails(now)
    deliver(now)
    return done, [*sent_mail.outbox]


def test_an_email_goes_out_once_when_its_week_is_over(email, events, time_machine):
    for day, count in (("2026-03-22", 9), ("2026-03-23", 2), ("2026-03-29", 3)):
        events(day, count)
    email()
    assert send(MONDAY - timedelta(minutes=1)) == ({"answered": 0, "sent": 0}, [])
    time_machine.move_to(MONDAY, tick=False)
    done, [message] = send()
    assert done == {"answered": 1, "sent": 1}
    assert message.subject == "Acme: Visits, 23 – 29 Mar 2026: Events 5"
    assert message.to == ["owner@example.com"]
    assert "As of 30 Mar 2026, 07:00 (Europe/Berlin)" in message.body
    assert send(MONDAY + timedelta(minutes=5)) == ({"answered": 0, "sent": 0}, [])
    assert send(MONDAY + timedelta(days=7))[0] == {"answered": 1, "sent": 1}


def test_missed_periods_are_caught_up_with_the_newest_alone(email, events, time_machine):
    email(frequency=Frequency.DAILY)
    time_machine.move_to(MONDAY + timedelta(days=4, hours=9), tick=False)
    done, [message] = send(MONDAY + timedelta(days=4, hours=9))
    assert done == {"answered": 1, "sent": 1}
    assert "2 Apr 2026" in message.subject


def test_the_same_period_is_put_out_once_whoever_is_first(email, workspace, member):
    made = email()
    send_emails(MONDAY)
    ScheduledEmail.objects.update(made_for=date(2026, 3, 1))  # as a second run saw it before the first had ended
    send_emails(MONDAY)
    assert Delivery.objects.count() == 1
    assert Delivery.objects.get().key == f"{made.api_id}:2026-03-23:owner@example.com"


@pytest.mark.parametrize("metric", ["events", "contacts_new"])
def test_an_email_says_what_the_api_answers_at_its_stamp(email, events, time_machine, api, workspace, metric):
    for number, day in enumerate(("2026-03-23", "2026-03-26", "2026-03-29")):
        events(day, number + 2)
    email(metric=metric, range="7d", interval="day", compare="previous")
    time_machine.move_to(MONDAY, tick=False)
    _, [message] = send()
    query = {"from": "2026-03-23", "to": "2026-03-29", "metric": metric, "interval": "day", "compare": "previous"}
    answer = api.get(f"/api/workspaces/{workspace.api_id}/analytics/timeseries", query).json()
    [html] = [content for content, kind in message.alternatives if kind == "text/html"]
    shown = text_of(html)
    assert len(answer["series"]) == 7
    for point in answer["series"]:
        day, value, before = date.fromisoformat(point["date"]), point["numbers"][metric], point["compared"]
        told = f"{day:%a} {day.day} Mar 2026 {value}"
        assert f"{told} {before['events']}" in shown if metric == "events" else told in shown
        assert re.search(rf"^{day:%a} {day.day} Mar 2026 +{value}\b", message.body, re.MULTILINE)


@pytest.fixture
def answered(bulk, now, email, time_machine, api, workspace):
    """What an email of the shop's week says, line by line in both of its forms, and what the API answers at its stamp
    of the same days."""

    def ask(report, place, **parameters):
        fill_shop(bulk)
        email(report=report, range="7d", **parameters)
        time_machine.move_to(MONDAY, tick=False)
        _, [message] = send()
        query = {"from": "2026-03-23", "to": "2026-03-29", **parameters}
        answer = api.get(f"/api/workspaces/{workspace.api_id}/analytics{place}", query)
        assert answer.status_code == 200
        assert answer.json()["meta"]["generatedAt"] == "2026-03-30T07:00:00+02:00"
        [html] = [content for content, kind in message.alternatives if kind == "text/html"]
        return message.body.splitlines(), text_of(html), answer.json()

    return ask


@pytest.mark.long
def test_an_email_of_the_overview_says_what_the_api_answers_at_its_stamp(answered):
    lines, html, answer = answered("overview", "", compare="previous", opens="human")
    messages = answer["messages"]
    [delivered] = [int(line.removeprefix("Delivered: ")) for line in lines if line.startswith("Delivered: ")]
    expected = {
        "Conversions": answer["conversions"]["total"],
        "Events": answer["events"]["total"],
        "New contacts": answer["contacts"]["new"],
        "Messages": messages["total"],
        "Sent": messages["sent"],
        "Open rate (bot opens excluded)": f"{messages['humanOpened'] / delivered:.1%}",
        "Click rate (bot clicks excluded)": f"{messages['humanClicked'] / delivered:.1%}",
    }
    assert {"Events", "Messages", "Conversions"} <= {name for name, told in expected.items() if told}
    for name, told in expected.items():
        assert f"{name}: {told}" in lines
        assert re.search(rf"\b{re.escape(name.partition(' (')[0])}\b.{{0,40}} {re.escape(str(told))}(?!\S)", html), name


@pytest.mark.long
def test_an_email_of_a_funnel_says_what_the_api_answers_at_its_stamp(answered):
    lines, html, answer = answered("funnel", "/funnel", steps="visit,purchase")
    for number, step in enumerate(answer["steps"], 1):
        told = [f"{number}. {step['step']}", str(step["count"]), str(step["goneSinceFirst"])]
        assert told in [re.split("  +", line) for line in lines]
        assert " ".join(told) in html
    first, last = answer["steps"]
    assert first["count"] > last["count"] > 0
    assert f"Entered: {first['count']}" in lines
    assert f"Completed: {last['count']}" in lines
    assert f"Overall conversion: {answer['overallConversion']:.1%}" in lines


def test_who_takes_it_stops_it_by_one_click_and_looking_stops_nothing(email, workspace, member):
    email()
    _, [message] = send()
    address = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in message.body
    assert address in message.alternatives[0][0]
    stranger, path = Client(enforce_csrf_checks=True), address.removeprefix("http://127.0.0.1")
    assert "Unsubscribe from Visits?" in text_of(stranger.get(path).text)
    assert EmailRecipient.objects.get().state == "subscribed"
    clicked = stranger.post(path, {"List-Unsubscribe": "One-Click"})
    assert (clicked.status_code, "You are unsubscribed" in clicked.text) == (200, True)
    assert EmailRecipient.objects.get().state == "unsubscribed"
    assert stranger.post(path).status_code == 200
    assert send(MONDAY + timedelta(days=7)) == ({"answered": 1, "sent": 0}, [])
    assert stranger.get(f"{path[:-3]}x/").status_code == 404
    assert stranger.post(f"{path[:-3]}x/").status_code == 404


def test_whoever_unsubscribed_is_not_put_back_by_others(email, owner, member):
    made = email()
    unsubscribe(recipient=EmailRecipient.objects.get(), now=MONDAY)
    item = EmailItem("Visits", made.question, Frequency.WEEKLY, 7, EmailDays.PERIOD, [member])
    change_email(email=made, item=item, by=owner, now=SUNDAY)
    assert EmailRecipient.objects.get().state == "unsubscribed"
    subscribe(email=made, member=member)
    assert EmailRecipient.objects.get().state == "subscribed"


@pytest.mark.usefixtures("viewer_client")
def test_who_left_is_sent_nothing_and_its_link_leads_nowhere(email, workspace, owner):
    made = email()
    viewer = workspace.memberships.get(user__email="viewer@example.com")
    subscribe(email=made, member=viewer)
    token = unsubscribe_token(EmailRecipient.objects.get(member=viewer))
    remove_member(membership=viewer, by=owner)
    assert [message.to for message in send()[1]] == [["owner@example.com"]]
    assert Client().get(f"/unsubscribe/{token}/").status_code == 404


def test_three_refusals_for_good_stop_it_and_one_taken_between_begins_anew(email, monkeypatch, time_machine):
    email(frequency=Frequency.DAILY)
    taken = EmailBackend.send_messages

    def refuse(self, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})

    answers = [refuse, refuse, taken, refuse, refuse, refuse]
    for day, answer in enumerate(answers):
        monkeypatch.setattr(EmailBackend, "send_messages", answer)
        time_machine.move_to(MONDAY + timedelta(days=day), tick=False)
        assert send_emails(MONDAY + timedelta(days=day))["sent"] == 1
        deliver(MONDAY + timedelta(days=day))
    assert EmailRecipient.objects.get().state == "stopped"
    assert send(MONDAY + timedelta(days=len(answers))) == ({"answered": 1, "sent": 0}, [])


@pytest.mark.parametrize(
    "error",
    [ConnectionRefusedError(), SMTPRecipientsRefused({"owner@example.com": (450, b"later")})],
    ids=["away", "busy"],
)
def test_a_mail_server_that_wants_it_later_has_not_refused_it(email, monkeypatch, error):
    email()

    def put_off(self, messages):
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", put_off)
    send()
    assert EmailRecipient.objects.get().refusals == 0


def test_a_question_about_what_is_gone_is_told_and_tried_with_the_next_period(email, caplog):
    made = email(metric="events", range="7d")
    made.question.parameters = {"metric": "events", "segment": ["seg_999"]}
    made.question.save()
    assert send() == ({"answered": 1, "sent": 0}, [])
    assert "seg_999" in ScheduledEmail.objects.get().problem
    assert f"{made.api_id} of" in caplog.text
    assert send(MONDAY + timedelta(hours=1))[0] == {"answered": 0, "sent": 0}
    made.question.parameters = {"metric": "events"}
    made.question.save()
    assert send(MONDAY + timedelta(days=7))[0] == {"answered": 1, "sent": 1}
    assert ScheduledEmail.objects.get().problem == ""


def test_what_was_missed_while_it_was_paused_is_not_sent(email, owner):
    made = email()
    pause_email(email=made, is_paused=True, by=owner, now=SUNDAY)
    assert send() == ({"answered": 0, "sent": 0}, [])
    pause_email(email=made, is_paused=False, by=owner, now=MONDAY + timedelta(hours=1))
    assert send(MONDAY + timedelta(hours=2)) == ({"answered": 0, "sent": 0}, [])
    assert send(MONDAY + timedelta(days=7))[0] == {"answered": 1, "sent": 1}


@pytest.mark.parametrize(
    ("said", "days"),
    [("7d", "23 – 29 Mar 2026"), ("28d", "2 – 29 Mar 2026"), ("mtd", "1 – 29 Mar 2026"),
     ("lastmonth", "1 – 28 Feb 2026"), ("yesterday", "29 Mar 2026")],
)  # fmt: skip
def test_a_question_can_keep_its_days_but_none_that_is_not_over(email, said, days):
    email(days=EmailDays.QUESTION, metric="events", range=said)
    [message] = send()[1]
    assert f"Visits, {days}: " in message.subject


def test_one_that_is_sent_now_is_sent_once_a_minute(email, member, time_machine):
    made = email()
    for second in (0, 20, 70):
        send_now(made, member, SUNDAY + timedelta(seconds=second))
    deliver(SUNDAY + timedelta(minutes=2))
    assert [message.subject for message in sent_mail.outbox] == ["Acme: Visits, 16 – 22 Mar 2026: Events 0"] * 2
    assert ScheduledEmail.objects.get().made_at is None


def test_the_monday_briefing_is_the_overview_of_the_week(workspace, member, events, time_machine):
    events("2026-03-25", 4)
    time_machine.move_to(SUNDAY, tick=False)
    made = save_briefing(member=member, now=SUNDAY)
    assert save_briefing(member=member, now=SUNDAY) == made
    time_machine.move_to(MONDAY, tick=False)
    [message] = send()[1]
    assert message.subject.startswith("Acme: Monday briefing, 23 – 29 Mar 2026: ")
    html = message.alternatives[0][0]
    assert "<img" not in html
    assert len(html) < 100_000
    assert "Events: 4" in message.body


def test_addresses_in_names_are_hidden(workspace, owner, member, events, email, time_machine):
    events("2026-03-25", 1, event="ada@example.com")
    email(report="timeseries", name="For ada@example.com", metric="events", breakdown="event", range="7d")
    [message] = send()[1]
    whole = f"{message.subject} {message.body} {message.alternatives[0][0]}"
    assert "ada@example.com" not in whole
    assert "a…@example.com" in whole


def test_what_anybody_sends_makes_no_lines_of_its_own(events, email):
    events("2026-03-25", 1, event="visit\n\nYour account is locked")
    email(report="timeseries", metric="events", breakdown="event", range="7d")
    [message] = send()[1]
    assert "visit Your account is locked" in message.body
    assert not any(line.startswith("Your account") for line in message.body.splitlines())


def test_a_question_that_an_email_shows_is_not_deleted(email, owner):
    made = email()
    with pytest.raises(QuestionInUse, match="the scheduled email Visits"):
        delete_question(question=made.question, by=owner)
