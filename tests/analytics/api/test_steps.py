"""Funnels over the API whose steps are events and acts of messages, each under conditions of its own."""

import json
from urllib.parse import urlencode

import pytest

from analytics.models import Campaign, SavedFunnel, Variant
from tests.conftest import post_json
from tests.copied_rows import copied

pytestmark = pytest.mark.usefixtures("now")
TEST = {"externalId": "t", "name": "T", "variants": [{"name": "A"}, {"name": "B"}]}


def at(time):
    return f"2026-03-30T{time}:00Z"


@pytest.fixture
@copied
def sale(workspace, bulk, track):
    """Spring goes to four, of whom three click (one of them a machine), two visit, and one buys for 120, one for 20."""
    people = ("ada", "bo", "cy", "dan")
    bulk("contacts", [{"externalId": name, "attributes": {"plan": "pro" if name < "c" else "free"}} for name in people])
    bulk(
        "campaigns",
        [{"externalId": "spring", "name": "Spring", "abTests": [TEST]}, {"externalId": "other", "name": "O"}],
    )
    sent = {"campaign": "spring", "channel": "EMAIL", "createdAt": at("08:00"), "deliveredAt": at("09:00")}
    bulk(
        "messages",
        [{"externalId": n, "contact": n, "abTest": "t", "variant": "A" if n == "ada" else "B", **sent} for n in people],
    )
    bulk("messages", [{**sent, "externalId": "o", "contact": "dan", "campaign": "other", "channel": "PUSH"}])
    clicks = [{"message": n, "type": "clicked", "at": at("10:00"), "url": "https://x.example/"} for n in people[:3]]
    bulk(
        "message-events",
        [{**click, **({"providerHint": "bot"} if click["message"] == "cy" else {})} for click in clicks],
    )
    calls = [("visit", "ada", "11:00", {}), ("visit", "bo", "11:00", {}), ("visit", "dan", "11:00", {})]
    calls += [("purchase", "ada", "12:00", {"amount": 120}), ("purchase", "bo", "12:00", {"amount": 20})]
    made = [
        {"type": "track", "event": event, "userId": who, "timestamp": at(when), "properties": properties}
        for event, who, when, properties in calls
    ]
    assert track(*made).json()["accepted"] == len(made)
    return Campaign.objects.get(workspace=workspace, external_id="spring")


@pytest.fixture
def funnel(api, workspace):
    def ask(*steps, **query):
        path = f"/api/workspaces/{workspace.api_id}/analytics/funnel"
        return api.get(path, {"step": steps, **query} if steps else query)

    return ask


def counts(answer):
    assert answer.status_code == 200, answer.content
    return [step["count"] for step in answer.json()["steps"]]


@pytest.mark.long
def test_a_campaign_is_followed_from_delivery_to_purchase(funnel, sale):
    of_sale = f"@{sale.api_id}"
    steps = (f"message:delivered{of_sale}", f"message:clicked{of_sale}", "visit", "purchase")
    answer = funnel(*steps)
    assert counts(answer) == [4, 3, 2, 2]
    assert [step["step"] for step in answer.json()["steps"]] == [*steps]
    assert counts(funnel(*steps[:3], "purchase where property.amount>=100")) == [4, 3, 2, 1]
    assert counts(funnel("message:delivered", "visit")) == [4, 3]
    assert counts(funnel("message:sent where channel:push", "visit")) == [1, 1]


@pytest.mark.long
def test_opens_and_clicks_are_all_unless_those_of_people_are_asked_for(funnel, sale, api):
    steps = ("message:clicked", "message:opened", "message:human_clicked")
    assert counts(funnel("message:clicked")) == counts(funnel("message:opened", opens="all")) == [3]
    assert counts(funnel("message:clicked", opens="human")) == counts(funnel("message:human_clicked")) == [2]
    answer = funnel(*steps, opens="human", rows="true").json()
    assert [step["step"] for step in answer["steps"]] == [*steps], "as it was asked"
    for step in answer["steps"]:
        assert_length(api, step["rows"]["count"], step["count"])


def assert_length(api, address, number):
    found = api.get(address)
    assert found.status_code == 200, found.content
    assert len(found.json()["results"]) == number


def test_a_variant_is_one_of_a_campaign(funnel, sale, workspace):
    key = Variant.objects.get(workspace=workspace, name="A").pk
    assert counts(funnel(f"message:delivered@{sale.api_id}/{key}", "visit")) == [1, 1]


def test_steps_of_one_kind_are_each_an_event_of_their_own(funnel, sale):
    assert counts(funnel("purchase", "purchase where property.amount>=100")) == [2, 0]
    assert counts(funnel("message:delivered where channel:email", "message:delivered")) == [4, 1]


def test_names_one_by_one_say_what_names_with_commas_say(funnel, sale):
    names = funnel(steps="visit,purchase").json()
    one_by_one = funnel("visit", "purchase").json()
    for answer in (names, one_by_one):
        del answer["meta"]["generatedAt"]
    assert one_by_one == names


@pytest.mark.long
def test_the_rows_behind_every_number_are_as_many(funnel, sale, api):
    asked = {"where": "contact.plan:pro,free", "rows": "true", "compare": "previous", "opens": "human"}
    for steps in (
        (
            f"message:delivered@{sale.api_id}",
            "message:clicked where channel:email",
            "purchase where property.amount>=100",
        ),
        ("visit", f"message:clicked@{sale.api_id}"),
    ):
        answer = funnel(*steps, **asked).json()
        for step in answer["steps"]:
            for name, number in (("count", step["count"]), ("dropoff", step["dropoff"])):
                if step["rows"][name]:
                    assert_length(api, step["rows"][name], number)


@pytest.mark.long
@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("channel", [("EMAIL", "Email", [4, 2]), ("PUSH", "Push", [0, 0])]),
        ("campaign", [("cmp", "Spring", [4, 2])]),
        ("variant", [("key", "B", [3, 1]), ("key", "A", [1, 1])]),
        ("contact.plan", [("free", "free", [2, 0]), ("pro", "pro", [2, 2])]),
        ("domain", [(None, None, [4, 2])]),
    ],
)
def test_what_is_entered_by_a_message_is_broken_down_by_its_fields(funnel, api, sale, by, groups):
    answer = funnel(f"message:delivered@{sale.api_id}", "purchase", breakdown=by, rows="true")
    found = answer.json()["groups"]
    expected = [(name, numbers) for _, name, numbers in groups if numbers[0]]
    assert [(group["name"], [step["count"] for step in group["steps"]]) for group in found] == expected
    for group in found:
        for step in group["steps"]:
            assert_length(api, step["rows"]["count"], step["count"])


def test_conditions_of_the_question_are_on_what_is_entered_by(funnel, sale):
    assert counts(funnel("message:delivered", "visit", where="channel:push")) == [1, 1]
    assert counts(funnel("message:delivered", "visit", where=f"campaign:{sale.api_id}")) == [4, 3]
    refused = funnel("message:delivered", "visit", where="property.amount>=100")
    assert refused.status_code == 400
    assert "conditions on people and messages" in refused.json()["message"]
    assert funnel("visit", "message:delivered", where="channel:push").status_code == 400
    assert counts(funnel("purchase", where="property.amount>=100")) == [1]


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("message:clicked@cmp_999999", "campaigns of this workspace"),
        ("message:clicked@SALE/999999", "a variant of it"),
        ("message:clicked@OTHER/VARIANT", "a variant of it"),
        ("message:lost", "one of sent, delivered"),
        ("purchase where property.nothing:1", "a property that an event has"),
        ("purchase where plan:pro", "fields are"),
        ("purchase where contact.plan:pro", "conditions on events"),
        ("message:sent where campaign:cmp_999999", "campaigns of this workspace"),
        ("never", "types of events that have come in"),
        (" ", "a type has 1 to 200 characters"),
        ('{"did":', "JSON"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(funnel, sale, workspace, step, says):
    other = Campaign.objects.get(workspace=workspace, external_id="other")
    variant = Variant.objects.filter(workspace=workspace).first()
    step = step.replace("SALE", sale.api_id).replace("OTHER", other.api_id).replace("VARIANT", str(variant.pk))
    refused = funnel("visit", step)
    assert refused.status_code == 400, refused.content
    assert refused.json()["parameter"] == "step"
    assert says in refused.json()["message"]


def test_steps_are_said_in_one_way_and_are_at_most_ten(funnel, sale):
    assert funnel("visit", steps="visit").status_code == 400
    assert funnel("visit", funnel="fun_1").json()["parameter"] == "funnel"
    assert funnel(*["visit"] * 10).status_code == 200
    assert funnel(*["visit"] * 11).status_code == 400
    assert funnel().json()["parameter"] == "steps"
    assert funnel("visit", breakdown="channel").status_code == 400
    assert funnel("message:sent", breakdown="utm.source").status_code == 400


def test_steps_are_asked_for_in_a_body(api, workspace, sale):
    path = f"/api/workspaces/{workspace.api_id}/analytics/funnel/query"
    steps = ["message:delivered", "purchase where property.amount>=100"]
    assert counts(post_json(api, path, {"step": steps, "range": "7d"})) == [4, 1]
    for said in ({"step": []}, {"step": [], "steps": ""}, {"step": [], "funnel": ""}):
        assert post_json(api, path, said).status_code == 400


SAVED = [
    {"message": {"status": "delivered", "campaign": "SALE"}},
    {"message": {"status": "clicked", "campaign": "SALE"}, "where": [{"field": "channel", "is": ["email"]}]},
    "visit",
    {"did": "purchase", "where": [{"field": "property.amount", "gte": "100"}]},
]


@pytest.fixture
def steps(sale):
    return json.loads(json.dumps(SAVED).replace("SALE", sale.api_id))


@pytest.mark.long
def test_a_saved_funnel_has_names_and_objects_and_is_asked_for_by_its_id(api, workspace, funnel, sale, steps):
    url = f"/api/workspaces/{workspace.api_id}/funnels"
    made = post_json(api, url, {"name": "Sale", "steps": steps})
    assert made.status_code == 201, made.content
    assert made.json()["steps"] == steps
    key = made.json()["id"]
    assert api.get(f"{url}/{key}").json()["steps"] == steps
    answer = funnel(funnel=key, range="7d")
    assert counts(answer) == [4, 3, 2, 1]
    texts = answer.json()["meta"]["question"]["step"]
    assert counts(funnel(*texts)) == [4, 3, 2, 1], "the question can be asked again"
    people = f"/api/workspaces/{workspace.api_id}/people"
    days = {"occurredFrom": "2026-03-25", "occurredBefore": "2026-04-01", "funnel": key}
    assert len(api.get(people, {**days, "step": 3, "lostSince": 2}).json()["results"]) == 1
    assert api.patch(f"{url}/{key}", {"steps": ["visit"]}, content_type="application/json").json()["steps"] == ["visit"]
    assert funnel(funnel="fun_999999").status_code == funnel(funnel="x").status_code == 400


@pytest.mark.parametrize(
    "step",
    [
        {"did": ""},
        {"did": "a", "where": ["plan:pro"]},
        {"did": "a", "where": ["property.nothing:1"]},
        {"did": "a", "where": ["property.amount:ada@example.com"]},
        {"message": {"status": "lost"}},
        {"message": {"status": "sent", "campaign": "cmp_999999"}},
        {"message": {"status": "sent"}, "within": "3d"},
        5,
        None,
        [],
    ],
)
def test_a_step_that_cannot_be_is_not_saved(api, workspace, sale, step):
    refused = post_json(api, f"/api/workspaces/{workspace.api_id}/funnels", {"name": "x", "steps": ["visit", step]})
    assert refused.status_code == 400
    assert "steps" in json.dumps(refused.json()["fields"])
    assert not SavedFunnel.objects.exists()


def test_a_saved_funnel_whose_campaign_is_gone_says_so(funnel, sale, workspace, owner):
    saved = SavedFunnel.objects.create(
        workspace=workspace, name="x", steps=[{"message": {"status": "sent", "campaign": "cmp_999999"}}]
    )
    refused = funnel(funnel=saved.api_id)
    assert (refused.status_code, refused.json()["parameter"]) == (400, "funnel")


def test_people_of_a_funnel_are_asked_for_step_by_step(api, workspace, sale):
    url = f"/api/workspaces/{workspace.api_id}/people"
    days = {"occurredFrom": "2026-03-25", "occurredBefore": "2026-04-01"}
    asked = {**days, "funnelStep": ["visit", "purchase where property.amount>=100"], "step": 2, "lostSince": 1}
    assert len(api.get(f"{url}?{urlencode(asked, doseq=True)}").json()["results"]) == 2
    for bad in ({"step": ["1", "2"]}, {"funnelStep": ["visit", "message:lost"]}, {"steps": "visit"}, {"step": 3}):
        refused = api.get(f"{url}?{urlencode({**asked, **bad}, doseq=True)}")
        assert refused.status_code == 400, bad
