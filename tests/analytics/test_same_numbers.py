"""Whoever tells the answer to a question, its report, a board, a link, the API, an alert or an email, tells the same
numbers."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from analytics.alerts import AlertItem, save_alert
from analytics.boards import save_board
from analytics.email_periods import Frequency
from analytics.models import AlertChange, EmailDays, SavedQuestion
from analytics.operations.alerting import judge_alerts
from analytics.operations.delivering import deliver
from analytics.operations.emailing import send_emails
from analytics.questions.boards import BoardTile
from analytics.scheduled_emails import EmailItem, save_email
from analytics.share_links import create_link
from analytics.statistics.alarms import AlertKind, AlertRule, Direction
from tests.analytics.shop import fill_shop
from tests.analytics.views.texts import text_of
from tests.conftest import post_json

DAY = "2026-03-30"


@pytest.mark.parametrize(
    ("metric", "where"),
    [("messages_total", []), ("messages_total", ["channel:push"]), ("events", []), ("events", ["event:visit"])],
)
def test_a_board_a_link_an_alert_and_an_email_say_what_the_report_says(api, workspace, owner, bulk, now, metric, where):
    fill_shop(bulk)
    days = {"from": "2026-03-22", "to": DAY, "interval": "day", "compare": "off"}
    body = {"name": "Q", "report": "timeseries", "parameters": {**days, "metric": metric, "where": where}}
    root = f"/api/workspaces/{workspace.api_id}"
    question = SavedQuestion.objects.get(pk=post_json(api, f"{root}/saved-questions", body).json()["id"][4:])
    tiles = [BoardTile(question.api_id, f"figure:{metric}"), BoardTile(question.api_id, "table:days")]
    board = save_board(workspace=workspace, name="B", by=owner, tiles=tiles)

    told = api.get(f"{root}/saved-questions/{question.api_id}/answer").json()["answer"]
    of_days = [day["numbers"][metric] for day in told["series"]]
    assert sum(of_days)
    expected = [sum(of_days), *of_days]
    report = api.get(f"/w/{workspace.slug}/reports/timeseries/", {**days, "metric": metric, "where": where})
    pages = [report, api.get(f"/w/{workspace.slug}/boards/{board.pk}/")]
    for shown in ({"board": board}, {"question": question}):
        _, token = create_link(**shown, by=owner, expires_at=now + timedelta(days=1))
        pages.append(Client().get(f"/shared/{token}/"))
    assert [numbers_of(page.text) for page in pages] == [expected] * 4
    [of_board] = api.get(f"{root}/boards/{board.api_id}/answer").json()["answers"]
    assert of_board["answer"]["series"] == told["series"]

    limit = AlertRule(AlertKind.THRESHOLD, Direction.UP, -1.0)
    save_alert(workspace=workspace, item=AlertItem("A", metric, limit, parameters={"where": where}), by=owner)
    judge_alerts(now)
    assert [(str(change.day), change.value) for change in AlertChange.objects.all()] == [(DAY, of_days[-1])]

    member = workspace.memberships.get(user=owner)
    daily = EmailItem("E", question, Frequency.DAILY, 7, EmailDays.QUESTION, [member])
    save_email(workspace=workspace, item=daily, by=owner, now=now - timedelta(days=1))
    send_emails(now)
    deliver(now)
    [email] = [message for message in mail.outbox if message.subject.startswith("Acme: E, ")]
    [html] = [content for content, kind in email.alternatives if kind == "text/html"]
    assert [numbers_of_text(told) for told in (email.body, text_of(html))] == [expected] * 2


def numbers_of(html):
    """The first figure of a page, and the first column of its table of days."""
    [figure] = re.findall(r'class="tile-value">(.*?)</div>', html, re.DOTALL)[:1]
    rows = re.search(r"<tbody>(.*?)</tbody>", html, re.DOTALL)[1]
    return [
        int(re.search(r"\d+", re.sub(r"<[^>]*>", "", figure))[0]),
        *(int(re.search(r'data-value="(\d*)"', row)[1] or 0) for row in rows.split("</tr>")[:-1]),
    ]


def numbers_of_text(told):
    """The first figure of an email, and the column of its days, once."""
    [figure] = re.findall(r"Key figures \D+(\d+)|^[A-Z][a-z ]+: (\d+)$", told, re.MULTILINE)[:1]
    return [int("".join(figure)), *map(int, re.findall(r"[A-Z][a-z]{2} \d+ Mar 2026 +(\d+)\b", told))]
