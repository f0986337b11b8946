"""Segments over the API: kept, shown, changed, deleted, and asked for by lists and reports."""

import json

import pytest
from django.test import Client

from analytics.models import SavedSegment
from analytics.questions.fields import field_of
from analytics.questions.filters import AllOf, Is
from analytics.segments import save_segment
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.changes import create_key, create_workspace
from workspaces.models import AuditEvent, KeyKind
from workspaces.roles import Right

PRO = {"name": "Pros", "filter": {"field": "contact.plan", "is": ["pro"]}}
BUYERS = {"name": "Buyers", "filter": {"did": "purchase", "within": "30d"}}


@pytest.fixture(autouse=True)
@copied
def people(workspace, bulk, now):
    """Four contacts, two of them pro, of whom one bought, as did somebody unknown."""
    plans = {"u1": "pro", "u2": "PRO", "u3": "free", "u4": None}
    bulk("contacts", [{"externalId": user, "attributes": {"plan": plan}} for user, plan in plans.items()])
    bulk(
        "events",
        [
            {"type": "purchase", "occurredAt": "2026-03-20T10:00:00Z", "contact": "u1"},
            {"type": "purchase", "occurredAt": "2026-03-20T10:00:00Z", "anonymousId": "d1"},
            {"type": "visit", "occurredAt": "2026-03-21T10:00:00Z", "contact": "u3"},
        ],
    )


@pytest.fixture
def base(workspace):
    return f"/api/workspaces/{workspace.api_id}"


@pytest.fixture
def url(base):
    return f"{base}/segments"


@pytest.fixture
def make(api, url):
    def save(body):
        answer = post_json(api, url, body)
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]

    return save


def change(api, path, body, **headers):
    return api.patch(path, json.dumps(body), content_type="application/json", headers=headers)


def refusal(answer, field):
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.content
    [problem] = answer.json()["fields"][field]
    return problem


def test_a_segment_is_saved_shown_and_deleted(api, url, viewer_client):
    made = post_json(api, url, PRO)
    assert made.status_code == 201
    expected = {
        **PRO,
        "id": made.json()["id"],
        "where": ["contact.plan:pro"],
        "sentence": "Plan is pro",
        "createdAt": "2026-03-31T12:00:00Z",
        "createdBy": "owner@example.com",
        "size": 2,
    }
    assert made.json() == expected
    listed = {**expected, "size": None}
    assert viewer_client.get(url).json() == {"results": [listed], "next": None}
    assert viewer_client.get(url, {"size": "true"}).json()["results"] == [expected]
    assert viewer_client.get(url, {"q": "nothing"}).json()["results"] == []
    path = f"{url}/{expected['id']}"
    assert viewer_client.get(path).json() == expected
    assert api.delete(path, headers={"If-Match": '"other"'}).status_code == 412
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_it_is_said_by_text_or_json_or_both(api, url):
    by_text = post_json(api, url, {"name": "T", "where": ["contact.plan:pro", "contact.known:true"]}).json()
    by_json = post_json(api, url, {"name": "J", "filter": {"all": by_text["where"]}}).json()
    both = post_json(api, url, {"name": "B", "where": by_text["where"][:1], "filter": by_text["where"][1]})
    assert by_text["filter"] == by_json["filter"]
    assert by_text["where"] == by_json["where"] == ["contact.plan:pro", "contact.known:true"]
    assert refusal(both, "filter").startswith("filter cannot be")
    both = post_json(api, url, {"name": "B", "where": by_text["where"][:1], "filter": {"all": by_text["where"][1:]}})
    assert both.json()["filter"] == by_text["filter"]
    behaviour = post_json(api, url, BUYERS).json()
    assert (behaviour["where"], behaviour["filter"], behaviour["size"]) == (None, BUYERS["filter"], 2)


def test_people_come_and_go_by_themselves(api, url, make, bulk):
    path = f"{url}/{make(BUYERS)}"
    before = api.get(path)
    assert before.json()["size"] == 2
    assert api.get(path, headers={"If-None-Match": before["ETag"]}).status_code == 304
    bulk("events", [{"type": "purchase", "occurredAt": "2026-03-30T10:00:00Z", "contact": "u4"}])
    after = api.get(path, headers={"If-None-Match": before["ETag"]})
    assert (after.status_code, after.json()["size"]) == (200, 3)
    renamed = change(api, path, {"name": "Customers"}, **{"If-Match": before["ETag"]})
    assert (renamed.status_code, renamed.json()["size"]) == (200, 3), "the segment is what it was, its people came"
    assert change(api, path, {"name": "Others"}, **{"If-Match": after["ETag"]}).status_code == 412
    assert change(api, path, {"name": "Others"}, **{"If-Match": renamed["ETag"]}).status_code == 200


def test_a_name_is_taken_once(api, url, workspace):
    key = create_key(workspace=workspace, kind=KeyKind.SECRET, name="k", by=None, scopes=[Right.CURATE])[1]
    made = post_json(Client(), url, PRO, Authorization=f"Bearer {key}")
    assert (made.status_code, made.json()["createdBy"]) == (201, None)
    again = post_json(api, url, PRO)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert again.json()["message"] == "Another segment has this name."


def test_the_same_request_saves_one_segment(api, url):
    first, again = (post_json(api, url, PRO, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (again.status_code, again.json(), again["ETag"]) == (201, first.json(), first["ETag"])
    assert post_json(api, url, PRO, **{"Idempotency-Key": "k2"}).status_code == 409


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "", "blank"),
        ("name", "x" * 201, "200 characters"),
        ("filter", {}, "at least one condition"),
        ("filter", None, "null"),
        ("filter", {"all": []}, "not empty"),
        ("filter", {"field": "event", "is": ["visit"]}, "conditions on people"),
        ("filter", {"not": "channel:email"}, "conditions on people"),
        ("filter", {"any": ["channel:email", "contact.plan:pro"]}, "not within one any or not"),
        ("filter", {"field": "contact.nothing", "is": ["x"]}, "an attribute that a contact has"),
        ("filter", {"did": "stroll"}, "the type of an event that has come in"),
        ("filter", {"segment": "seg_999999"}, "a segment of this workspace"),
        ("filter", {"not": {"segment": "x"}}, "an identifier such as seg_12"),
        ("filter", {"message": {"campaign": "cmp_999999"}}, "campaigns of this workspace"),
        ("filter", {"not": {"not": {"not": {"not": {"not": "contact.plan:pro"}}}}}, "at most 4 deep"),
        ("filter", {"any": ["contact.plan:pro"] * 21}, "at most 20 conditions"),
        ("where", ["utm.source:x"], "conditions on people"),
        ("where", ["contact.nothing:x"], "an attribute that a contact has"),
        ("where", "contact.plan:pro", "list"),
        ("where", ["x"] * 21, "20"),
    ],
)
def test_a_bad_segment_names_the_field_and_says_what_is_allowed(api, url, field, value, problem):
    body = {"name": "S", "filter": {"did": "purchase"}}
    if field == "where":
        del body["filter"]
    assert problem in refusal(post_json(api, url, {**body, field: value}), field)


def test_a_segment_needs_conditions(api, url):
    assert "at least one condition" in refusal(post_json(api, url, {"name": "S"}), "filter")
    assert "at least one condition" in refusal(post_json(api, url, {"name": "S", "where": []}), "filter")


def test_who_may_save_and_delete(api, url, viewer_client, stranger_client, secret_key):
    path = f"{url}/{post_json(api, url, PRO).json()['id']}"
    key = {"Authorization": f"Bearer {secret_key}"}
    for client, headers, status in ((viewer_client, {}, 403), (stranger_client, {}, 404), (Client(), key, 403)):
        assert post_json(client, url, PRO, **headers).status_code == status
        assert change(client, path, {"name": "X"}, **headers).status_code == status
        assert client.delete(path, headers=headers).status_code == status
    assert Client().delete(path).status_code == 401


@pytest.mark.long
def test_a_segment_is_changed_field_by_field(api, url, make):
    path = f"{url}/{make(PRO)}"
    made = api.get(path).json()
    for asked, filter_ in (
        ({"name": "Other"}, PRO["filter"]),
        ({"filter": BUYERS["filter"]}, BUYERS["filter"]),
        ({"where": ["contact.plan:free"]}, {"field": "contact.plan", "is": ["free"]}),
        ({}, {"field": "contact.plan", "is": ["free"]}),
    ):
        answer = change(api, path, asked)
        assert (answer.status_code, answer.json()["filter"]) == (200, filter_)
        assert api.get(path).json() == answer.json()
        assert answer.json()["createdAt"] == made["createdAt"]
    for asked in ({"name": ""}, {"filter": {}}, {"filter": "event:visit"}, {"where": ["channel:email"]}):
        refusal(change(api, path, asked), *asked)


def test_a_change_to_a_name_that_is_taken_changes_nothing(api, url, make):
    make({**PRO, "name": "Taken"})
    path = f"{url}/{make(BUYERS)}"
    before = api.get(path).json()
    refused = change(api, path, {"name": "Taken", "filter": PRO["filter"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert api.get(path).json() == before


@pytest.mark.long
def test_segments_are_made_of_segments_but_never_of_themselves(api, url, make):
    pros, buyers = make(PRO), make(BUYERS)
    both = make({"name": "Both", "filter": {"all": [{"segment": pros}, {"not": {"segment": buyers}}]}})
    shown = api.get(f"{url}/{both}").json()
    assert (shown["size"], shown["where"]) == (1, None)
    assert shown["sentence"] == "In segment Pros and not in segment Buyers"
    whole = make({"name": "Whole", "filter": {"segment": both}})
    for segment in (pros, both, whole):
        refused = change(api, f"{url}/{segment}", {"filter": {"any": ["contact.plan:pro", {"segment": whole}]}})
        assert "is made of itself" in refusal(refused, "filter")
    assert api.get(f"{url}/{both}").json() == shown


@pytest.mark.long
def test_bounds_hold_for_what_segments_are_made_of(api, url, make):
    def some(number):
        return {"any": [f"contact.plan:p{place}" for place in range(number)]}

    ten, few = make({"name": "Ten", "filter": some(10)}), make({"name": "Few", "filter": some(1)})
    twice = make({"name": "Twice", "filter": {"any": [{"segment": ten}, *some(10)["any"]]}})
    more = {"name": "More", "filter": {"all": [{"segment": twice}, {"segment": few}]}}
    assert "at most 20 conditions" in refusal(post_json(api, url, more), "filter")
    assert "Twice would be too long" in refusal(change(api, f"{url}/{ten}", {"filter": some(11)}), "filter")
    deep = make({"name": "Deep", "filter": {"not": {"not": {"not": {"not": "contact.plan:x"}}}}})
    assert "4 deep" in refusal(post_json(api, url, {"name": "D", "filter": {"not": {"segment": deep}}}), "filter")
    make({"name": "As deep", "filter": {"segment": deep}})


def test_one_that_others_are_made_of_stays(api, url, make):
    pros = make(PRO)
    others = [make({"name": name, "filter": {"not": {"segment": pros}}}) for name in ("Zoe", "Ann")]
    refused = api.delete(f"{url}/{pros}")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert refused.json()["message"] == "Pros is part of Ann, Zoe: change or delete that first."
    for segment in (*others, pros):
        assert api.delete(f"{url}/{segment}").status_code == 204


def test_what_is_done_to_segments_is_recorded(api, url, workspace):
    key, token = create_key(workspace=workspace, kind=KeyKind.SECRET, name="k", by=None, scopes=[Right.CURATE])
    named = {"name": "Ada", "filter": {"field": "contact.plan", "is": ["pro", "x-ada"]}}
    made = post_json(Client(), url, named, Authorization=f"Bearer {token}").json()
    path = f"{url}/{made['id']}"
    for asked in ({"name": "Bo"}, {"name": "Bo"}, {"where": ["contact.plan:ada@example.com"]}):
        assert change(api, path, asked).status_code == 200
    api.delete(path)
    lines = AuditEvent.objects.filter(workspace=workspace, target=made["id"]).order_by("pk")
    masked = {"field": "contact.plan", "is": ["a…@example.com"]}
    assert list(lines.values_list("action", "actor_name", "before", "after")) == [
        ("segment_saved", key.prefix, {}, named),
        ("segment_changed", "owner@example.com", {"name": "Ada"}, {"name": "Bo"}),
        ("segment_changed", "owner@example.com", {"filter": named["filter"]}, {"filter": masked}),
        ("segment_deleted", "owner@example.com", {"name": "Bo", "filter": masked}, {}),
    ]


def test_addresses_in_conditions_are_masked_for_who_sees_none(api, url, make, viewer_client):
    segment = make({"name": "Ada", "filter": {"field": "contact.plan", "is": ["ada@example.com"]}})
    for path in (url, f"{url}/{segment}", f"{url}.csv"):
        shown = viewer_client.get(path).getvalue().decode()
        assert "ada@" not in shown
        assert "a…@example.com" in shown


@pytest.mark.parametrize("resource", ["contacts", "people", "events", "messages", "message-events", "enrollments"])
def test_every_list_takes_segments(api, base, make, resource):
    pros = make(PRO)
    for query in ({"segment": pros}, {"filter": json.dumps({"segment": pros})}):
        assert api.get(f"{base}/{resource}", query).status_code == 200
    gone = {"segment": "seg_999999"}
    for query in (gone, {"filter": json.dumps({"not": gone})}):
        refused = api.get(f"{base}/{resource}", query)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_parameter")
        assert "a segment of this workspace" in refused.json()["message"]


@pytest.mark.long
def test_a_segments_size_is_the_length_of_its_list(api, base, url, make):
    def listed(**query):
        return {row["id"] for row in api.get(f"{base}/people", query).json()["results"]}

    pros, buyers = make(PRO), make(BUYERS)
    everybody = listed()
    for segment in (pros, buyers):
        inside, outside = listed(segment=segment), listed(filter=json.dumps({"not": {"segment": segment}}))
        assert len(inside) == api.get(f"{url}/{segment}").json()["size"]
        assert (inside | outside, inside & outside) == (everybody, set())
    assert listed(segment=[pros, buyers]) == listed(segment=pros) & listed(segment=buyers)


@pytest.mark.long
def test_reports_count_the_people_of_a_segment(api, base, make):
    pros, buyers = make(PRO), make(BUYERS)
    not_pros = json.dumps({"not": {"segment": pros}})
    for query, events in (({}, 3), ({"segment": pros}, 1), ({"segment": buyers}, 2), ({"filter": not_pros}, 2)):
        answer = api.get(f"{base}/analytics", {"range": "30d", **query}).json()
        assert answer["events"]["total"] == events
    asked = api.get(f"{base}/analytics", {"range": "30d", "segment": pros}).json()["meta"]["question"]
    assert asked["segment"] in (pros, [pros])
    assert api.get(f"{base}/analytics", {"segment": "seg_999999"}).status_code == 400


def test_within_days_ends_where_the_range_ends(api, base, make):
    last_days = make({"name": "Lately", "filter": {"did": "purchase", "within": "5d"}})
    for last, events in (("2026-03-24", 2), ("2026-03-25", 0)):
        query = {"from": "2026-03-01", "to": last, "segment": last_days, "where": "event:purchase"}
        assert api.get(f"{base}/analytics", query).json()["events"]["total"] == events


def test_another_workspaces_segment_is_none(api, base, url, owner, make):
    other = create_workspace(name="Other", time_zone="UTC", by=owner)
    theirs = save_segment(workspace=other, name="Theirs", condition=known(), by=owner).api_id
    assert api.get(f"{url}/{theirs}").status_code == 404
    assert change(api, f"{url}/{theirs}", {"name": "x"}).status_code == 404
    assert api.delete(f"{url}/{theirs}").status_code == 404
    assert api.get(f"{base}/contacts", {"segment": theirs}).status_code == 400
    assert api.get(f"{base}/analytics/timeseries", {"segment": theirs}).status_code == 400
    assert "a segment of this workspace" in refusal(
        post_json(api, url, {"name": "S", "filter": {"segment": theirs}}), "filter"
    )
    assert SavedSegment.objects.filter(workspace=other).count() == 1


def known():
    return AllOf((Is(field_of("contact.known"), ("true",)),))
