"""Saved questions: kept as they are asked, answered without a request, and as their report's page and the API are."""

import json
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from analytics.api.questions.answers import api_address, api_answer, shown_answer
from analytics.api.questions.forms import FORMS, read_report
from analytics.api.questions.reading import Asking
from analytics.api.questions.texts import text_of_address, whole_text
from analytics.models import SavedQuestion, SavedSegment
from analytics.presentation.audience import Audience
from analytics.questions.fields import field_of
from analytics.questions.filters import AllOf, Is
from analytics.questions.saved import QuestionText
from analytics.registry import REPORTS
from campaignos.errors import ParameterError
from campaignos.page_parameters import understood_of
from tests.analytics.shop import add_holdout, add_orders, add_plans_and_amounts, fill_shop, state_rate
from tests.analytics.views.test_numbers_open import PAGES
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.changes import create_key, create_workspace
from workspaces.models import AuditEvent, KeyKind
from workspaces.roles import Right
from workspaces.scope import scope

FUNNEL = {"name": "Buyers", "report": "funnel", "parameters": {"steps": "visit,purchase", "range": "7d"}}
LOOKED_AT = {"page", "format", "table", "sort", "list", "filterField", "filterStep"}
"""What of an address says how a page is looked at, not what is asked."""


@pytest.fixture
@copied
def shop(bulk, now):
    fill_shop(bulk)


@pytest.fixture
@copied
def whole_shop(bulk, workspace, shop, now):
    add_orders(bulk)
    add_holdout(bulk, workspace, now)
    add_plans_and_amounts(bulk)
    state_rate(workspace)


@pytest.fixture
def url(workspace):
    return f"/api/workspaces/{workspace.api_id}/saved-questions"


def reading(workspace, now, report, locks=None, **parameters):
    asking = Asking(workspace, now, locks=locks or AllOf())
    with scope(workspace):
        return read_report(QuestionText(report, parameters), asking), asking


def assert_shown_alike(page: Any, shown: Any) -> None:
    """A page has the same tiles and charts, and of tables what it has room for."""
    of_page, tables = page["tables"].values(), {table.key: table for table in shown.all_tables}
    assert [(tile.metric.key, tile.value, tile.change) for tile in page["tiles"]] == [
        (tile.metric.key, tile.value, tile.change) for tile in shown.tiles
    ]
    assert [(chart.title, chart.finding) for chart in page["charts"]] == [
        (chart.title, chart.finding) for chart in shown.charts
    ]
    assert {table.key for table in of_page} == {*tables}
    for table in of_page:
        whole = [line[: len(table.heads)] for line in tables[table.key].lines()]
        assert [line for line in table.lines() if line not in whole] == []


@pytest.mark.long
@pytest.mark.either_database("what is compared are two ways to one report")
def test_a_kept_question_shows_what_its_page_shows_and_the_api_answers(api, workspace, whole_shop, now, subtests):
    for name, said in PAGES.items():
        report = name.partition(",")[0]
        query = QueryDict(mutable=True)
        for key, value in said.items():
            query.setlist(key, value if isinstance(value, list) else [value])
        with subtests.test(name):
            page = api.get(f"/w/{workspace.slug}/reports/{report}/", dict(query.lists()))
            asking = Asking(workspace, now)
            with scope(workspace):
                text = text_of_address(report, query.lists())
                if report == "funnel" and not {"steps", "step"} & {*query}:
                    text = QuestionText(report, {**text.parameters, "steps": "visit,purchase"})
                kept = whole_text(text, read_report(text, asking))
                question = read_report(kept, asking)
                assert whole_text(kept, question) == kept
                shown = shown_answer(report, question, asking, Audience(workspace.zone))
                body = api_answer(report, question, asking, sees_addresses=True)
                address = api_address(report, question, workspace)
            assert body == api.get(address).json()
            assert_shown_alike(page.context, shown)


def test_whatever_a_page_is_asked_can_be_kept():
    """A parameter that a page gets later is asked for here."""
    for report in REPORTS:
        understood = {*understood_of(report.page).allowed}
        of_other_pages = {name for name in understood if name in ("compare", "compareFrom", "compareTo", "match")}
        missing = understood - {*FORMS[report.name].parameters} - LOOKED_AT - of_other_pages
        assert missing <= {"interval", "opens", "breakdown", "limit"}, report.name


def test_it_is_kept_shown_changed_answered_and_deleted(api, url, workspace, shop, viewer_client):
    made = post_json(api, url, FUNNEL)
    assert made.status_code == 201, made.content
    kept = {"compare": "previous", "opens": "human", "steps": "visit,purchase", "range": "7d"}
    expected = {
        **FUNNEL,
        "id": made.json()["id"],
        "parameters": kept,
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
    }
    assert made.json() == expected
    assert viewer_client.get(url).json() == {"results": [expected], "next": None}
    assert viewer_client.get(url, {"report": "revenue"}).json()["results"] == []
    path = f"{url}/{expected['id']}"
    answer = viewer_client.get(f"{path}/answer").json()
    assert answer["question"] == expected
    assert [step["count"] for step in answer["answer"]["steps"]] == [7, 3]
    changed = api.patch(path, json.dumps({"parameters": {"steps": "visit"}}), content_type="application/json")
    assert changed.json()["parameters"] == {"compare": "previous", "opens": "human", "steps": "visit", "range": "30d"}
    assert api.patch(path, json.dumps({"name": "All"}), content_type="application/json").json()["name"] == "All"
    assert api.delete(path, headers={"If-Match": '"other"'}).status_code == 412
    assert api.delete(path).status_code == 204
    assert api.get(f"{path}/answer").status_code == 404
    actions = AuditEvent.objects.filter(target=expected["id"]).order_by("pk").values_list("action", flat=True)
    assert [*actions] == ["question_saved", "question_changed", "question_changed", "question_deleted"]


def test_who_may_keep_questions(api, url, workspace, viewer_client, stranger_client, shop):
    assert post_json(viewer_client, url, FUNNEL).status_code == 403
    assert post_json(stranger_client, url, FUNNEL).status_code == 404
    key = create_key(workspace=workspace, kind=KeyKind.SECRET, name="k", by=None, scopes=[Right.CURATE])[1]
    made = post_json(Client(), url, FUNNEL, Authorization=f"Bearer {key}")
    assert (made.status_code, made.json()["createdBy"]) == (201, None)
    again = post_json(api, url, FUNNEL)
    assert (again.status_code, again.json()["message"]) == (409, "Another saved question has this name.")


def test_a_question_of_another_workspace_is_not_there(api, url, owner, shop, now):
    other = create_workspace(name="Other", by=owner)
    saved = SavedQuestion.objects.create(workspace=other, name="Theirs", report="overview")
    assert api.get(f"{url}/{saved.api_id}").status_code == 404
    assert api.get(f"{url}/{saved.api_id}/answer").status_code == 404


@pytest.mark.parametrize(
    ("report", "parameters", "problem"),
    [
        ("overview", {"range": "sometimes"}, "range cannot be 'sometimes'; allowed: today"),
        ("overview", {"rang": "7d"}, "rang is not understood here; understood are: "),
        ("overview", {"where": "contact.nothing:x"}, "where cannot be 'contact.nothing:x'"),
        ("overview", {"segment": "seg_99"}, "a segment of this workspace"),
        ("overview", {"compare": ["off", "year"]}, "compare is there 2 times, with different values"),
        ("overview", {"metric": "nothing"}, "metric cannot be 'nothing'"),
        ("overview", {"opens": {"a": 1}}, "allowed: a text, a whole number, true or false"),
        ("campaign", {"campaign": "cmp_999"}, "a campaign of this workspace"),
        ("health", {"breakdown": "channel"}, "breakdown is not understood here"),
        ("rfm", {"compare": "previous"}, "compare is not understood here"),
        ("timeseries", {"metric": ["sent", "nothing"]}, "metric cannot be 'sent,nothing'"),
        ("why", {"compare": "off"}, "compare cannot be 'off'"),
        ("attribution", {"model": "last"}, "model cannot be 'last'; allowed: nothing beside view=sources"),
        ("attribution", {"view": "credit", "where": "utm.source:s1"}, "all touches before a conversion are looked at"),
        ("attribution", {"view": "paths", "min": 3, "max": 2}, "min cannot be '3'"),
        ("experiments", {"metric": "clicks"}, "nothing without test"),
        ("experiments", {"test": "ab_99"}, "an A/B test of this workspace"),
        ("funnel", {}, "steps is required"),
        ("funnel", {"steps": "visit", "window": "long"}, "window cannot be 'long'"),
        ("retention", {"metric": "event:stroll"}, "the type of an event that has come in"),
        ("retention", {"show": "money"}, "show cannot be 'money'; allowed: percent, counts"),
        ("ltv", {"cost": "free"}, "cost cannot be 'free'"),
    ],
)
def test_what_cannot_be_asked_is_not_kept(api, url, shop, report, parameters, problem):
    answer = post_json(api, url, {"name": "Q", "report": report, "parameters": parameters})
    assert answer.status_code == 400
    [said] = answer.json()["fields"]["parameters"]
    assert problem in said
    assert not SavedQuestion.objects.exists()


def test_a_report_that_there_is_not_is_refused(api, url):
    answer = post_json(api, url, {"name": "Q", "report": "weather", "parameters": {}})
    assert "allowed: overview, campaign" in answer.json()["fields"]["report"][0]


def test_what_everybody_sees_names_no_address(api, url, bulk, shop):
    asked = {"where": "contact.email:ada@example.com"}
    assert post_json(api, url, {"name": "Q", "report": "overview", "parameters": asked}).status_code == 400


def test_what_it_names_may_be_gone_then_it_is_refused_and_never_answered_without(api, url, workspace, shop):
    segment = SavedSegment.objects.create(workspace=workspace, name="Known", condition="contact.known:true")
    asked = {"name": "Q", "report": "overview", "parameters": {"segment": segment.api_id}}
    path = f"{url}/{post_json(api, url, asked).json()['id']}"
    assert api.get(f"{path}/answer").status_code == 200
    SavedSegment.objects.filter(pk=segment.pk).delete()
    answer = api.get(f"{path}/answer")
    assert (answer.status_code, answer.json()["parameter"]) == (400, "segment")


def test_locks_join_what_is_asked_and_are_never_left_out(workspace, shop, now):
    lock = AllOf((Is(field_of("channel"), ("push",)),))
    asked = {"where": ["channel:email"], "range": "30d"}
    locked, asking = reading(workspace, now, "campaign", lock, **asked)
    assert {*locked.part.where.all.conditions} == {*lock.conditions, Is(field_of("channel"), ("email",))}
    with scope(workspace):
        answers = api_answer("campaign", locked, asking)["campaigns"]
        assert {row["messages"]["total"] for row in answers} == {0}
        shown = shown_answer("campaign", locked, asking, Audience(workspace.zone))
    assert not any(table.rows for table in shown.all_tables)
    with pytest.raises(ParameterError, match="lock cannot be"):
        reading(workspace, now, "ltv", lock)
