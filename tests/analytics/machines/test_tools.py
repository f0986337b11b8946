"""The tools by themselves: what they refuse, how they are described, and that no person is in what they answer."""

import gc
import json
from datetime import timedelta

import pytest
from django.utils import timezone
from jsonschema_rs import Draft202012Validator

from analytics.ledger import Ledger
from analytics.machines import tools
from analytics.machines.report_questions import QUESTIONS, Asker, QuestionRefused
from analytics.machines.tools import TOOLS, call_tool
from analytics.management.commands.mcp import next_asker
from analytics.metrics import METRICS
from analytics.models import Campaign
from analytics.registry import REPORTS
from workspaces.changes import create_workspace
from workspaces.scope import scope

NAMES = ["list_metrics", "describe_metric", "ask", "explain_number", "what_changed", "list_campaigns", "list_segments"]


@pytest.fixture
def call(workspace, now):
    def ask(name, **arguments):
        return call_tool(TOOLS[name], Asker(workspace, timezone.now(), "https://a.example"), arguments)

    return ask


@pytest.fixture
def mails(bulk, now):
    bulk(
        "contacts",
        [{"externalId": "c0", "name": "Ada", "email": "ada@example.com", "attributes": {"plan": "eve@x.org"}}],
    )
    bulk("campaigns", [{"externalId": "spring", "name": "For bob@example.net", "status": "ACTIVE"}])
    at = "2026-03-21T10:00:00Z"
    sent = {"campaign": "spring", "contact": "c0", "channel": "EMAIL", "createdAt": at, "sentAt": at}
    bulk("messages", [{"externalId": f"m{number}", **sent} for number in range(3)])


def test_there_are_these_tools_and_every_report_can_be_asked():
    assert [*TOOLS] == NAMES
    assert len(QUESTIONS) == sum(len(report.endpoints) for report in REPORTS)
    for question in QUESTIONS.values():
        assert f"- {question.name}: {question.about.split()[0]}" in TOOLS["ask"].description
        assert {*question.parameters} <= {*TOOLS["ask"].schema["properties"]["parameters"]["properties"]}


@pytest.mark.parametrize("name", NAMES)
def test_a_tools_schema_is_one(name):
    Draft202012Validator(TOOLS[name].schema)
    assert all(schema["description"] for schema in TOOLS[name].schema["properties"].values())


@pytest.mark.either_database("reads metrics alone")
def test_metrics_are_listed_and_described(call):
    listed = call("list_metrics")["metrics"]
    assert [metric["key"] for metric in listed] == [*METRICS]
    rate = call("describe_metric", metric="bounce_share")
    assert (rate["formula"], rate["unit"], rate["lessIsBetter"]) == ("Bounced ÷ Sent", "share", True)


def test_a_call_over_standard_input_begins_without_what_the_one_before_read(call, workspace):
    def ledgers():
        return sum(type(each) is Ledger for each in gc.get_objects())

    gc.collect()
    gc.disable()
    before = ledgers()
    call("ask", report="overview", parameters={"range": "30d"})
    left = ledgers() - before
    next_asker(workspace)
    gc.enable()
    assert (left > 0, ledgers()) == (True, before)


@pytest.mark.usefixtures("mails")
def test_an_answer_is_the_apis_and_says_what_its_numbers_mean(call, report):
    answer = call("ask", report="overview", parameters={"range": "30d"})
    theirs = report("", range="30d")
    assert answer["answer"]["messages"] == theirs["messages"]
    assert answer["answer"]["meta"]["question"] == theirs["meta"]["question"]
    assert answer["definitions"]["messages.sent"] == METRICS["sent"].definition
    assert (answer["asOf"], answer["complete"]) == (theirs["meta"]["generatedAt"], False)
    assert call("ask", report="overview", parameters={"from": "2026-03-20", "to": "2026-03-22"})["complete"] is True


@pytest.mark.usefixtures("mails")
def test_a_number_is_explained_with_its_rows(call, api):
    asked = {"report": "campaigns", "parameters": {"range": "30d"}}
    told = call("explain_number", **asked, number="campaigns[0].messages.sent")
    assert (told["value"], told["metric"]["key"], told["definition"]) == (3, "sent", METRICS["sent"].definition)
    rows = told["rows"]
    assert rows.startswith("https://a.example/api/workspaces/")
    assert len(api.get(rows.removeprefix("https://a.example")).json()["results"]) == 3
    rate = call("explain_number", **asked, number="campaigns[0].messages.openRate")
    assert (rate["metric"]["key"], rate["rows"]) == ("campaign_open_rate", None)


def test_what_changed_divides_by_weekday_and_what_is_credited(call, track, now):
    days = [f"2026-03-{day:02}T10:00:00Z" for day in (2, 4, 9, 16)]
    calls = [
        {"type": "track", "event": "visit", "anonymousId": f"d{n}", "messageId": f"m{n}", "timestamp": at}
        for n, at in enumerate(days)
    ]
    assert track(*calls).json()["accepted"] == len(calls)
    asked = {"from": "2026-03-09", "to": "2026-03-22"}
    answer = call("what_changed", metric="events", **asked)["answer"]
    [weekdays] = [each for each in answer["dimensions"] if each["dimension"] == "weekday"]
    assert {part["name"]: part["change"] for part in weekdays["parts"] if part["change"]} == {
        "Monday": 1,
        "Wednesday": -1,
    }
    credit = call("what_changed", metric="credit", model="first", **asked)
    assert credit["answer"]["complete"]["value"] == 0
    assert credit["definitions"]["complete.value"]


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("ask", {}, "report is required"),
        ("ask", {"report": "nope"}, "There is no report 'nope'; there are overview, attention"),
        (
            "ask",
            {"report": "overview", "range": "7d"},
            "range is not understood here; understood are: report, ",
        ),
        ("ask", {"report": "overview", "parameters": []}, "parameters are an object"),
        ("ask", {"report": "overview", "parameters": {"range": "x"}}, "range cannot be 'x'; allowed:"),
        ("ask", {"report": "overview", "parameters": {"steps": "a"}}, "steps is not understood here"),
        ("ask", {"report": "overview", "parameters": {"range": {"a": 1}}}, "allowed: a text"),
        ("ask", {"report": "campaign"}, "campaignId is required"),
        ("ask", {"report": "campaign", "parameters": {"campaignId": "cmp_99999"}}, "Not found"),
        ("ask", {"report": "campaign", "parameters": {"campaignId": "../x"}}, "Not found"),
        ("explain_number", {"report": "overview"}, "number is required"),
        ("explain_number", {"report": "overview", "number": "messages"}, "'messages' is no number; there are total,"),
        ("explain_number", {"report": "overview", "number": "messages.x"}, "there are total, sent"),
        ("explain_number", {"report": "overview", "number": "messages..x"}, "is no path"),
        ("explain_number", {"report": "campaigns", "number": "campaigns[9].x"}, "the list has 1 rows, from [0] on"),
        ("explain_number", {"report": "overview", "number": "period.x.y"}, "There is no"),
        ("what_changed", {"metric": "nope"}, "metric cannot be 'nope'"),
        ("describe_metric", {"metric": "nope"}, "list_metrics has all of them"),
        ("list_campaigns", {"status": "x"}, "status cannot be 'x'; allowed:"),
        ("list_campaigns", {"limit": 0}, "limit cannot be '0'; allowed: a whole number from 1 to 200."),
        ("list_segments", {"limit": True}, "limit cannot be 'True'"),
    ],
)
def test_what_is_refused_says_what_is_allowed(call, tool, arguments, words):
    with pytest.raises(QuestionRefused) as refused:
        call(tool, **arguments)
    assert words in str(refused.value)


@pytest.mark.usefixtures("mails")
def test_no_answer_names_a_person(call, workspace):
    campaign = Campaign.objects.get(workspace=workspace)
    days = {"range": "30d", "rows": True}
    parameters = {
        "campaign": {"campaignId": campaign.api_id},
        "engagement": {"campaignId": campaign.api_id},
        "timeseries": {"breakdown": "contact.plan", "metric": "sent"},
    }
    answers = [
        call("ask", report=name, parameters={**days, **parameters.get(name, {})})
        for name in ("overview", "campaigns", "timeseries", "campaign", "engagement", "deliverability", "attention")
    ]
    answers.append(call("list_campaigns"))
    text = json.dumps(answers, ensure_ascii=False)
    assert "b…@example.net" in text
    for secret in ("ada@", "bob@", "eve@", "Ada"):
        assert secret not in text
    assert call("list_campaigns", q="bob@")["campaigns"] == []


@pytest.mark.usefixtures("mails")
def test_another_workspaces_campaign_is_not_there(call, owner, now):
    elsewhere = create_workspace(name="Elsewhere", time_zone="UTC", by=owner)
    with scope(elsewhere):
        theirs = Campaign.objects.create(workspace=elsewhere, external_id="x", name="X")
    with pytest.raises(QuestionRefused, match="Not found"):
        call("ask", report="campaign", parameters={"campaignId": theirs.api_id})
    assert [each["externalId"] for each in call("list_campaigns")["campaigns"]] == ["spring"]


@pytest.mark.usefixtures("mails")
def test_long_lists_are_cut_and_say_so(call, monkeypatch):
    monkeypatch.setattr(tools, "ROWS_TOLD", 3)
    answer = call("ask", report="timeseries", parameters={"days": 7})
    assert (len(answer["answer"]["series"]), answer["rowsLeftOut"]) == (3, {"series": 4})


def test_a_question_is_asked_of_the_instant_of_asking(call, time_machine, now):
    first = call("ask", report="overview", parameters={"days": 1})["answer"]["meta"]["to"]
    time_machine.move_to(now + timedelta(days=1), tick=False)
    assert call("ask", report="overview", parameters={"days": 1})["answer"]["meta"]["to"] > first
