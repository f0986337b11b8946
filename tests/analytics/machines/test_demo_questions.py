"""Fifty questions of the demo, asked by an unmodified client of the protocol: each answer is what its systems sent."""

from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync

from analytics import ingest
from analytics.demo import DemoData
from analytics.ingest.ab_tests import take_tests
from analytics.machines.definitions import number_at
from analytics.machines.report_questions import Asker, QuestionRefused
from analytics.models import Campaign
from tests.analytics.machines.demo_answers import QUESTIONS, ZONE, Shop

pytestmark = pytest.mark.long
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAYS = 45
SUBSCRIBERS = {"name": "Subscribers", "where": ["contact.plan:subscription"]}


@pytest.fixture
def shop(workspace, api, time_machine):
    time_machine.move_to(NOW, tick=False)
    data = DemoData(NOW, ZONE, days=DAYS)
    taken = [
        (ingest.take_campaigns, data.campaigns),
        (ingest.take_contacts, data.contacts),
        (ingest.take_enrollments, data.enrollments),
        (ingest.take_messages, data.messages),
        (ingest.take_message_events, data.message_events),
        (ingest.take_calls, data.calls),
        (ingest.take_rates, data.rates),
        (take_tests, data.ab_tests),
        (ingest.take_assignments, data.assignments),
    ]
    for take, items in taken:
        for start in range(0, len(items), 1000):
            assert not take(workspace, items[start : start + 1000], received_at=NOW).rejected
    api.post(f"/api/workspaces/{workspace.api_id}/segments", SUBSCRIBERS, content_type="application/json")
    return Shop(data)


def arguments(question, workspace):
    """A campaign is named by the id that the program knows it by."""
    given = question.arguments
    name = given.get("parameters", {}).get("campaignId")
    if name is None:
        return given
    campaign = Campaign.objects.get(workspace=workspace, external_id=name)
    return {**given, "parameters": {**given["parameters"], "campaignId": campaign.api_id}}


def value_at(answer, path):
    try:
        return number_at(answer, path)[0]
    except QuestionRefused as refused:
        return str(refused)


def test_fifty_questions_are_answered_right(shop, workspace):
    from mcp import Client  # which takes as long to import as a tenth of all tests to collect

    from analytics.machines.server import tool_server

    assert len(QUESTIONS) >= 50
    calls = [(question.tool, arguments(question, workspace)) for question in QUESTIONS]

    async def ask_all():
        async with Client(tool_server(lambda: Asker(workspace, NOW))) as client:
            return [await client.call_tool(*call) for call in calls]

    answers = async_to_sync(ask_all)()
    wrong = {}
    for question, answer in zip(QUESTIONS, answers, strict=True):
        known = question.known(shop)
        found = answer.content[0].text if answer.is_error else value_at(answer.structured_content, question.path)
        if found != known:
            wrong[question.words] = (found, known)
    assert wrong == {}
