"""Segments on pages: saved beside filters, listed, used, renamed and deleted."""

import json
import re
from html import unescape

import pytest
from django.test import Client

from analytics.models import SavedSegment
from analytics.questions.fields import field_of
from analytics.questions.filters import AllOf, Did, EventAct, InSegment, Is, Not
from analytics.segments import save_segment
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied
from workspaces.changes import create_workspace

pytestmark = pytest.mark.either_database("what a form saves is the API's, which its own tests ask of both")

PRO = AllOf((Is(field_of("contact.plan"), ("pro",)),))
BUYERS = AllOf((Did(EventAct("purchase"), AllOf()),))


@pytest.fixture(autouse=True)
@copied
def people(some_data, bulk):
    """Of three contacts two are pro, and one of these bought, as did somebody unknown."""
    bulk("contacts", [{"externalId": f"c{number}", "attributes": {"plan": "pro"}} for number in range(2)])
    bulk("events", [{"type": "purchase", "occurredAt": "2026-03-25T10:00:00Z", "anonymousId": "d"}])


@pytest.fixture
def save(workspace, owner):
    def of(name, condition):
        return save_segment(workspace=workspace, name=name, condition=condition, by=owner)

    return of


@pytest.fixture
def shown(api, workspace):
    def get(path, client=api, **query):
        response = client.get(f"/w/{workspace.slug}/{path}/", query)
        assert response.status_code == 200
        return response.text

    return get


def posted(api, html):
    """What is answered to the form beside the filters of a page, with a name."""

    def send(name, client=api):
        form = re.search(r'<form method="post" action="([^"]*/segments/save/)".*?</form>', html, re.DOTALL)
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0])
        given = {}
        for field, value in fields:
            given.setdefault(field, []).append(unescape(value))
        given.pop("csrfmiddlewaretoken", None)
        return client.post(form[1], {**given, "name": name}, follow=True)

    return send


@pytest.mark.long
@pytest.mark.parametrize("path", ["reports/overview", "contacts", "events", "reports/campaign"])
def test_filters_on_people_are_saved_where_they_are(api, shown, path):
    filter_ = json.dumps({"not": {"did": "purchase"}})
    html = shown(path, where="contact.plan:pro", filter=filter_)
    answer = posted(api, html)("Pros who never bought")
    assert "Pros who never bought is saved" in answer.text
    assert answer.redirect_chain[0][0].startswith(f"/w/acme/{path}/?")
    segment = SavedSegment.objects.get()
    assert (segment.name, segment.created_by.email) == ("Pros who never bought", "owner@example.com")
    assert segment.condition == {"all": [{"field": "contact.plan", "is": ["pro"]}, {"not": {"did": "purchase"}}]}


@pytest.mark.parametrize(
    "query", [{}, {"where": ["contact.plan:pro", "event:purchase"]}, {"where": "event:purchase"}, {"q": "x"}]
)
def test_other_filters_make_no_segment(shown, query):
    assert "Save as segment" not in shown("events", **query)


def test_a_segment_alone_is_saved_already(shown, save):
    segment = save("Pros", PRO).api_id
    assert "Save as segment" not in shown("contacts", segment=segment)
    assert "Save as segment" in shown("contacts", segment=segment, where="contact.known:true")


def test_a_viewer_reads_and_changes_nothing(viewer_client, shown, save, workspace):
    segment = save("Pros", PRO)
    assert "Save as segment" not in shown("contacts", viewer_client, where="contact.plan:pro")
    html = shown("segments", viewer_client)
    assert "Pros" in html
    assert "Rename or delete" not in html
    base = f"/w/{workspace.slug}/segments"
    assert viewer_client.post(f"{base}/save/", {"name": "x", "where": "contact.plan:pro"}).status_code == 403
    for path in (f"{base}/{segment.pk}/", f"{base}/{segment.pk}/delete/"):
        assert viewer_client.get(path).status_code == viewer_client.post(path, {"name": "x"}).status_code == 403
    assert SavedSegment.objects.get().name == "Pros"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "", "where": "contact.plan:pro"}, "This field is required."),
        ({"name": "x" * 201, "where": "contact.plan:pro"}, "at most 200 characters"),
        ({"name": "Pros", "where": "contact.plan:pro"}, "Another segment has this name."),
        ({"name": "x", "where": "event:purchase"}, "conditions on people"),
        ({"name": "x", "where": "contact.nothing:x"}, "an attribute that a contact has"),
        ({"name": "x", "segment": "seg_999999"}, "a segment of this workspace"),
        ({"name": "x"}, "at least one condition"),
    ],
)
def test_what_is_wrong_is_told_beside_the_name_and_nothing_is_lost(api, workspace, save, fields, problem):
    save("Pros", PRO)
    answer = api.post(f"/w/{workspace.slug}/segments/save/", {**fields, "back": "/w/acme/contacts/"})
    assert answer.status_code == 400
    assert problem in unescape(answer.text)
    assert f'value="{fields["name"]}"' in answer.text or not fields["name"]
    for name in ("where", "segment"):
        assert name not in fields or f'name="{name}" value="{fields[name]}"' in answer.text
    assert SavedSegment.objects.count() == 1


def test_segments_are_listed_with_who_is_in_them(shown, save):
    pros = save("Pros", PRO)
    save("Buyers", BUYERS)
    save("Neither", AllOf((Not(InSegment(pros.pk)), Not(BUYERS.conditions[0]))))
    text = text_of(shown("segments"))
    assert "3 segments" in text
    links = "Use in overview Contacts Rename or delete"
    assert "Buyers Did purchase 2 owner" in text
    assert "Pros plan is pro 2" in text.replace("Plan", "plan")
    assert "Neither Not in segment Pros and did not do purchase 1" in text
    assert text.count(links) == 3
    assert "1 segment" in text_of(shown("segments", q="buy"))
    assert "No segments match" in text_of(shown("segments", q="nothing"))


@pytest.mark.long
def test_each_number_is_the_length_of_its_list(api, shown, save):
    for name, condition in (("Pros", PRO), ("Buyers", BUYERS), ("Others", AllOf((Not(BUYERS.conditions[0]),)))):
        save(name, condition)
    numbers = re.findall(r'<a class="opens" href="([^"]*)">(\d+)</a>', shown("segments"))
    assert len(numbers) == 3
    for address, number in numbers:
        html = api.get(unescape(address)).text
        assert f'data-total="{number}"' in html
        assert "In segment" in html


def test_without_any_it_says_how_to_make_one(shown):
    assert "No segments yet" in shown("segments")


def test_the_file_has_all_of_them(api, workspace, save):
    save("Pros", PRO)
    lines = api.get(f"/w/{workspace.slug}/segments/", {"format": "csv"}).getvalue().decode().splitlines()
    assert lines[0].endswith("Segment,Conditions,People,Saved by,Saved")
    assert lines[1].lower().startswith("pros,plan is pro,2,owner")


@pytest.mark.long
def test_reports_and_lists_are_under_a_segment_and_say_its_name(shown, save):
    segment = save("Pros", PRO).api_id
    for path in ("reports/overview", "contacts", "people", "reports/retention", "messages", "enrolments", "clicks"):
        assert "In segment Pros" in shown(path, segment=segment), path
    assert "2 contacts" in text_of(shown("contacts", segment=segment))
    not_in = json.dumps({"not": {"segment": segment}})
    html = shown("contacts", filter=not_in)
    assert "1 contact " in text_of(html)
    assert "Not in segment Pros" in html


@pytest.mark.long
@pytest.mark.parametrize("path", ["reports/overview", "contacts"])
def test_one_that_is_not_there_is_left_out_and_told(shown, workspace, owner, path):
    other = create_workspace(name="Other", time_zone="UTC", by=owner)
    theirs = save_segment(workspace=other, name="Theirs", condition=PRO, by=owner).api_id
    for segment in ("seg_999999", theirs):
        text = unescape(shown(path, segment=segment))
        assert f"segment cannot be '{segment}'; allowed: a segment of this workspace. It is left out." in text


def test_people_of_nothing_are_no_list(api, workspace):
    assert api.get(f"/w/{workspace.slug}/people/").status_code == 404
    assert api.get(f"/w/{workspace.slug}/people/", {"from": "2026-03-01"}).status_code == 404
    html = api.get(f"/w/{workspace.slug}/people/", {"where": "contact.known:true", "from": "2026-03-01"}).text
    assert "3 people" in text_of(html)
    assert "one together with steps or a source" in html


@pytest.mark.long
def test_a_segment_is_renamed(api, shown, save, workspace):
    segment = save("Pros", PRO)
    save("Buyers", BUYERS)
    path = f"/w/{workspace.slug}/segments/{segment.pk}/"
    assert 'value="Pros"' in api.get(path).text
    taken = api.post(path, {"name": "Buyers"})
    assert (taken.status_code, "Another segment has this name." in taken.text) == (400, True)
    answer = api.post(path, {"name": "Subscribers"}, follow=True)
    assert "Subscribers is renamed." in answer.text
    assert "In segment Subscribers" in shown("contacts", segment=segment.api_id)


def test_a_name_that_was_changed_meanwhile_is_told(api, save, workspace):
    segment = save("Pros", PRO)
    address = f"/w/{workspace.slug}/segments/{segment.pk}/"
    seen = unescape(re.search(r'name="seen" value="([^"]*)"', api.get(address).text)[1])
    SavedSegment.objects.update(name="Others")
    refused = api.post(address, {"name": "Mine", "seen": seen})
    assert refused.status_code == 400
    assert "After you opened the page, this was changed to: Others" in unescape(refused.text)
    assert SavedSegment.objects.get().name == "Others"


def test_a_segment_is_deleted_and_comes_back(api, shown, save, workspace):
    segment = save("Pros", PRO)
    path = f"/w/{workspace.slug}/segments/{segment.pk}/delete/"
    assert "Delete Pros?" in api.get(path).text
    assert SavedSegment.objects.exists()
    answer = api.post(path, follow=True)
    assert "Pros is deleted." in answer.text
    assert not SavedSegment.objects.exists()
    [token] = re.findall(r'name="what" value="([^"]*)"', answer.text)
    back = api.post("/undo/", {"what": token, "next": "/w/acme/segments/"}, follow=True)
    assert "Pros is there again." in back.text
    again = SavedSegment.objects.get()
    assert (again.pk, again.name, again.condition) == (segment.pk, "Pros", segment.condition)
    assert again.created_by == segment.created_by


@pytest.mark.long
def test_a_deletion_is_not_undone_where_the_name_or_a_part_is_gone(api, save, workspace):
    pros = save("Pros", PRO)
    outer = save("Outer", AllOf((Not(InSegment(pros.pk)),)))
    tokens = []
    for segment in (outer, pros):
        answer = api.post(f"/w/{workspace.slug}/segments/{segment.pk}/delete/", follow=True)
        tokens += re.findall(r'name="what" value="([^"]*)"', answer.text)
    save("Pros", BUYERS)
    answers = [api.post("/undo/", {"what": token, "next": "/w/acme/segments/"}, follow=True) for token in tokens]
    assert "Outer cannot come back" in answers[0].text
    assert "Another segment is called Pros by now." in answers[1].text
    assert SavedSegment.objects.count() == 1


def test_one_that_others_are_made_of_is_not_deleted(api, save, workspace):
    pros = save("Pros", PRO)
    save("Outer", AllOf((Not(InSegment(pros.pk)),)))
    path = f"/w/{workspace.slug}/segments/{pros.pk}/delete/"
    assert "It is part of Outer" in api.get(path).text
    assert "Pros is part of Outer: change or delete that first." in api.post(path, follow=True).text
    assert SavedSegment.objects.count() == 2


def test_another_workspaces_segment_is_not_found(api, workspace, owner):
    other = create_workspace(name="Other", time_zone="UTC", by=owner)
    theirs = save_segment(workspace=other, name="Theirs", condition=PRO, by=owner).pk
    for pk in (theirs, theirs + 1000):
        for path in (f"/w/{workspace.slug}/segments/{pk}/", f"/w/{workspace.slug}/segments/{pk}/delete/"):
            assert api.get(path).status_code == api.post(path, {"name": "x"}).status_code == 404
    assert SavedSegment.objects.filter(workspace=other, name="Theirs").exists()


@pytest.mark.long
def test_a_segment_costs_a_report_few_queries(api, workspace, save, django_assert_max_num_queries):
    pros = save("Pros", PRO)
    outer = save("Outer", AllOf((InSegment(pros.pk), Not(BUYERS.conditions[0])))).api_id
    with django_assert_max_num_queries(60):
        api.get(f"/w/{workspace.slug}/reports/overview/", {"segment": outer})


def test_saving_wants_a_token(owner, workspace):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    assert strict.post(f"/w/{workspace.slug}/segments/save/", {"name": "x"}).status_code == 403
