"""Saved questions on pages: kept beside the filters of a report, listed, opened, renamed and deleted."""

import re
from html import unescape

import pytest

from analytics.funnels import save_funnel
from analytics.models import SavedQuestion
from tests.analytics.views.texts import text_of

pytestmark = pytest.mark.either_database("what a form keeps is the API's, whose own tests ask of both")


@pytest.fixture(autouse=True)
def data(some_data):
    """A little of everything."""


@pytest.fixture
def keep(api, workspace):
    """Saves what a page shows, by the form beside its filters."""

    def save(path, name="Mine"):
        address = f"/w/{workspace.slug}/reports/{path}"
        form = re.search(
            r'<form method="post" action="([^"]*/saved/save/)".*?</form>', api.get(address).text, re.DOTALL
        )
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0]))
        given = {name: unescape(value) for name, value in fields.items() if name != "csrfmiddlewaretoken"}
        answer = api.post(form[1], {**given, "name": name}, follow=True)
        assert answer.redirect_chain[0][0] == address
        return answer, SavedQuestion.objects.filter(name=name).first()

    return save


def test_a_page_is_kept_as_it_is_shown(api, workspace, keep):
    api.get(f"/w/{workspace.slug}/reports/overview/?compare=year")  # what was compared last is compared on
    answer, kept = keep("overview/?range=7d&where=event:page_view&opens=all&page=2&sort=-sent")
    assert "Mine is saved: it stands among the saved questions." in text_of(answer.text)
    expected = {"range": "7d", "compare": "year", "opens": "all", "where": ["event:page_view"]}
    assert (kept.report, kept.parameters) == ("overview", expected)


def test_what_a_page_shows_by_itself_is_kept(workspace, keep, owner):
    assert keep("attribution/", "A")[1].parameters["view"] in ("credit", "sources")
    assert keep("retention/", "R")[1].parameters == {"range": "12w", "compare": "off"}
    assert keep("ltv/", "L")[1].parameters == {"range": "12mo"}
    assert keep("health/", "H")[1].parameters == {"range": "30d", "compare": "off"}
    assert keep("health/?compare=previous", "C")[1].parameters == {"range": "30d", "compare": "previous"}
    assert keep("rfm/?compare=previous", "M")[1].parameters == {"range": "12mo"}
    funnel = save_funnel(workspace=workspace, name="F", steps=["page_view"], range="7d", by=owner)
    kept = keep(f"funnel/{funnel.pk}/", "F")[1].parameters
    assert (kept["funnel"], kept["range"]) == (funnel.api_id, "7d")
    assert keep("funnel/?steps=page_view&window=7d", "G")[1].parameters["steps"] == "page_view"


def test_what_cannot_be_kept_is_told(api, workspace, keep):
    keep("overview/")
    answer, _ = keep("overview/")
    assert "Another saved question has this name." in text_of(answer.text)
    form = {"name": "Q", "report": "overview", "query": "segment=seg_99"}
    answer = api.post(f"/w/{workspace.slug}/saved/save/", form, follow=True)
    assert "The question was not saved. segment cannot be 'seg_99'" in text_of(answer.text)
    answer = api.post(f"/w/{workspace.slug}/saved/save/", {**form, "report": "weather"}, follow=True)
    assert "report cannot be 'weather'" in text_of(answer.text)


def test_they_are_listed_opened_renamed_deleted_and_brought_back(api, viewer_client, workspace, keep):
    _, kept = keep("timeseries/?metric=events&metric=sent&range=7d")
    page = f"/w/{workspace.slug}/saved/"
    listed = viewer_client.get(page).text
    assert "Mine Trends Last 7 days" in text_of(listed)
    assert "Change" not in text_of(listed)
    [address] = [unescape(one) for one in re.findall(r'href="([^"]*/reports/timeseries/\?[^"]*)"', listed)]
    assert {"metric=events", "metric=sent", "range=7d"} <= {*address.partition("?")[2].split("&")}
    assert api.get(address).status_code == 200
    one = f"{page}{kept.pk}/"
    assert api.post(one, {"name": "Ours", "seen": ""}).status_code == 302
    assert "No question" not in api.get(page, {"q": "our"}).text
    answer = api.post(f"{one}delete/", follow=True)
    assert "Ours is deleted." in text_of(answer.text)
    assert "No saved questions yet" in text_of(api.get(page).text)
    token = re.search(r'name="what" value="([^"]+)"', answer.text)[1]
    assert "Ours is there again." in text_of(api.post("/undo/", {"what": token}, follow=True).text)
    assert SavedQuestion.objects.get().pk == kept.pk


def test_who_only_reads_keeps_nothing(viewer_client, workspace):
    assert "/saved/save/" not in viewer_client.get(f"/w/{workspace.slug}/reports/overview/").text
