"""Notes on days: their page, and where charts show them."""

import json
import re
from datetime import date

import pytest

from analytics.models import Campaign, Note
from analytics.notes import write_note
from tests.analytics.views.texts import text_of
from workspaces.changes import change_settings, create_workspace

NOTES = "/w/acme/notes/"


@pytest.fixture
def noted(workspace, owner, some_data):
    def write(day, text, campaign=None):
        return write_note(workspace=workspace, day=date.fromisoformat(day), text=text, campaign=campaign, by=owner)

    return write


def caption(html):
    return text_of(re.search(r"<figcaption>(.*?)</figcaption>", html, re.DOTALL)[1])


def test_a_note_is_written_listed_changed_deleted_and_brought_back(api, now, workspace):
    assert "No notes yet" in api.get(NOTES).text
    posted = api.post(NOTES, {"day": "2026-03-12", "text": "Sale began", "campaign": ""}, follow=True)
    assert "Thu 12 Mar 2026 Sale began" in text_of(posted.text)
    note = Note.objects.get()
    address = f"{NOTES}{note.pk}/"
    api.post(address, {"day": "2026-03-13", "text": "Sale ended", "campaign": ""})
    assert (str(Note.objects.get().day), Note.objects.get().text) == ("2026-03-13", "Sale ended")
    gone = api.post(f"{address}delete/", follow=True)
    assert not Note.objects.exists()
    [token] = re.findall(r'name="what" value="([^"]*)"', gone.text)
    api.post("/undo/", {"what": token, "next": NOTES})
    assert (Note.objects.get().pk, str(Note.objects.get().day)) == (note.pk, "2026-03-13")


def test_what_is_wrong_with_a_note_is_told_beside_it(api, now, workspace):
    refused = api.post(NOTES, {"day": "1969-01-01", "text": ""})
    assert refused.status_code == 400
    assert "The first day that can be named is 1970-01-01." in text_of(refused.text)


def test_viewers_read_notes_and_write_none(viewer_client, noted, workspace):
    noted("2026-03-12", "Sale began")
    assert "Sale began" in viewer_client.get(NOTES).text
    assert "Write a note" not in viewer_client.get(NOTES).text
    assert viewer_client.post(NOTES, {"day": "2026-03-12", "text": "Mine"}).status_code == 403
    assert Note.objects.count() == 1


def test_notes_are_listed_by_days_and_as_a_file(api, noted):
    noted("2026-03-12", "Sale began")
    noted("2026-03-14", "Sale ended")
    assert "Sale began" not in api.get(NOTES, {"from": "2026-03-13"}).text
    file = api.get(NOTES, {"format": "csv", "to": "2026-03-13"}).getvalue().decode()
    assert file.splitlines() == ["\ufeffDay,Note,Campaign,Written by", "2026-03-12,Sale began,,owner@example.com"]


def test_charts_of_days_show_what_happened_on_them(page, noted, workspace, owner):
    noted("2026-03-12", "Sale began")
    for name in ("overview", "timeseries", "revenue"):
        assert "Sale began" in page(name, compare="off"), name
    assert "Marked: Sale began (12 Mar)" in caption(page("overview", compare="off"))
    noted("2026-03-12", "Press day")
    assert "2 notes (12 Mar)" in caption(page("overview", compare="off"))
    assert "Sale began" in page("overview", compare="off")  # in the data of the chart
    assert "Marked" not in caption(page("overview", compare="off", **{"from": "2026-03-13", "to": "2026-03-20"}))
    assert "2 notes (Mar 2026)" in caption(page("overview", compare="off", interval="month"))


@pytest.mark.parametrize(
    ("report", "asked", "label", "drawn"),
    [
        ("health", {"interval": "day"}, "12 Mar", "12 Mar"),
        ("lifecycle", {"interval": "week"}, "9 – 15 Mar", "9 Mar"),
        ("stickiness", {}, "12 Mar", "12 Mar"),
        ("funnel", {"steps": "visit,purchase", "window": "7d", "interval": "day"}, "12 Mar", "12 Mar"),
    ],
)
def test_charts_of_people_and_of_the_list_show_it_too(page, noted, report, asked, label, drawn):
    noted("2026-03-12", "Sale began")
    html = page(report, compare="off", **{"from": "2026-03-01", "to": "2026-03-31"}, **asked)
    [row] = [row for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL) if "Sale began" in row]
    assert label in text_of(row)
    assert f"Marked: Sale began ({drawn})" in text_of(html)
    assert "Sale began" not in page(report, compare="off", **{"from": "2026-03-13", "to": "2026-03-31"}, **asked)


def test_an_hour_chart_has_a_days_note_at_its_first_hour(page, noted):
    noted("2026-03-21", "Sale began")
    html = page("timeseries", interval="hour", compare="off", **{"from": "2026-03-20", "to": "2026-03-21"})
    drawn = [json.loads(data) for data in re.findall(r'<script type="application/json">(.*?)</script>', html)]
    marks = [(mark["place"], mark["name"]) for data in drawn for mark in data["marks"]]
    assert marks == [(24, "Sale began")] * 4
    assert drawn[0]["happened"] == ["Sale began"]


def test_a_campaigns_note_stands_on_its_charts_and_on_those_of_all(page, noted, bulk, workspace):
    bulk("campaigns", [{"externalId": "other", "name": "Other", "channel": "EMAIL", "status": "ACTIVE"}])
    spring, other = (Campaign.objects.get(external_id=name) for name in ("spring", "other"))
    noted("2026-03-12", "Wrong link", spring)
    assert "Wrong link" in page("overview", compare="off")
    assert "Wrong link" in page("timeseries", compare="off", campaign=spring.api_id)
    assert "Wrong link" not in page("timeseries", compare="off", campaign=other.api_id)
    assert "Wrong link" in page("campaign", campaign=spring.api_id, range="30d")


def test_settings_that_move_numbers_are_marked_and_others_not(page, noted, workspace, owner):
    change_settings(workspace=workspace, by=owner, name="Acme & Co")
    assert "changed" not in caption(page("overview", compare="off"))
    for types in (["signup"], ["order"]):
        change_settings(workspace=workspace, by=owner, conversion_types=types)
    assert "Marked: Conversions changed (31 Mar)" in caption(page("overview", compare="off"))


def test_notes_of_another_workspace_are_not_there(api, page, noted, workspace, owner):
    other = create_workspace(name="Other", by=owner)
    theirs = write_note(workspace=other, day=date(2026, 3, 12), text="Theirs", by=owner)
    assert "Theirs" not in api.get(NOTES).text
    assert "Theirs" not in page("overview", compare="off")
    assert api.get(f"{NOTES}{theirs.pk}/").status_code == 404
    assert api.post(f"{NOTES}{theirs.pk}/delete/").status_code == 404
    assert Note.objects.filter(workspace=other).exists()
