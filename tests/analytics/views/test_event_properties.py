"""The page of event properties: types, their properties, and what people say of these."""

import re

import pytest

from analytics.models import ColumnChoice, EventProperty
from analytics.models.properties import property_id
from tests.analytics.views.texts import text_of
from tests.copied_rows import copied
from workspaces.models import AuditEvent, Membership

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
CONTACTABLE = {"plan": "free", "email": "ada@example.com", "phone": "+49 170 5550199"}


@pytest.fixture
@copied
def data(track, now):
    events = [("purchase", {"plan": "pro", "amount": 9.5}), ("purchase", CONTACTABLE), ("visit", {})]
    track(
        *(
            {"type": "track", "event": name, "anonymousId": "d", "messageId": f"m{number}", "properties": properties}
            for number, (name, properties) in enumerate(events)
        )
    )


def address_of(workspace, name="", event_type="purchase"):
    page = f"/w/{workspace.slug}/settings/properties/"
    return f"{page}{property_id(workspace.pk, event_type, name)}/" if name else page


@pytest.fixture
def get(api, workspace):
    def page(name="", client=api, expected=200, **query):
        response = client.get(address_of(workspace, name), query)
        assert response.status_code == expected
        return response.content.decode()

    return page


def test_events_lead_to_their_properties(get, workspace, data):
    page = get()
    assert "purchase 2 31 Mar 2026 visit 1 31 Mar 2026" in text_of(page)
    assert "2 – 31 Mar 2026" in text_of(page)
    assert f'href="{address_of(workspace)}?days=30&amp;event=purchase"' in page
    shown = text_of(get(event="purchase"))
    assert "2 events, 2 – 31 Mar 2026" in shown
    assert "plan 100.0% 2 free, pro Text 31 Mar 2026 Yes" in shown
    assert "amount 50.0% 1 9.5 Number 31 Mar 2026 Yes" in shown
    assert "These events have no properties." in text_of(get(event="visit"))


def test_without_events_it_says_so(get):
    assert "No events in this period." in text_of(get())
    notice = "event cannot be 'never'; allowed: an event that came in on these days. It is left out."
    assert notice in text_of(get(event="never"))


@pytest.mark.long
def test_they_are_searched_and_paged(get, track, now):
    names = {f"p{number:04}": 1 for number in range(400)}
    for part in range(5):
        track(
            {
                "type": "track",
                "event": "wide",
                "anonymousId": "d",
                "messageId": f"w{part}",
                "properties": {f"{part}{name}": 1 for name in names},
            }
        )
    page = get(event="wide")
    assert "1 to 50 of 2000" in text_of(page)
    assert len(page.encode()) < 150_000
    assert "0p0050" in text_of(get(event="wide", page="2"))
    shown = text_of(get(event="wide", q="P0399"))
    assert re.findall(r"\dp0399", shown) == [f"{part}p0399" for part in range(5)]
    assert "No property matches." in text_of(get(event="wide", q="nothing"))
    assert "wide 5" in text_of(get(q="WID"))
    assert "No event matches." in text_of(get(q="nothing"))


def test_a_property_is_described_and_switched(get, api, workspace, data):
    page = get("plan")
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1].replace("&quot;", '"')
    address = address_of(workspace, "plan")
    form = {"description": "What they <b>pay</b> for", "column": "off", "seen": seen}
    assert api.post(address, form).status_code == 302
    shown = get(event="purchase")
    assert "plan is saved" not in shown
    assert "What they &lt;b&gt;pay&lt;/b&gt; for" in shown
    assert "Never Removing: 0 of 1 day" in text_of(shown)
    stated = EventProperty.objects.get()
    assert (stated.event_type, stated.name, stated.column) == ("purchase", "plan", ColumnChoice.OFF)
    assert AuditEvent.objects.filter(action="property_changed").count() == 1
    late = api.post(address, {"description": "Other", "column": "auto", "seen": seen})
    assert late.status_code == 400
    assert "Somebody saved these settings after you opened this page." in late.content.decode()


@pytest.mark.parametrize("form", [{"description": "x" * 501, "column": "auto"}, {"description": "", "column": "maybe"}])
def test_what_cannot_be_kept_is_told(api, workspace, data, form):
    address = address_of(workspace, "plan")
    assert api.post(address, form).status_code == 400
    assert not EventProperty.objects.exists()


def test_there_are_not_more_than_a_workspace_may_have(api, workspace, data, monkeypatch):
    monkeypatch.setattr("analytics.properties.MOST_SWITCHED", 0)
    address = address_of(workspace, "plan")
    answer = api.post(address, {"description": "", "column": "on"})
    assert answer.status_code == 400
    assert "Not saved. Allowed: at most 0 properties with a switch." in text_of(answer.content.decode())


def test_what_no_event_has_cannot_be_described(get, api, workspace, data):
    get("never", expected=404)
    for identifier in ("prop_1", "plan", property_id(workspace.pk, "visit", "plan")):
        assert api.get(f"{address_of(workspace)}{identifier}/").status_code == 404


def test_nobody_describes_those_of_another_workspace(stranger_client, stranger, workspace, data):
    own = Membership.objects.get(user=stranger).workspace
    for address in (address_of(workspace, "plan"), address_of(workspace, "plan").replace(workspace.slug, own.slug)):
        assert stranger_client.get(address).status_code == 404
    assert "purchase" not in stranger_client.get(f"/w/{own.slug}/settings/properties/").content.decode()


def test_viewers_see_no_addresses_and_no_way_to_change(get, viewer_client, data):
    page = get(client=viewer_client, event="purchase")
    assert "a…@example.com" in page
    assert "…99" in page
    assert "ada@" not in page
    assert "5550199" not in page
    assert "Change" not in text_of(page)
    assert "Change" in text_of(get(event="purchase"))
    get("plan", client=viewer_client, expected=403)


def test_the_number_of_queries_does_not_grow(get, data, track, django_assert_max_num_queries):
    with django_assert_max_num_queries(13):
        get()
    with django_assert_max_num_queries(16):
        get(event="purchase")
