"""Messages of releases before, which kept only what was reported: migrated, they are as if they came today."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command

from analytics.ledger import Ledger
from analytics.ledger.rebuild import Difference, rebuild, verify
from analytics.metrics import HARM as HARM_COUNTED
from analytics.models import DayCount, Message, PersonNumbers
from tests.copied_rows import copied

AT, LATER = "2026-03-28T22:30:00Z", "2026-03-29T12:00:00Z"
"""Around the change of Berlin's clocks."""
HARM = {
    "none27": {"type": "complained"},
    "whole28": {"type": "unsubscribed"},
    "bounced27": {"type": "bounced", "bounce": "hard"},
    "failed28": {"type": "bounced", "bounce": "soft"},
}
NO_HARM = dict.fromkeys(("hard_bounced_at", "soft_bounced_at", "complained_at", "unsubscribed_at"))
STATUSES = ("sent", "delivered", "opened", "clicked", "bounced", "failed")


@pytest.fixture
@copied
def history(bulk, workspace, now):
    """Messages with whatever was reported of them, some of it later than what implies it."""
    test = {"externalId": "t", "name": "T", "variants": [{"name": "A"}, {"name": "B"}]}
    bulk("campaigns", [{"externalId": "c", "name": "C", "abTests": [test]}])
    bulk("contacts", [{"externalId": "u"}])
    reported = {
        "none": {},
        "opened": {"openedAt": LATER},
        "clicked": {"clickedAt": LATER, "sentAt": AT},
        "bounced": {"bouncedAt": LATER},
        "late": {"openedAt": AT, "deliveredAt": LATER, "sentAt": LATER},
        "whole": {"sentAt": AT, "deliveredAt": AT, "openedAt": LATER},
        "failed": {"failedAt": AT},
    }
    items = [
        {"externalId": f"{name}{day}", "createdAt": f"2026-03-{day}T23:30:00Z", "channel": channel, **reached}
        for name, reached in reported.items()
        for day, channel in ((27, "EMAIL"), (28, "SMS"))
    ]
    of_test = {"abTest": "t", "variant": "B"}
    bulk("messages", [{"campaign": "c", "contact": "u", **item, **of_test} for item in items])
    bulk("message-events", [{"message": message, "at": LATER, **told} for message, told in HARM.items()])
    return {item["externalId"]: item for item in items}


def as_before(workspace, history):
    """Takes the statuses away that were not reported, as releases before wrote them; what they were."""
    settled = rows(workspace)
    Message.objects.filter(workspace=workspace).update(**NO_HARM)
    for external_id, item in history.items():
        missing = {f"{status}_at": None for status in ("sent", "delivered") if f"{status}At" not in item}
        told = {f"{status}_at": item[f"{status}At"] for status in ("sent", "delivered") if f"{status}At" in item}
        Message.objects.filter(workspace=workspace, external_id=external_id).update(
            **missing, **told, reported_delivered_at=None
        )
    list(rebuild(workspace))
    PersonNumbers.objects.filter(workspace=workspace).update(ledger_layout=1)  # releases before kept no messages there
    return settled


def rows(workspace):
    return list(Message.objects.filter(workspace=workspace).order_by("pk").values())


def differences(workspace):
    return [found for found in verify(workspace) if isinstance(found, Difference)]


def migrate():
    import_module("analytics.migrations.0015_deliveries_of_the_past").note_deliveries(apps, None)
    settle = import_module("analytics.migrations.0016_implied_statuses").settle
    settle(apps, None)
    settle(apps, None)
    migrate_harm()


def migrate_harm():
    note_harm = import_module("analytics.migrations.0041_harm_of_the_past").note_harm
    note_harm(apps, None)
    note_harm(apps, None)


@pytest.mark.long
def test_messages_of_the_past_get_what_their_statuses_imply_and_the_ledger_counts_it(history, workspace, report):
    numbers = report("/timeseries"), report()
    settled = as_before(workspace, history)
    assert rows(workspace) != settled

    migrate()

    assert rows(workspace) == settled
    assert differences(workspace) == []
    assert (report("/timeseries"), report()) == numbers


@pytest.mark.long
def test_harm_that_was_reported_before_it_was_counted_is_counted(history, workspace):
    settled = rows(workspace)
    Message.objects.filter(workspace=workspace).update(**NO_HARM)
    Message.objects.filter(external_id="failed28").update(bounced_at=None, sent_at=None)
    list(rebuild(workspace))
    PersonNumbers.objects.filter(workspace=workspace).update(ledger_layout=1)
    migrate_harm()
    assert rows(workspace) == settled
    assert differences(workspace) == []
    counts = Ledger(workspace).counts([*HARM_COUNTED], window=None)
    assert [counts.of(counted) for counted in HARM_COUNTED] == [1, 1, 1, 1]


@pytest.mark.long
def test_the_ledger_gets_only_what_is_new(history, workspace):
    before = DayCount.objects.count()
    migrate()
    assert DayCount.objects.count() == before


@pytest.mark.long
def test_what_a_release_before_writes_meanwhile_is_settled_by_classify(history, workspace):
    settled = as_before(workspace, history)
    call_command("classify", verbosity=0)
    told = ("external_id", "sent_at", "delivered_at", "bounced_at", *NO_HARM)
    kept, found = ([[row[name] for name in told] for row in of] for of in (settled, rows(workspace)))
    assert found == kept
    assert differences(workspace) == []
