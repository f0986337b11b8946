"""A segment, or a campaign, that something which is kept names is not deleted; the refusal says where."""

from datetime import timedelta

import pytest

from analytics.models import Campaign, SavedQuestion, SavedSegment, ShareLink
from analytics.share_links import create_link, revoke_link
from tests.conftest import post_json

ALERT = {"name": "Few", "metric": "events", "kind": "silence", "direction": "down"}
QUESTION = {"name": "Checkout", "report": "overview"}


@pytest.fixture
def make(api, workspace):
    def post(resource, body):
        answer = post_json(api, f"/api/workspaces/{workspace.api_id}/{resource}", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return post


@pytest.fixture
def delete(api, workspace):
    def ask(resource, api_id):
        answer = api.delete(f"/api/workspaces/{workspace.api_id}/{resource}/{api_id}")
        return answer.status_code, answer.json()["message"] if answer.status_code == 409 else ""

    return ask


@pytest.fixture
def segment(make):
    return make("segments", {"name": "Pros", "where": ["contact.plan:pro"]})


@pytest.fixture
def campaign(bulk):
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    return Campaign.objects.get().api_id


@pytest.mark.parametrize(
    ("resource", "body", "use"),
    [
        ("saved-questions", {**QUESTION, "parameters": {"segment": ["SEG"]}}, "the saved question Checkout"),
        (
            "saved-questions",
            {**QUESTION, "parameters": {"filter": '{"not":{"segment":"SEG"}}'}},
            "the saved question Checkout",
        ),
        ("alerts", {**ALERT, "parameters": {"segment": ["SEG"]}}, "the alert Few"),
    ],
)
def test_a_segment_that_is_asked_for_stays(make, delete, segment, resource, body, use):
    kept = make(resource, _with(body, SEG=segment))
    assert delete("segments", segment) == (409, f"Pros is part of {use}: change or delete that first.")
    assert SavedSegment.objects.exists()
    assert delete(resource, kept) == (204, "")
    assert delete("segments", segment) == (204, "")


def _with(body, **ids):
    """The body with ids in place of their names."""
    if isinstance(body, dict):
        return {name: _with(said, **ids) for name, said in body.items()}
    if isinstance(body, list):
        return [_with(said, **ids) for said in body]
    for name, api_id in ids.items():
        body = body.replace(name, api_id) if isinstance(body, str) else body
    return body


def test_a_segment_that_locks_a_link_stays_until_the_link_ends(make, delete, segment, owner, now):
    question = SavedQuestion.objects.get(pk=make("saved-questions", QUESTION).removeprefix("qst_"))
    create_link(
        question=question, by=owner, expires_at=now + timedelta(days=1), name="Agency", locks={"segment": [segment]}
    )
    assert delete("segments", segment) == (409, "Pros is part of the link Agency: change or delete that first.")
    revoke_link(link=ShareLink.objects.get(), by=owner)
    assert delete("segments", segment) == (204, "")


@pytest.mark.parametrize(
    ("resource", "body", "use"),
    [
        (
            "segments",
            {"name": "Readers", "filter": {"message": {"campaign": "CMP", "status": "clicked"}}},
            "the segment Readers",
        ),
        (
            "saved-questions",
            {**QUESTION, "report": "campaign", "parameters": {"campaign": "CMP"}},
            "the saved question Checkout",
        ),
        ("alerts", {**ALERT, "metric": "sent", "parameters": {"where": ["campaign:CMP"]}}, "the alert Few"),
        (
            "funnels",
            {"name": "Buyers", "steps": [{"message": {"campaign": "CMP", "status": "clicked"}}, "purchase"]},
            "the funnel Buyers",
        ),
    ],
)
def test_a_campaign_that_is_asked_for_stays(make, delete, campaign, resource, body, use):
    kept = make(resource, _with(body, CMP=campaign))
    assert delete("campaigns", campaign) == (409, f"It is part of {use}: change or delete that first.")
    assert delete(resource, kept) == (204, "")
    assert delete("campaigns", campaign) == (204, "")


def test_ids_that_only_begin_alike_are_others(make, delete, segment):
    make("saved-questions", QUESTION)
    question = SavedQuestion.objects.get()
    question.parameters = {"where": [f"property.x:{segment}0", f"property.x:my_{segment}"]}
    question.save()
    assert delete("segments", segment) == (204, "")
