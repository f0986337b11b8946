"""Events that meet conditions: found by the ledger, a page at a time, in either order."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.lists import EventList, ListConditions
from analytics.models import DayPack, Event
from analytics.questions.fields import field_of
from analytics.questions.filters import AllOf, Is
from campaignos.pages import all_pages

PLAN = ListConditions(AllOf((Is(field_of("property.plan"), ("pro",)),)))
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


def send(bulk, number, *, at=lambda n: NOON + timedelta(minutes=n), plan=lambda n: "pro"):
    bulk(
        "events",
        [
            {
                "messageId": f"e{n}",
                "type": "visit" if n % 2 else "purchase",
                "occurredAt": at(n).isoformat(),
                "anonymousId": f"d{n % 3}",
                "properties": {"plan": plan(n)},
            }
            for n in range(number)
        ],
    )


def sent(rows):
    return [row.message_id for row in rows]


def test_a_rare_value_is_found_however_far_back_by_few_queries(bulk, workspace, now, django_assert_max_num_queries):
    send(bulk, 400, plan=lambda n: "pro" if n == 3 else f"other{n}")
    with django_assert_max_num_queries(6):
        found = EventList(conditions=PLAN).find(workspace, now=now)
        page = found.page()
        assert found.total == 1
    assert sent(page.rows) == ["e3"]


@pytest.mark.parametrize("has_columns", [True, False])
def test_events_of_one_instant_and_person_are_told_apart(bulk, workspace, now, has_columns):
    send(bulk, 60, at=lambda n: NOON, plan=lambda n: "pro" if n % 4 else "free")
    if not has_columns:
        DayPack.objects.filter(workspace_id=workspace.pk).update(columns=None)
    found = EventList(conditions=PLAN).find(workspace, now=now)
    listed = [row for rows in all_pages(lambda after: found.page(after, 7)) for row in rows]
    meant = Event.objects.filter(workspace_id=workspace.pk, properties__plan="pro").order_by("-pk")
    assert sent(listed) == sent(meant)
    assert found.total == 45


@pytest.mark.long
def test_the_api_has_them_in_either_order(api, workspace, bulk, now):
    send(bulk, 30, plan=lambda n: "Pro" if n % 3 else "free")
    address = f"/api/workspaces/{workspace.api_id}/events"
    meant = [f"e{n}" for n in range(30) if n % 3]
    for ordering, expected in (("occurredAt", meant), ("-occurredAt", meant[::-1])):
        query = {"where": "property.plan:pro", "ordering": ordering, "pageSize": 7}
        following, listed = f"{address}?x", []
        answer = api.get(address, query).json()
        while True:
            listed += [row["messageId"] for row in answer["results"]]
            if not (following := answer["next"]):
                break
            answer = api.get(following).json()
        assert listed == expected


@pytest.mark.long
def test_the_api_narrows_them_by_its_other_filters(api, workspace, bulk, now):
    send(bulk, 30)
    address = f"/api/workspaces/{workspace.api_id}/events"
    narrower = [
        {"type": "visit"},
        {"occurredFrom": "2026-03-20T12:10:00Z", "occurredBefore": "2026-03-20T12:20:00Z"},
        {"conversions": "any"},
        {"messageId": "e7"},
        {"attributed": "false"},
        {"utmSource": "google"},
    ]
    found = [len(api.get(address, {"where": "property.plan:pro", **query}).json()["results"]) for query in narrower]
    assert found == [15, 10, 15, 1, 30, 0]


def test_what_is_erased_between_total_and_page_is_left_out(bulk, workspace, now):
    send(bulk, 3)
    found = EventList(conditions=PLAN).find(workspace, now=now)
    assert found.total == 3
    Event.objects.filter(workspace_id=workspace.pk, message_id="e1").delete()
    assert sent(found.page().rows) == ["e2", "e0"]
