"""Lists of the people of a test: as a page and over the API."""

import pytest

from analytics.models import ABTest, Variant
from tests.analytics.reports.items import contact, message
from tests.copied_rows import copied

DAYS = {"occurredFrom": "2026-03-20", "occurredBefore": "2026-03-22"}


@pytest.fixture
@copied
def subject(bulk, now, workspace):
    """Of four who got A and B in turns two clicked; the last one's window is not over, and the first got B, too."""
    bulk("contacts", [contact(f"u{place}", "03-01 09:00") for place in range(4)])
    tests = [{"externalId": "s", "name": "S", "variants": [{"name": "A"}, {"name": "B"}]}]
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome", "abTests": tests}])
    days = ("03-10", "03-11", "03-12", "03-29")
    sent = [
        message(
            f"m{place}", f"{day} 08:00", contact=f"u{place}", abTest="s", variant="AB"[place % 2], sent=f"{day} 09:00"
        )
        for place, day in enumerate(days)
    ]
    clicked = {"clickedAt": "2026-03-13T09:00:00Z"}
    again = message("m9", "03-12 08:00", contact="u0", abTest="s", variant="B", sent="03-12 09:00")
    bulk("messages", [sent[0] | clicked, sent[1] | clicked, *sent[2:], again])
    return ABTest.objects.get(workspace=workspace)


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ({}, {"u0", "u1", "u2", "u3"}),
        ({"members": "mature"}, {"u0", "u1", "u2"}),
        ({"members": "young"}, {"u3"}),
        ({"members": "several"}, {"u0"}),
        ({"members": "withheld"}, set()),
        ({"members": "reached"}, {"u0", "u1"}),
        ({"members": "reached", "goal": "conversion"}, set()),
        ({"members": "reached", "goalDays": "1"}, set()),
        ({"firstPeople": "2"}, {"u0", "u1"}),
        ({"where": "contact.known:false"}, set()),
    ],
)
def test_people_of_a_test_are_found_by_what_its_report_says_of_them(api, workspace, subject, query, people):
    asked = {"test": subject.api_id, **query}
    html = api.get(f"/w/{workspace.slug}/people/", asked).content.decode()
    assert f'data-total="{len(people)}"' in html
    found = api.get(f"/api/workspaces/{workspace.api_id}/people", asked).json()["results"]
    assert {person["contact"] for person in found} == people


@pytest.mark.long
def test_those_of_a_variant(api, workspace, subject):
    for name, number in (("A", 2), ("B", 2)):
        query = {"test": subject.api_id, "arm": Variant.objects.get(test=subject, name=name).pk}
        assert len(api.get(f"/api/workspaces/{workspace.api_id}/people", query).json()["results"]) == number
        assert f'data-total="{number}"' in api.get(f"/w/{workspace.slug}/people/", query).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"test": "ab_999999"},
        {"test": "seven"},
        {"members": "mature"},
        {"goal": "click"},
        {"test": "", "members": "all"},
        {"test": "", "members": "mature,young"},
        {"test": "", "goal": "luck"},
        {"test": "", "goalDays": "400"},
        {"test": "", "did": "order", **DAYS},
        {"test": "", "cohort": "signup", **DAYS},
    ],
)
def test_what_is_not_understood_is_refused(api, workspace, subject, query):
    asked = {**query, **({"test": subject.api_id} if query.get("test") == "" else {})}
    answer = api.get(f"/api/workspaces/{workspace.api_id}/people", asked)
    assert answer.status_code == 400
    assert answer.json()["parameter"] in query


def test_a_page_tells_what_it_leaves_out(api, workspace, subject):
    query = {"test": subject.api_id, "members": "all", "goal": "luck", "goalDays": "400"}
    html = api.get(f"/w/{workspace.slug}/people/", query).content.decode()
    for name in ("members", "goal", "goalDays"):
        assert f"{name} cannot be" in html
    assert 'data-total="4"' in html
