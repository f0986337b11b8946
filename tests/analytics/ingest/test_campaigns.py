"""Campaigns with their A/B tests, and enrollments, through the bulk API."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from analytics.models import ABTest, Assignment, Campaign, Enrolment, Variant
from tests.conftest import NOW
from tests.copied_rows import copied
from workspaces.models import AuditEvent, Workspace

pytestmark = pytest.mark.usefixtures("now")

Bulk = Callable[..., dict[str, Any]]
STARTED, ENDED = datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 20, 10, tzinfo=UTC)
VARIANTS = [{"name": "A", "isControl": True, "weight": 2}, {"name": "B", "weight": 0.5}]
TEST = {"externalId": "subject", "name": "Subject line", "variants": VARIANTS}
FULL = {
    "externalId": "c1",
    "name": "Welcome",
    "channel": "SMS",
    "status": "ACTIVE",
    "startedAt": STARTED.isoformat(),
    "endedAt": ENDED.isoformat(),
    "subject": " Hello from Bluebird ",
    "previewText": "Three beans",
    "abTests": [TEST],
}


def ab_tests_of(external_id: str) -> list[tuple[str, str, list[tuple[str, float, bool]]]]:
    """The A/B tests of a campaign with their variants in order."""
    tests = ABTest.objects.filter(campaign__external_id=external_id).order_by("pk")
    return [
        (test.external_id, test.name, list(test.variants.values_list("name", "weight", "is_control"))) for test in tests
    ]


# Campaigns


def test_all_fields_of_a_campaign_are_stored(bulk: Bulk) -> None:
    assert bulk("campaigns", [FULL]) == {"accepted": 1, "updated": 0, "duplicates": 0, "rejected": []}

    campaign = Campaign.objects.get()
    assert (campaign.external_id, campaign.name) == ("c1", "Welcome")
    assert (campaign.channel, campaign.status) == ("SMS", "ACTIVE")
    assert (campaign.started_at, campaign.ended_at, campaign.received_at) == (STARTED, ENDED, NOW)
    assert (campaign.subject, campaign.preview_text) == ("Hello from Bluebird", "Three beans")
    assert ab_tests_of("c1") == [("subject", "Subject line", [("A", 2.0, True), ("B", 0.5, False)])]


def test_a_campaign_needs_a_name_and_an_external_id_alone(bulk: Bulk) -> None:
    empty = dict.fromkeys(("channel", "status", "startedAt", "endedAt", "subject", "previewText", "utm", "abTests"))

    bulk("campaigns", [{"externalId": "c1", "name": "Welcome", **empty}])

    campaign = Campaign.objects.get()
    assert (campaign.channel, campaign.status) == ("EMAIL", "DRAFT")
    assert (campaign.started_at, campaign.ended_at) == (None, None)
    assert ab_tests_of("c1") == []


@pytest.mark.parametrize("status", ["DRAFT", "SCHEDULED", "ACTIVE", "PAUSED", "COMPLETED", "ARCHIVED"])
def test_each_status_is_taken_in_any_case(bulk: Bulk, status: str) -> None:
    bulk("campaigns", [{**FULL, "status": f" {status.title()} "}])

    assert Campaign.objects.get().status == status


@pytest.mark.parametrize("channel", ["EMAIL", "SMS", "PUSH", "IN_APP"])
def test_each_channel_is_taken_in_any_case(bulk: Bulk, channel: str) -> None:
    bulk("campaigns", [{**FULL, "channel": channel.lower()}])

    assert Campaign.objects.get().channel == channel


def test_the_same_campaign_again_changes_nothing(bulk: Bulk, time_machine: Any) -> None:
    bulk("campaigns", [FULL])
    before = [list(model.objects.values()) for model in (Campaign, ABTest, Variant)]
    time_machine.move_to("2026-04-01T00:00:00Z", tick=False)

    answer = bulk("campaigns", [FULL, {"externalId": "c1", "name": "Welcome"}])

    assert answer == {"accepted": 0, "updated": 0, "duplicates": 2, "rejected": []}
    assert [list(model.objects.values()) for model in (Campaign, ABTest, Variant)] == before


def test_only_the_fields_of_a_campaign_that_are_given_change(bulk: Bulk) -> None:
    bulk("campaigns", [FULL])

    answer = bulk("campaigns", [{"externalId": "c1", "name": "Hello", "status": "PAUSED"}])

    assert (answer["updated"], answer["accepted"]) == (1, 0)
    campaign = Campaign.objects.get()
    assert (campaign.name, campaign.status, campaign.channel) == ("Hello", "PAUSED", "SMS")
    assert (campaign.started_at, campaign.ended_at) == (STARTED, ENDED)
    assert len(ab_tests_of("c1")) == 1


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_a_subject_is_taken_back_and_stays_where_nothing_is_said(bulk: Bulk, api: Client, nothing: object) -> None:
    bulk("campaigns", [FULL])
    bulk("campaigns", [{"externalId": "c1", "name": "Welcome", "subject": nothing}])

    campaign = Campaign.objects.get()
    assert (campaign.subject, campaign.preview_text) == ("" if nothing != " " else "Hello from Bluebird", "Three beans")


def test_a_campaign_named_twice_in_a_request_is_one(bulk: Bulk) -> None:
    answer = bulk("campaigns", [FULL, {**FULL, "name": "Second"}, {**FULL, "name": "Second"}])

    assert answer == {"accepted": 1, "updated": 1, "duplicates": 1, "rejected": []}
    assert Campaign.objects.get().name == "Second"


def test_a_test_is_updated_and_its_old_variants_stay(bulk: Bulk) -> None:
    bulk("campaigns", [FULL])
    variants = [{"name": "C", "isControl": None}, {"name": "A", "weight": 3}]

    answer = bulk("campaigns", [{**FULL, "abTests": [{**TEST, "name": "Subject", "variants": variants}]}])

    assert (answer["updated"], answer["accepted"]) == (1, 0)
    [(external_id, name, stored)] = ab_tests_of("c1")
    assert (external_id, name) == ("subject", "Subject")
    assert stored == [("A", 3.0, True), ("B", 0.5, False), ("C", 1.0, False)], "only what is said of them changes"
    assert dict(Variant.objects.values_list("name", "position")) == {"A": 0, "B": 1, "C": 2}


def test_a_test_that_ends_as_it_began_is_no_change(bulk: Bulk) -> None:
    bulk("campaigns", [FULL])
    first = Campaign.objects.get().received_at

    answer = bulk("campaigns", [{**FULL, "abTests": [{**TEST, "name": "For a moment"}, TEST]}])

    assert answer == {"accepted": 0, "updated": 0, "duplicates": 1, "rejected": []}
    assert Campaign.objects.get().received_at == first
    answer = bulk("campaigns", [{**FULL, "abTests": [TEST, {**TEST, "name": "Subject"}]}])
    assert (answer["updated"], ab_tests_of("c1")[0][1]) == (1, "Subject")


def test_the_audit_log_tells_of_the_tests_of_campaigns(bulk: Bulk, api: Client, workspace: Workspace) -> None:
    moved = {**TEST, "name": "Subject", "variants": [{"name": "B", "weight": 1}]}

    bulk("campaigns", [FULL, {"externalId": "c2", "name": "Other"}])
    bulk("campaigns", [{**FULL, "abTests": [moved]}])
    bulk("campaigns", [{**FULL, "abTests": [moved]}, {**FULL, "abTests": [TEST]}, {**FULL, "abTests": [moved]}])
    back = {"abTests": [TEST]}
    campaign = Campaign.objects.get(external_id="c1").api_id
    address = f"/api/workspaces/{workspace.api_id}/campaigns/{campaign}"
    assert api.patch(address, back, content_type="application/json").status_code == 200

    lines = AuditEvent.objects.filter(action__startswith="test_").order_by("pk")
    assert [line.action for line in lines] == ["test_made", "test_changed", "test_changed"]
    assert {line.target for line in lines} == {ABTest.objects.get().api_id}
    made, changed, undone = lines
    assert (made.before, made.after["name"]) == ({}, "Subject line")
    assert made.after["variants"] == ["A (2, control)", "B (0.5)"]
    assert changed.before == {"name": "Subject line", "variants": ["A (2, control)", "B (0.5)"]}
    assert changed.after == {"name": "Subject", "variants": ["A (2, control)", "B (1)"]}
    assert (undone.before, undone.after) == (changed.after, changed.before)
    assert all(line.actor or line.actor_name for line in lines), "who did it"


def said_of(variants: Any, external_id: str = "c1") -> dict[str, Any]:
    return {"externalId": external_id, "name": "Hello", "abTests": [{**TEST, "variants": variants}]}


OTHERWISE = [
    [{"name": "A", "weight": 3}],
    [{"name": "B", "weight": 0.5}, {"name": "B2", "weight": 1}, {"name": "A", "isControl": False}],
    [{"name": "A", "isControl": False}, {"name": "C", "isControl": True}],
]


@pytest.mark.parametrize("variants", OTHERWISE)
@pytest.mark.parametrize("kind", ["assignments", "messages"])
def test_a_test_that_people_were_given_variants_of_is_compared_as_before(bulk: Bulk, kind: str, variants: Any) -> None:
    bulk("campaigns", [{**FULL, "abTests": [{**TEST, "variants": VARIANTS[::-1]}]}, {**FULL, "externalId": "unused"}])
    bulk("contacts", [{"externalId": "ada"}])
    given = {"campaign": "c1", "abTest": "subject", "variant": "B", "contact": "ada"}
    bulk(kind, [{**given, "externalId": "m", "channel": "EMAIL"} if kind == "messages" else given])
    before = ab_tests_of("c1")

    answer = bulk("campaigns", [said_of(variants), said_of(variants, "unused")])

    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [(0, "test_in_use")]
    assert ab_tests_of("c1") == before
    assert ab_tests_of("unused") != before
    assert Campaign.objects.get(external_id="c1").name == "Welcome", "nothing of the item is taken"
    as_before = [{"name": "B"}, {"name": "A", "isControl": True, "weight": 2}, {"name": "C"}]
    assert bulk("campaigns", [said_of(as_before)])["updated"] == 1
    assert ab_tests_of("c1")[0][2] == [*before[0][2], ("C", 1.0, False)]


def test_a_test_of_a_campaign_has_one_control(bulk: Bulk) -> None:
    bulk("campaigns", [FULL])

    assert bulk("campaigns", [said_of([{"name": "B", "isControl": True}])])["rejected"][0]["code"] == "invalid_variants"
    moved = [{"name": "B", "isControl": True}, {"name": "A", "isControl": False}]
    assert bulk("campaigns", [said_of(moved)])["updated"] == 1
    assert ab_tests_of("c1")[0][2] == [("A", 2.0, False), ("B", 0.5, True)]


def test_tests_of_campaigns_take_what_events_said_before(bulk: Bulk, track: Callable[..., Any], now: datetime) -> None:
    for variant in "BC":
        properties = {"experiment_id": "subject", "variation_id": variant}
        event = {"type": "track", "event": "Experiment Viewed", "properties": properties}
        track({**event, "userId": f"of {variant}", "messageId": variant, "timestamp": "2026-03-20T10:00:00Z"})

    bulk("campaigns", [FULL, {"externalId": "c2", "name": "Other"}])
    assert [row.variant.name for row in Assignment.objects.all()] == ["B"]
    bulk("campaigns", [said_of([{"name": "C"}])])
    assert sorted(row.variant.name for row in Assignment.objects.all()) == ["B", "C"]


def test_a_known_campaign_cannot_end_before_it_began(bulk: Bulk, api: Client, workspace: Workspace) -> None:
    bulk("campaigns", [{"externalId": "c", "name": "C", "startedAt": "2026-03-02", "endedAt": "2026-03-03"}])
    address = f"/api/workspaces/{workspace.api_id}/campaigns/{Campaign.objects.get().api_id}"

    for change in ({"endedAt": "2026-03-01"}, {"startedAt": "2026-03-04"}):
        refused = api.patch(address, change, content_type="application/json")
        assert (refused.status_code, [*refused.json()["fields"]]) == (400, ["endedAt"])
    moved = {"startedAt": "2026-03-04", "endedAt": "2026-03-05"}
    assert api.patch(address, moved, content_type="application/json").status_code == 200
    assert api.patch(address, {"endedAt": None}, content_type="application/json").status_code == 200


UTM = {"source": " Newsletter ", "medium": "EMAIL", "campaign": "Spring"}


def test_what_a_campaign_s_links_carry_is_kept_as_it_is_compared(bulk: Bulk, api: Client, workspace: Workspace) -> None:
    bulk("campaigns", [{"externalId": "c", "name": "C", "utm": UTM}, {"externalId": "d", "name": "D", "utm": {}}])
    campaign, other = Campaign.objects.order_by("pk")
    assert (campaign.utm, other.utm) == (("newsletter", "email", "Spring"), None)
    address = f"/api/workspaces/{workspace.api_id}/campaigns/{campaign.api_id}"
    told = {"source": "newsletter", "medium": "email", "campaign": "Spring"}
    assert api.get(address).json()["utm"] == told
    assert bulk("campaigns", [{"externalId": "c", "name": "C"}])["duplicates"] == 1, "nothing is said of it"
    changed = api.patch(address, {"utm": {"source": "n"}}, content_type="application/json").json()
    assert changed["utm"] == {"source": "n", "medium": None, "campaign": None}
    assert api.patch(address, {"utm": None}, content_type="application/json").json()["utm"] is None


def test_the_same_test_and_variant_names_may_stand_in_two_campaigns(bulk: Bulk) -> None:
    answer = bulk("campaigns", [FULL, {**FULL, "externalId": "c2"}])

    assert answer["accepted"] == 2
    assert (ABTest.objects.count(), Variant.objects.count()) == (2, 4)


def test_each_workspace_has_its_own_campaigns(bulk: Bulk, bulk_elsewhere: Bulk) -> None:
    bulk("campaigns", [FULL])
    bulk_elsewhere("campaigns", [{**FULL, "name": "Other"}])

    assert set(Campaign.objects.values_list("name", flat=True)) == {"Welcome", "Other"}


def variant(**changes: Any) -> dict[str, Any]:
    return {"abTests": [{**TEST, "variants": [{"name": "A", **changes}]}]}


def ab_test(**changes: Any) -> dict[str, Any]:
    return {"abTests": [{**TEST, **changes}]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"externalId": None}, "missing_external_id"),
        ({"externalId": "x" * 256}, "invalid_external_id"),
        ({"externalId": [1]}, "invalid_external_id"),
        ({"name": ""}, "missing_name"),
        ({"name": None}, "missing_name"),
        ({"name": "n" * 301}, "invalid_name"),
        ({"name": {"en": "Hello"}}, "invalid_name"),
        ({"channel": "PIGEON"}, "invalid_channel"),
        ({"channel": ["EMAIL"]}, "invalid_channel"),
        ({"status": "RUNNING"}, "invalid_status"),
        ({"status": True}, "invalid_status"),
        ({"startedAt": "soon"}, "invalid_started_at"),
        ({"startedAt": 0}, "invalid_started_at"),
        ({"endedAt": "2100-01-01T00:00:00Z"}, "invalid_ended_at"),
        ({"endedAt": "1970-01-02"}, "invalid_ended_at"),
        ({"utm": "newsletter"}, "invalid_utm"),
        ({"utm": {"medium": "email", "source": " "}}, "missing_utm_source"),
        ({"abTests": {}}, "invalid_ab_tests"),
        ({"abTests": ["subject"]}, "invalid_ab_tests"),
        (ab_test(externalId=None), "missing_external_id"),
        (ab_test(name=""), "missing_name"),
        (ab_test(name="n" * 301), "invalid_name"),
        (ab_test(variants="A"), "invalid_variants"),
        (ab_test(variants=[None]), "invalid_variants"),
        (ab_test(variants=[{"name": "A"}, {"name": " A "}]), "invalid_variants"),
        (variant(name=None), "missing_name"),
        (variant(name="n" * 301), "invalid_name"),
        (variant(weight=-0.1), "invalid_weight"),
        (variant(weight=10**10), "invalid_weight"),
        (variant(weight=10**400), "invalid_weight"),
        (variant(weight="1"), "invalid_weight"),
        (variant(weight=True), "invalid_weight"),
        (variant(isControl="yes"), "invalid_is_control"),
        (variant(isControl=1), "invalid_is_control"),
    ],
)
def test_a_bad_campaign_spoils_no_other(bulk: Bulk, changes: dict[str, Any], code: str) -> None:
    good = [{"externalId": "a", "name": "A"}, {"externalId": "b", "name": "B"}]

    answer = bulk("campaigns", [good[0], {**FULL, **changes}, good[1]])

    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [(1, code)]
    assert answer["accepted"] == 2
    assert set(Campaign.objects.values_list("external_id", flat=True)) == {"a", "b"}
    assert not ABTest.objects.exists()


# Enrollments


ENROLLMENT = {
    "campaign": "c1",
    "contact": "u1",
    "status": "COMPLETED",
    "enrolledAt": STARTED.isoformat(),
    "completedAt": ENDED.isoformat(),
}


@pytest.fixture
@copied
def catalogue(bulk: Bulk) -> None:
    bulk("campaigns", [{"externalId": "c1", "name": "Welcome"}, {"externalId": "c2", "name": "Other"}])
    bulk("contacts", [{"externalId": "u1"}, {"externalId": "u2"}])


@pytest.mark.usefixtures("catalogue")
def test_all_fields_of_an_enrollment_are_stored(bulk: Bulk) -> None:
    assert bulk("enrollments", [ENROLLMENT]) == {"accepted": 1, "updated": 0, "duplicates": 0, "rejected": []}

    enrollment = Enrolment.objects.get()
    assert (enrollment.campaign.external_id, enrollment.contact.external_id) == ("c1", "u1")
    assert (enrollment.status, enrollment.enrolled_at, enrollment.completed_at) == ("COMPLETED", STARTED, ENDED)
    assert enrollment.received_at == NOW


@pytest.mark.usefixtures("catalogue")
def test_what_lies_ahead_of_an_enrollment_is_as_of_its_first_receipt_however_often_it_is_sent(
    send_bulk: Bulk, time_machine: Any
) -> None:
    item = {**ENROLLMENT, "enrolledAt": "2026-04-02T00:00:00Z", "completedAt": "2150-01-01T00:00:00Z"}

    first = send_bulk("enrollments", [item])
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    again = send_bulk("enrollments", [item])

    assert [one["code"] for one in first["warnings"]] == ["future_time"] * 2
    assert (first["accepted"], again["duplicates"]) == (1, 1)
    enrollment = Enrolment.objects.get()
    assert (enrollment.enrolled_at, enrollment.completed_at) == (NOW, NOW)


@pytest.mark.usefixtures("catalogue")
def test_an_enrollment_needs_a_campaign_and_a_contact_alone_and_begins_now(bulk: Bulk) -> None:
    bulk("enrollments", [{"campaign": "c1", "contact": "u1"}])

    enrollment = Enrolment.objects.get()
    assert (enrollment.status, enrollment.enrolled_at, enrollment.completed_at) == ("ACTIVE", NOW, None)


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(("status", "stored"), [(None, "COMPLETED"), ("EXITED", "EXITED"), ("active", "ACTIVE")])
def test_an_enrollment_with_an_end_is_completed_unless_it_says_otherwise(
    bulk: Bulk, status: str | None, stored: str
) -> None:
    bulk("enrollments", [{**ENROLLMENT, "status": status}])

    assert Enrolment.objects.get().status == stored


@pytest.mark.usefixtures("catalogue")
def test_an_enrollment_is_once_per_campaign_and_contact_and_is_updated(bulk: Bulk, time_machine: Any) -> None:
    begun = {"campaign": "c1", "contact": "u1", "enrolledAt": STARTED.isoformat()}
    assert bulk("enrollments", [begun])["accepted"] == 1
    before = Enrolment.objects.values().get()
    time_machine.move_to("2026-04-01T00:00:00Z", tick=False)

    assert bulk("enrollments", [begun])["duplicates"] == 1
    assert Enrolment.objects.values().get() == before

    completed = {"campaign": "c1", "contact": "u1", "completedAt": ENDED.isoformat()}
    assert bulk("enrollments", [completed]) == {"accepted": 0, "updated": 1, "duplicates": 0, "rejected": []}
    enrollment = Enrolment.objects.get()
    assert (enrollment.status, enrollment.enrolled_at, enrollment.completed_at) == ("COMPLETED", STARTED, ENDED)
    assert enrollment.received_at > NOW


@pytest.mark.usefixtures("catalogue")
def test_an_enrollment_named_several_times_in_a_request_is_one(bulk: Bulk) -> None:
    pair = {"campaign": "c1", "contact": "u1"}

    answer = bulk("enrollments", [pair, {**pair, "status": "EXITED"}, {**pair, "status": "EXITED"}])

    assert answer == {"accepted": 1, "updated": 1, "duplicates": 1, "rejected": []}
    assert Enrolment.objects.get().status == "EXITED"


@pytest.mark.usefixtures("catalogue")
def test_only_the_pairs_that_are_named_are_enrolled(bulk: Bulk) -> None:
    bulk("enrollments", [{"campaign": "c1", "contact": "u2"}])
    bulk("enrollments", [{"campaign": "c1", "contact": "u1"}, {"campaign": "c2", "contact": "u2"}])

    pairs = set(Enrolment.objects.values_list("campaign__external_id", "contact__external_id"))
    assert pairs == {("c1", "u1"), ("c1", "u2"), ("c2", "u2")}


@pytest.mark.usefixtures("catalogue")
def test_a_merged_contact_is_enrolled_as_the_one_that_stays(bulk: Bulk, track_trusted: Callable[..., Any]) -> None:
    track_trusted({"type": "alias", "previousId": "u1", "userId": "u2"})

    bulk("enrollments", [{"campaign": "c1", "contact": "u1"}])

    assert Enrolment.objects.get().contact.external_id == "u2"


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"campaign": None}, "missing_campaign"),
        ({"contact": ""}, "missing_contact"),
        ({"campaign": ["c1"]}, "invalid_campaign"),
        ({"contact": 1.5}, "invalid_contact"),
        ({"campaign": "x" * 256}, "invalid_campaign"),
        ({"campaign": "unknown"}, "unknown_campaign"),
        ({"campaign": -1}, "unknown_campaign"),
        ({"contact": "unknown"}, "unknown_contact"),
        ({"contact": -1}, "unknown_contact"),
        ({"campaign": "elsewhere"}, "unknown_campaign"),
        ({"contact": "elsewhere"}, "unknown_contact"),
        ({"status": "RUNNING"}, "invalid_status"),
        ({"enrolledAt": "soon"}, "invalid_enrolled_at"),
        ({"completedAt": 7}, "invalid_completed_at"),
    ],
)
def test_a_bad_enrollment_spoils_no_other(bulk: Bulk, bulk_elsewhere: Bulk, changes: dict[str, Any], code: str) -> None:
    bulk_elsewhere("campaigns", [{"externalId": "elsewhere", "name": "Elsewhere"}])
    bulk_elsewhere("contacts", [{"externalId": "elsewhere"}])
    good = [{"campaign": "c1", "contact": "u2"}, {"campaign": "c2", "contact": "u2"}]

    answer = bulk("enrollments", [good[0], {**ENROLLMENT, **changes}, good[1]])

    assert [(remark["index"], remark["code"]) for remark in answer["rejected"]] == [(1, code)]
    assert answer["accepted"] == 2
    assert set(Enrolment.objects.values_list("contact__external_id", flat=True)) == {"u2"}
