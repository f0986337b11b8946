"""Seven real clients, unmodified, each as a process of its own against the served project.

What they send arrives once, as it was sent, also when the network and the server are at their worst. What a client
does not have is said in clients/: segment-node and the browser do not compress (the browser sends in batches instead),
PostHog's have no page, screen or identify call of Segment's kind.
"""

import json
import os
import time
from collections import Counter

import pytest
from django.utils import timezone

from analytics.ingest.ab_tests import take_tests
from analytics.models import Assignment, Contact, Event, IdentityCall, IngestRemark
from tests.analytics.ingest import stored
from tests.interop.conftest import CLIENTS
from tests.interop.proxy import FaultyProxy
from tests.interop.scenario import TEST, everything, under_faults
from workspaces.models import Key

pytestmark = pytest.mark.django_db(transaction=True)

TAKES_ITS_TIME = "STALL_SECONDS" in os.environ
STALL_SECONDS = float(os.environ.get("STALL_SECONDS", "5"))
CLIENT_TIMEOUT = None if TAKES_ITS_TIME else 3
"""The clients' own waits, where the test takes its time; otherwise shorter than the stall."""

WAYS = [(name, way) for name in CLIENTS for way in ("plain", "gzip") if (name, way) != ("segment-node", "gzip")]
EVENTS = {} if TAKES_ITS_TIME else {("segment-browser", "plain"): 50, ("segment-browser", "gzip"): 300}
"""How many small events, where not 1,000: the browser's client takes them one after the other, some 40 ms each."""
ON_EACH_DATABASE = {"segment-python", "posthog-python", "segment-browser"}
"""One of each kind: batches of Segment's calls, of PostHog's events, and single calls."""
bears_faults_itself = pytest.mark.either_database("another client of its kind meets the same faults on each database")


def numbers(steps):
    return sorted(step["properties"]["n"] for step in steps if "properties" in step)


def arrived(workspace, expected):
    """The events by their number; a browser is not waited for by its page, so that they may come a little later."""
    end = time.monotonic() + 30
    while True:
        found = list(Event.objects.filter(workspace=workspace))
        if len(found) >= expected or time.monotonic() > end:
            counted = Counter(event.properties["n"] for event in found)
            return {event.properties["n"]: event for event in found}, sorted(counted.elements())
        time.sleep(0.1)


@pytest.mark.either_database("what a client sends is the same; with faults, each database is tried by one of each kind")
@pytest.mark.parametrize(("name", "way"), WAYS)
def test_everything_arrives_once_and_as_it_was_sent(name, way, server, run_client, workspace, report):
    Key.objects.filter(workspace=workspace).update(allows_browsers=name == "segment-browser")
    assert not take_tests(workspace, [TEST], received_at=timezone.now()).rejected
    steps = everything(events=EVENTS.get((name, way), 1000))
    run_client(name, server, steps, gzip=way == "gzip")
    events, found = arrived(workspace, len(numbers(steps)))
    assert found == numbers(steps)
    for step in steps:
        if "properties" in step:
            assert_as_sent(name, step, events[step["properties"]["n"]])
    told = IngestRemark.objects.filter(workspace=workspace)
    assert not told.exclude(kind="duplicate").exists()  # on a busy machine a client's patience may end before an answer
    assert_people_are_right(workspace, report, reserves_ids=name != "segment-browser")
    given = Assignment.objects.filter(workspace=workspace).values_list("person_number", "variant__name")
    assert {(stored.known_by(workspace, number), name) for number, name in given} == {
        (stored.user(workspace, "ada"), "as now"),
        (stored.user(workspace, "eve"), "higher"),
    }


def assert_as_sent(name, step, event):
    sent = step["properties"]
    kept = {key: event.properties[key] for key in sent}
    assert json.dumps(kept, sort_keys=True) == json.dumps(sent, sort_keys=True)
    if step["do"] == "track" and not name.startswith("posthog"):
        assert event.properties.keys() == sent.keys()
    wanted = {"page": "page_view", "screen": "screen_view"}.get(step["do"], step.get("event"))
    assert event.type == wanted
    assert abs((timezone.now() - event.occurred_at).total_seconds()) < 300
    if "campaign" in step:
        assert (event.utm.source, event.utm.medium, event.utm.campaign) == ("news", "e-mail", "Spring Sale")


def assert_people_are_right(workspace, report, *, reserves_ids):
    """A key for web pages holds no user's id for another one that is seen later."""
    ada = Contact.objects.get(workspace=workspace, external_id="ada")
    assert (ada.email, ada.attributes["plan"]) == ("ada@example.com", "π")
    assert stored.device(workspace, "device-of-ada") == stored.user(workspace, "ada")
    assert (stored.user(workspace, "old-bob") == stored.user(workspace, "bob")) == reserves_ids
    assert {"tom", "ada", "bob", "eve", "u0", "u49"} <= stored.contacts(workspace)
    assert len(stored.contacts(workspace)) == (54 if reserves_ids else 55)
    assert IdentityCall.objects.filter(workspace=workspace).count() >= 3
    steps = report("/funnel", steps="Viewed,Bought", days=2)["steps"]
    assert [step["count"] for step in steps] == [1, 1]


@pytest.mark.parametrize(
    "name", [name if name in ON_EACH_DATABASE else pytest.param(name, marks=bears_faults_itself) for name in CLIENTS]
)
def test_faults_lose_nothing_and_double_nothing(name, server, run_client, workspace):
    Key.objects.filter(workspace=workspace).update(allows_browsers=name == "segment-browser")
    steps = under_faults()
    with FaultyProxy(server, STALL_SECONDS) as proxy:
        run_client(name, proxy.address, steps, timeout=CLIENT_TIMEOUT, faulty=True)
        events, found = arrived(workspace, len(numbers(steps)))
        proxy.shutdown()
    assert found == numbers(steps)
    for step in steps:
        if "properties" in step:
            assert_as_sent(name, step, events[step["properties"]["n"]])
    assert not any(proxy.left.values()), proxy.left
    assert not IngestRemark.objects.filter(workspace=workspace, kind="rejected").exists()
