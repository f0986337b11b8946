"""Funnels: built by a form, saved by those who may, shared by an address."""

import re
from html import unescape

import pytest
from django.test import Client

from analytics.funnels import save_funnel
from analytics.models import SavedFunnel
from tests.analytics.views.texts import text_of
from tests.conftest import PASSWORD
from workspaces.changes import create_workspace
from workspaces.models import Membership, User
from workspaces.roles import Role

pytestmark = pytest.mark.either_database("a page is made of what reports answer, which their own tests ask of both")


def test_it_says_what_the_api_says(page, some_data, report):
    shown = text_of(page("funnel", steps="page_view,purchase", compare="off"))
    answer = report("/funnel", steps="page_view,purchase")
    assert [step["count"] for step in answer["steps"]] == [1, 1]
    assert "1. page_view 1 0 100.0% 100.0% 0 2. purchase 1 0 100.0% 100.0% 0" in shown


@pytest.mark.long
def test_each_step_is_compared_with_itself_in_the_other_days(page, track, now):
    for day, visitors, buyers in ((20, 40, 20), (27, 50, 40), (31, 5, 0)):
        calls = [
            {"type": "track", "userId": f"{day}-{n}", "event": event, "timestamp": f"2026-03-{day}T10:0{minute}:00Z"}
            for minute, (event, number) in enumerate((("visit", visitors), ("purchase", buyers)))
            for n in range(number)
        ]
        assert track(*calls).json()["accepted"] == len(calls)
    shown = text_of(page("funnel", steps="visit,purchase", range="7d"))
    assert "1. visit 55 ▲ +25.0% 0 100.0% 100.0% 0" in shown  # 50 after 40, without today
    assert "2. purchase 40 15 72.7% ▲ +30.0 points 72.7% 15" in shown
    assert "+25.0%" not in text_of(page("funnel", steps="visit,purchase", range="7d", compare="off"))


@pytest.mark.long
def test_each_group_is_compared_with_itself_in_the_other_days(page, track, bulk, now, report):
    """Gold: 40 people of whom 20 bought, then 50 of whom 40 did. Old: 30 people, then none. New: none, then 5."""
    for plan, before, since, bought in (("gold", 40, 50, (20, 40)), ("old", 30, 0, (30, 0)), ("new", 0, 5, (0, 5))):
        contacts = [{"externalId": f"{plan}{n}", "attributes": {"plan": plan}} for n in range(100)]
        bulk("contacts", contacts)
        for day, visitors, buyers, first in ((20, before, bought[0], 0), (27, since, bought[1], 50)):
            calls = [
                {
                    "type": "track",
                    "userId": f"{plan}{first + n}",
                    "event": event,
                    "timestamp": f"2026-03-{day}T10:0{minute}:00Z",
                }
                for minute, (event, number) in enumerate((("visit", visitors), ("purchase", buyers)))
                for n in range(number)
            ]
            if calls:
                assert track(*calls).json()["accepted"] == len(calls)
    asked = {"steps": "visit,purchase", "range": "7d", "breakdown": "contact.plan"}
    shown = text_of(page("funnel", **asked, sort="-overall_change"))
    assert "gold 50 ▲ +25.0% 40 80.0% ▲ +30.0 points" in shown
    assert "old 0 ▼ −100.0% 0 ▼ −100.0% –" in shown
    assert "new 5 5 100.0%" in shown
    assert shown.index("gold 50") < shown.index("new 5")
    answer = report("/funnel", **asked, compare="previous", rows="true")
    groups = {group["value"]: group for group in answer["groups"]}
    gold = groups["gold"]["comparison"]
    assert [step["count"] for step in gold["complete"]["steps"]] == [50, 40]
    assert [step["count"] for step in gold["compared"]["steps"]] == [40, 20]
    assert "steps" in gold["compared"]["steps"][1]["rows"]["count"]
    assert gold["changes"]["overallConversion"] == 0.3
    assert [step["count"] for step in gold["changes"]["steps"]] == [0.25, None]
    assert [step["count"] for step in groups["old"]["steps"]] == [0, 0]
    assert groups["old"]["comparison"]["changes"]["steps"][0]["count"] == -1.0
    assert "comparison" not in report("/funnel", **asked)["groups"][0]


@pytest.mark.parametrize("steps", ["a,,b", ",".join("abcdefghijk"), "x" * 201])
def test_bad_steps_are_told_and_the_form_stays(page, some_data, steps):
    html = page("funnel", steps=steps)
    assert "steps cannot be" in html
    assert 'name="rowName"' in html


def test_steps_in_several_parts_are_all_steps(page, some_data):
    shown = text_of(page("funnel", steps=["page_view", "purchase"], compare="off"))
    assert "1. page_view 1 0 100.0% 100.0% 0 2. purchase 1 0 100.0% 100.0% 0" in shown


@pytest.mark.long
def test_a_step_that_never_came_in_is_told(page, some_data):
    assert "No event &#x27;Purchase&#x27; has ever come in" in page("funnel", steps="page_view,Purchase")
    assert "has ever come in" not in page("funnel", steps="page_view,purchase")


def test_steps_of_the_form_that_are_left_empty_are_left_out(page, some_data):
    shown = text_of(page("funnel", step=["page_view", " ", "purchase", ""]))
    assert "1. page_view" in shown
    assert "2. purchase" in shown


@pytest.mark.long
def test_event_types_with_commas_and_quotes_are_steps(api, page, report, track, workspace, owner, now):
    types = ["Viewed, twice", 'Said "yes", left']
    calls = [
        {"type": "track", "userId": "u", "event": event, "timestamp": f"2026-03-30T1{place}:00:00Z"}
        for place, event in enumerate(types)
    ]
    assert track(*calls).json()["accepted"] == 2
    html = page("funnel", step=types)
    assert "1. Viewed, twice 1 0 100.0%" in text_of(html)
    assert "2. Said &quot;yes&quot;, left" in html
    people = unescape(re.findall(r'href="(/w/acme/people/[^"]*)"', html)[-1])
    assert "Reached Said &quot;yes&quot;, left" in api.get(people).content.decode()
    answer = report("/funnel", steps='"Viewed, twice","Said ""yes"", left"')
    assert [(step["step"], step["count"]) for step in answer["steps"]] == [(name, 1) for name in types]
    kept = {"name": "K", "steps": re.search(r'name="steps" value="([^"]*)"', html)[1], "range": "30d"}
    api.post(f"/w/{workspace.slug}/funnels/", {**kept, "steps": unescape(kept["steps"])})
    assert SavedFunnel.objects.get().steps == types
    assert re.search(r"\d\. Viewed, twice", page("funnel")), "it is suggested"


def test_without_steps_a_funnel_is_suggested(page, some_data):
    assert "3. purchase" in text_of(page("funnel"))


@pytest.fixture
def saved(workspace, owner):
    return save_funnel(workspace=workspace, name="To <purchase>", steps=["page_view", "purchase"], range="7d", by=owner)


@pytest.fixture
def member(workspace):
    """A client of a member with a role."""

    def of(role):
        user = User.objects.create_user(f"{role.lower()}@example.com", PASSWORD)
        Membership.objects.create(workspace=workspace, user=user, role=role)
        client = Client()
        client.force_login(user)
        return client

    return of


@pytest.mark.long
def test_a_saved_funnel_has_an_address_of_its_own(api, workspace, some_data, saved, viewer_client):
    for client in (api, viewer_client):
        response = client.get(f"/w/{workspace.slug}/reports/funnel/{saved.pk}/")
        assert response.status_code == 200
        html = response.content.decode()
        assert "<h1>To &lt;purchase&gt;</h1>" in html
        assert "2. purchase" in html
        assert "25 – 31 Mar 2026" in html


def test_a_saved_funnel_over_other_days(api, workspace, some_data, saved):
    html = api.get(f"/w/{workspace.slug}/reports/funnel/{saved.pk}/?range=30d").content.decode()
    assert "2 – 31 Mar 2026" in html


def test_an_unknown_funnel_and_anothers_are_not_found(api, workspace, saved, stranger_client, owner):
    other = create_workspace(name="Other", time_zone="UTC", by=owner)
    theirs = save_funnel(workspace=other, name="x", steps=["a"], range="7d", by=owner)
    for pk in (saved.pk + 1000, theirs.pk):
        assert api.get(f"/w/{workspace.slug}/reports/funnel/{pk}/").status_code == 404
        assert api.post(f"/w/{workspace.slug}/funnels/{pk}/delete/").status_code == 404
    assert stranger_client.get(f"/w/{workspace.slug}/reports/funnel/{saved.pk}/").status_code == 404
    assert Client().get(f"/w/{workspace.slug}/reports/funnel/{saved.pk}/").status_code == 302


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ANALYST])
def test_who_curates_saves_and_deletes(member, workspace, role):
    client = member(role)
    response = client.post(f"/w/{workspace.slug}/funnels/", {"name": " Mine ", "steps": "a, b", "range": "91d"})
    one = SavedFunnel.objects.get()
    assert response["Location"] == f"/w/{workspace.slug}/reports/funnel/{one.pk}/"
    assert (one.name, one.steps, one.range, one.created_by.email) == (
        "Mine",
        ["a", "b"],
        "91d",
        f"{role.lower()}@example.com",
    )
    assert client.post(f"/w/{workspace.slug}/funnels/{one.pk}/delete/").status_code == 302
    assert not SavedFunnel.objects.exists()


def test_a_viewer_looks_and_changes_nothing(viewer_client, workspace, some_data, saved):
    html = viewer_client.get(f"/w/{workspace.slug}/reports/funnel/?steps=page_view").content.decode()
    assert "Save this funnel" not in html
    assert viewer_client.post(f"/w/{workspace.slug}/funnels/", {"name": "x", "steps": "a"}).status_code == 403
    assert viewer_client.post(f"/w/{workspace.slug}/funnels/{saved.pk}/delete/").status_code == 403
    assert SavedFunnel.objects.count() == 1


def test_a_stranger_saves_nothing(stranger_client, workspace):
    assert stranger_client.post(f"/w/{workspace.slug}/funnels/", {"name": "x", "steps": "a"}).status_code == 404
    assert Client().post(f"/w/{workspace.slug}/funnels/", {"name": "x", "steps": "a"}).status_code == 302
    assert not SavedFunnel.objects.exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "", "steps": "a"}, "This field is required."),
        ({"name": "x" * 201, "steps": "a"}, "at most 200 characters"),
        ({"name": "To <purchase>", "steps": "a"}, "Another funnel has this name."),
        ({"name": "x", "steps": "a,,b"}, "steps cannot be"),
        ({"name": "x", "steps": ""}, "This field is required."),
        ({"name": "x", "steps": "a", "range": "nonsense"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_told_where_the_funnel_was_built(api, workspace, saved, some_data, fields, told):
    response = api.post(f"/w/{workspace.slug}/funnels/", fields, follow=True)
    assert told in response.content.decode()
    assert response.status_code == 200
    assert SavedFunnel.objects.count() == 1


def test_saving_wants_a_post_and_a_token(api, workspace, owner):
    assert api.get(f"/w/{workspace.slug}/funnels/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    assert strict.post(f"/w/{workspace.slug}/funnels/", {"name": "x", "steps": "a"}).status_code == 403


def test_saved_funnels_make_a_handful_of_queries(api, workspace, some_data, owner, django_assert_max_num_queries):
    for number in range(10):
        one = save_funnel(workspace=workspace, name=f"F{number}", steps=["page_view"], range="30d", by=owner)
    with django_assert_max_num_queries(15):
        api.get(f"/w/{workspace.slug}/reports/funnel/{one.pk}/")
