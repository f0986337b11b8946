"""Assignments as they come in: by the bulk API, by events, from files; and what becomes of them."""

import json
from datetime import timedelta
from itertools import permutations

import pytest
from django.core.management import call_command
from django.test import Client

from analytics.ingest import take_assignments
from analytics.ingest.ab_tests import take_tests
from analytics.ingest.edits import people_held
from analytics.ingest.people.joins import undo_join
from analytics.ingest.removal.erasure import erase_contact
from analytics.ingest.removal.expiry import expire
from analytics.ingest.removal.key_drops import SentByKey, drop_sent
from analytics.ledger import Ledger
from analytics.ledger.rebuild import Difference, verify
from analytics.models import ABTest, Assignment, Contact, Identity, Join
from tests.analytics.ledger.facts import Facts
from tests.conftest import post_json
from tests.copied_rows import copied
from workspaces.changes import create_key
from workspaces.models import KeyKind

AT = "2026-03-{:02}T10:00:00Z"
ARMS = [{"name": "A", "isControl": True}, {"name": "B"}]
VIEWED = {"experiment_id": "price", "variation_id": "B"}


@pytest.fixture
@copied
def price(workspace, now):
    assert not take_tests(workspace, [PRICE], received_at=now).rejected
    return ABTest.objects.get(external_id="price")


PRICE = {"externalId": "price", "name": "Price", "variants": ARMS}


def stated(contact="ada", variant="A", day=1, **more):
    return {"abTest": "price", "variant": variant, "contact": contact, "assignedAt": AT.format(day), **more}


def given(workspace, test):
    """By variant, how many have it as their first; the ledger says what the facts say, and nothing differs."""
    found, through = Ledger(workspace).assignments(test.pk)
    expected, received = Facts(workspace).assignments(test.pk)
    assert sorted(found.people.tolist()) == sorted(expected.people.tolist())
    assert through == received
    assert not [each for each in verify(workspace) if isinstance(each, Difference)]
    names = {variant.pk: variant.name for variant in test.variants.all()}
    return {name: found.variants.tolist().count(pk) for pk, name in names.items()}


@pytest.mark.long
def test_an_assignment_is_taken_once_and_keeps_its_earliest_instant(bulk, workspace, price):
    assert bulk("assignments", [stated(day=5), stated("bob", "B")])["accepted"] == 2
    assert bulk("assignments", [stated(day=5)])["duplicates"] == 1
    assert bulk("assignments", [stated(day=9)])["duplicates"] == 1
    assert bulk("assignments", [stated(day=2)])["updated"] == 1
    assert Assignment.objects.get(variant__name="A").assigned_at.day == 2
    assert given(workspace, price) == {"A": 1, "B": 1}
    assert set(Contact.objects.values_list("external_id", "signed_up_at__day")) == {("ada", 2), ("bob", 1)}


@pytest.mark.long
def test_any_order_of_arrival_ends_in_the_same_rows(workspace, price, now):
    items = [stated(day=5), stated(day=3, withheld=True), stated(day=3), stated(variant="B", day=4)]
    ends = set()
    for order in permutations(items):
        Assignment.objects.all().delete()
        for item in order:
            take_assignments(workspace, [item], received_at=now)
        columns = ("pk", "assigned_at", "withheld")
        ends.add(tuple(Assignment.objects.order_by("pk").values_list(*columns)))
    assert len(ends) == 1


def test_a_bad_item_costs_no_other_and_makes_nobody(bulk, workspace, price):
    bad = [
        ({"abTest": "price", "variant": "A"}, "missing_identity"),
        ({"variant": "A", "contact": "eve"}, "missing_ab_test"),
        (stated("eve", "C"), "unknown_variant"),
        ({**stated("eve"), "abTest": "colour"}, "unknown_test"),
        ({**stated("eve"), "campaign": "spring"}, "unknown_test"),
        ({**stated("eve"), "assignedAt": "soon"}, "invalid_assigned_at"),
        ({**stated("eve"), "withheld": "perhaps"}, "invalid_withheld"),
        (stated("undefined"), "illegal_id"),
    ]
    answer = bulk("assignments", [*(item for item, _ in bad), stated()])
    assert [remark["code"] for remark in answer["rejected"]] == [code for _, code in bad]
    assert answer["accepted"] == 1
    assert list(Contact.objects.values_list("external_id", flat=True)) == ["ada"]


def test_a_test_is_named_by_its_id_or_with_its_campaign(bulk, workspace, price):
    for campaign in ("spring", "autumn"):
        test = {"externalId": "colour", "name": "Colour", "variants": ARMS}
        bulk("campaigns", [{"externalId": campaign, "name": campaign, "abTests": [test]}])
    item = {**stated(), "abTest": "colour"}
    assert bulk("assignments", [item])["rejected"][0]["code"] == "ambiguous_test"
    assert bulk("assignments", [{**item, "campaign": "spring"}, {**stated(), "abTest": price.api_id}])["accepted"] == 2
    assert Assignment.objects.filter(test__campaign__external_id="spring").count() == 1


def test_a_holdouts_control_is_withheld(bulk, workspace, now):
    take_tests(workspace, [{**PRICE, "isHoldout": True}], received_at=now)
    bulk("assignments", [stated("ada", "A"), stated("bob", "B"), stated("cyd", "A", withheld=False)])
    found = Assignment.objects.order_by("pk").values_list("variant__name", "withheld")
    assert sorted(found) == [("A", False), ("A", True), ("B", False)]


@pytest.mark.long
def test_two_who_turn_out_to_be_one_have_their_first_variant_and_are_parted_again(
    bulk, track, workspace, price, owner, now
):
    bulk("assignments", [{**stated(variant="B", day=1), "contact": None, "anonymousId": "d"}, stated(day=2)])
    assert given(workspace, price) == {"A": 1, "B": 1}
    track({"type": "identify", "userId": "ada", "anonymousId": "d", "timestamp": AT.format(3)})
    assert given(workspace, price) == {"A": 0, "B": 1}
    assert Ledger(workspace).assignments(price.pk)[0].of_several.tolist() == [True]
    with people_held(workspace):
        undo_join(workspace, gone=Join.objects.get().gone, by=owner, now=now)
    assert given(workspace, price) == {"A": 1, "B": 1}


@pytest.mark.parametrize(
    ("event", "properties"),
    [
        ("Experiment Viewed", VIEWED),
        ("Experiment Viewed", {"experiment_id": "17", "experiment_name": "price", "variation_name": "B"}),
        ("Experiment Viewed", {"experimentId": "price", "variationId": "B"}),
        ("$experiment_started", {"Experiment name": "price", "Variant name": "B"}),
        ("$feature_flag_called", {"$feature_flag": "price", "$feature_flag_response": "B"}),
    ],
)
def test_events_of_clients_say_who_was_given_what(track, workspace, price, event, properties):
    call = {"type": "track", "event": event, "anonymousId": "d", "timestamp": AT.format(7), "properties": properties}
    track(call, {**call, "timestamp": AT.format(6), "messageId": "earlier"})
    assert given(workspace, price) == {"A": 0, "B": 1}
    assert Assignment.objects.get().assigned_at.day == 6


def test_events_that_name_nothing_that_there_is_are_only_events(track, workspace, price):
    call = {"type": "track", "event": "Experiment Viewed", "anonymousId": "d"}
    odd = [{}, {"experiment_id": "colour", "variation_id": "B"}, {"experiment_id": "price", "variation_id": "Z"}]
    odd += [{"experiment_id": ["price"], "variation_id": {"B": 1}}, {"experiment_id": 3, "variation_id": True}]
    assert track(*({**call, "properties": each} for each in odd)).json()["accepted"] == 5
    assert not Assignment.objects.exists()


@pytest.mark.long
def test_a_test_and_a_variant_that_are_made_later_take_what_events_said(track, workspace, now):
    call = {"type": "track", "event": "Experiment Viewed", "timestamp": AT.format(7)}
    track({**call, "userId": "ada", "properties": VIEWED}, {**call, "userId": "bob", "properties": VIEWED})
    track({**call, "userId": "cyd", "properties": {**VIEWED, "variation_id": "C"}})
    take_tests(workspace, [PRICE], received_at=now)
    test = ABTest.objects.get()
    assert given(workspace, test) == {"A": 0, "B": 2}
    take_tests(workspace, [{**PRICE, "variants": [*ARMS, {"name": "C"}]}], received_at=now)
    assert given(workspace, test) == {"A": 0, "B": 2, "C": 1}


def test_an_erased_contacts_assignments_go(bulk, workspace, price):
    bulk("assignments", [stated(), stated("bob", "B")])
    erase_contact(workspace, Contact.objects.get(external_id="ada"))
    assert given(workspace, price) == {"A": 0, "B": 1}
    assert Assignment.objects.count() == 1


@pytest.mark.long
def test_what_a_device_was_given_goes_with_its_id_and_a_contacts_stays(bulk, track, workspace, price, now):
    long_ago = (now - timedelta(days=90)).isoformat()
    event = {"type": "track", "event": "e", "timestamp": long_ago}
    track({**event, "anonymousId": "d"}, {**event, "anonymousId": "new"}, {**event, "userId": "ada"})
    of_devices = [{**stated(), "contact": None, "anonymousId": name} for name in ("d", "new")]
    of_devices[0]["assignedAt"] = long_ago
    bulk("assignments", [*of_devices, {**stated("ada", "B"), "assignedAt": long_ago}])
    workspace.kept_days = 60
    workspace.save()
    list(expire(workspace, now))
    assert given(workspace, price) == {"A": 1, "B": 1}


@pytest.mark.long
def test_a_device_that_was_only_given_variants_goes_with_them(bulk, track, workspace, price, now):
    days = {"old": 90, "twice": 90, "again": 90, "joined": 90, "known": 90, "new": 5}
    for name, ago in days.items():
        at = (now - timedelta(days=ago)).isoformat()
        bulk("assignments", [{**stated(), "contact": None, "anonymousId": name, "assignedAt": at}])
    later = {**stated(variant="B"), "contact": None, "assignedAt": (now - timedelta(days=5)).isoformat()}
    bulk("assignments", [{**later, "anonymousId": "again"}])
    event = {"type": "track", "event": "e", "timestamp": (now - timedelta(days=80)).isoformat()}
    track({**event, "anonymousId": "twice"}, {**event, "anonymousId": "known", "timestamp": now.isoformat()})
    track({"type": "identify", "userId": "ada", "anonymousId": "joined"})
    bulk("assignments", [{**stated("bob"), "assignedAt": (now - timedelta(days=90)).isoformat()}])
    workspace.kept_days = 60
    workspace.save()
    assert list(expire(workspace, now))
    assert set(Identity.objects.values_list("value", flat=True)) == {"again", "joined", "known", "new", "ada", "bob"}
    assert given(workspace, price) == {"A": 5, "B": 0}
    before = Assignment.objects.count()
    list(expire(workspace, now))
    assert Assignment.objects.count() == before == 6, "of several the first stays as long as the device"


@pytest.mark.long
def test_a_contacts_device_that_was_only_given_variants_is_erased_with_it_and_exported_before(
    api, bulk, track, workspace, price
):
    of_device = {**stated(variant="B", day=3), "contact": None, "anonymousId": "d"}
    bulk("assignments", [of_device, stated(day=4), stated("bob", "B")])
    track({"type": "identify", "userId": "ada", "anonymousId": "d", "timestamp": AT.format(5)})
    ada = Contact.objects.get(external_id="ada")
    told = json.loads(api.get(f"/w/{workspace.slug}/contacts/{ada.api_id}/export/").getvalue())["assignments"]
    assert [(each["abTest"], each["campaign"], each["variant"], each["assignedAt"]) for each in told] == [
        ("price", None, "B", AT.format(3)),
        ("price", None, "A", AT.format(4)),
    ]
    erase_contact(workspace, ada)
    assert given(workspace, price) == {"A": 0, "B": 1}
    assert (Assignment.objects.count(), Identity.objects.count()) == (1, 1)


@pytest.mark.long
def test_what_a_lost_key_sent_goes_and_what_others_said_stays(bulk, workspace, owner, price, now):
    key, token = create_key(workspace=workspace, kind=KeyKind.WRITE, name="k", by=owner, allows_browsers=True)
    call = {"type": "track", "event": "Experiment Viewed", "timestamp": AT.format(2), "properties": VIEWED}
    calls = [{**call, "anonymousId": name} for name in ("d", "e")]
    assert post_json(Client(), "/v1/batch", {"batch": calls}, Authorization=f"Bearer {token}").status_code == 200
    bulk("assignments", [{**stated(variant="B", day=4), "contact": None, "anonymousId": "d"}])
    assert given(workspace, price) == {"A": 0, "B": 2}
    list(drop_sent(SentByKey(workspace, key, now, now), by=owner))
    assert given(workspace, price) == {"A": 0, "B": 1}
    assert Assignment.objects.get().assigned_at.day == 4


def test_assignments_are_imported_from_a_file(workspace, price, tmp_path):
    path = tmp_path / "assignments.csv"
    path.write_text(
        "abTest,variant,contact,assignedAt,withheld\nprice,A,ada,2026-03-01,\nprice,B,bob,2026-03-01,true\n"
    )
    call_command("import", "assignments", str(path), workspace=workspace.api_id)
    assert given(workspace, price) == {"A": 1, "B": 1}
    assert Assignment.objects.get(withheld=True).variant.name == "B"


def test_another_workspaces_tests_are_not_there(bulk_elsewhere, price):
    assert bulk_elsewhere("assignments", [stated()])["rejected"][0]["code"] == "unknown_test"
    assert bulk_elsewhere("assignments", [{**stated(), "abTest": price.api_id}])["accepted"] == 0
