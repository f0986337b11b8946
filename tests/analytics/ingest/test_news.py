"""What endpoints are told of as it comes in: bounces and unsubscriptions, once, and only what is new."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from analytics.endpoints import add_endpoint
from analytics.ingest import take_calls, take_campaigns, take_contacts, take_message_events, take_messages
from analytics.ingest.senders import TRUSTED
from analytics.models import Contact, Delivery, Message, OutgoingEvent
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("now")
BOTH = [OutgoingEvent.CONTACT_UNSUBSCRIBED, OutgoingEvent.MESSAGE_BOUNCED]
JUST_NOW = (NOW - timedelta(minutes=1)).isoformat()


@pytest.fixture
def endpoint(workspace, owner):
    return add_endpoint(workspace=workspace, url="https://a.example/hook", events=BOTH, by=owner)[0]


@pytest.fixture
def take(workspace):
    def items(taken, *rows, at=NOW):
        outcome = taken(workspace, [*rows], received_at=at)
        assert outcome.rejected == []
        return outcome

    return items


@pytest.fixture
def messages(take):
    """Of so many contacts, a message each."""

    def send(number=1, **more):
        names = [f"c{n}" for n in range(number)]
        take(take_contacts, *({"externalId": name} for name in names))
        take(take_campaigns, {"externalId": "c", "name": "C"})
        sent = (NOW - timedelta(days=9)).isoformat()
        of_all = {"channel": "EMAIL", "campaign": "c", "sentAt": sent, **more}
        take(take_messages, *({"externalId": f"m-{name}", "contact": name, **of_all} for name in names))

    return send


def told():
    return [(row.event, row.body["data"]) for row in Delivery.objects.order_by("pk")]


def report(kind, contact="c0", at=JUST_NOW, **more):
    return {"message": f"m-{contact}", "type": kind, "at": at, **more}


def test_a_bounce_is_told_once_and_again_when_it_is_for_good(endpoint, messages, take):
    messages()
    for kind in ("soft", "soft", "hard", "hard"):
        take(take_message_events, report("bounced", bounce=kind, id=f"r{kind}"))
    message = Message.objects.get()
    data = {"message": message.api_id, "contact": f"ct_{message.contact_id}", "campaign": f"cmp_{message.campaign_id}"}
    assert told() == [
        ("message.bounced", {**data, "bounce": "soft", "bouncedAt": message.soft_bounced_at.isoformat()}),
        ("message.bounced", {**data, "bounce": "hard", "bouncedAt": message.hard_bounced_at.isoformat()}),
    ]
    assert Delivery.objects.first().endpoint == endpoint


def test_a_bounce_that_a_message_states_itself_is_told(endpoint, messages):
    messages(bouncedAt=JUST_NOW)
    assert [event for event, _ in told()] == ["message.bounced"]


@pytest.mark.parametrize("says", ["report", "statement"])
def test_an_unsubscription_is_told_once_whoever_says_it(endpoint, messages, take, says):
    messages()
    for _ in range(2):
        if says == "report":
            take(take_message_events, report("unsubscribed"))
        else:
            take(take_contacts, {"externalId": "c0", "unsubscribedAt": JUST_NOW})
    contact = Contact.objects.get()
    data = {"contact": contact.api_id, "unsubscribedAt": contact.unsubscribed_at.isoformat()}
    assert told() == [("contact.unsubscribed", data)]


def test_of_joined_contacts_the_one_that_is_left_is_told(endpoint, messages, take, workspace):
    messages(2)
    alias = {"type": "alias", "previousId": "c1", "userId": "c0"}
    assert take_calls(workspace, [alias], received_at=NOW, sender=TRUSTED).rejected == []
    take(take_message_events, report("unsubscribed", "c1"))
    [(_, data)] = told()
    assert data["contact"] == Contact.objects.get(external_id="c0").api_id


def test_what_happened_long_ago_is_no_news(endpoint, messages, take):
    messages()
    before = (NOW - timedelta(days=3, seconds=1)).isoformat()
    take(take_message_events, report("bounced", at=before), report("unsubscribed", at=before))
    assert Contact.objects.get().unsubscribed_at
    assert told() == []


def test_nothing_is_told_of_what_is_not_stored(endpoint, messages, workspace):
    messages()
    with transaction.atomic():
        take_message_events(workspace, [report("bounced")], received_at=NOW)
        transaction.set_rollback(True)
    assert told() == []


def test_who_takes_nothing_of_it_is_told_nothing(endpoint, messages, take):
    endpoint.events = ["alert.opened"]
    endpoint.save()
    messages()
    take(take_message_events, report("bounced"), report("unsubscribed"))
    assert told() == []


def test_many_cost_as_many_statements_as_few(endpoint, messages, take):
    messages(60)
    costs = []
    for names in (range(5), range(5, 60)):
        rows = [report(kind, f"c{n}") for n in names for kind in ("bounced", "unsubscribed")]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            take(take_message_events, *rows)
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert len(told()) == 2 * 60
    with CaptureQueriesContext(connection) as queries:
        take(take_message_events, *(report("opened", f"c{n}") for n in range(60)))
    assert not [query for query in queries if "webhookendpoint" in query["sql"]]
