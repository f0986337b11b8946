"""`manage.py classify`: history is brought up to other rules, and the ledger with it."""

from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command

from analytics import actors
from analytics.actors import RULES
from analytics.ingest.messages import reclassification
from analytics.ledger.rebuild import Difference, verify
from analytics.models import DayCount, Message, MessageEvent
from tests.copied_rows import copied

AT = "2026-03-21T09:00:00Z"


@pytest.fixture
@copied
def history(bulk, workspace, now):
    """Three messages opened by a machine, one by a person, and a report on none; classified while all was human."""
    bulk("campaigns", [{"externalId": "c", "name": "C"}])
    bulk("contacts", [{"externalId": "u"}])
    sent = {"campaign": "c", "contact": "u", "channel": "EMAIL", "createdAt": AT, "sentAt": AT}
    opened = {"type": "opened", "at": AT, "userAgent": "Mozilla/5.0"}
    with patch.object(actors, "RULES", RULES[-1:]):
        bulk("messages", [{**sent, "externalId": f"m{n}"} for n in range(4)])
        bulk("message-events", [{**opened, "message": f"m{n}"} for n in range(3)])
        bulk("message-events", [{**opened, "message": "m3", "userAgent": "Opera"}, {**opened, "message": "unknown"}])


def run(*options):
    out = StringIO()
    call_command("classify", *options, stdout=out, stderr=out)
    return out.getvalue()


def human_opened():
    return sum(DayCount.objects.filter(counted="human_opened").values_list("n", flat=True))


@pytest.mark.long
def test_history_is_classified_anew_and_the_ledger_follows(history, workspace, report, monkeypatch):
    monkeypatch.setattr(reclassification, "MESSAGES_AT_ONCE", 3)
    before = report()
    assert before["messages"]["humanOpened"] == human_opened() == 4

    assert f"{workspace.api_id} Acme: 4 opened messages classified." in run()

    after = report()
    assert (after["messages"]["humanOpened"], after["messages"]["opened"]) == (1, 4)
    assert after["meta"] == before["meta"]
    assert Message.objects.get(human_opened_at__isnull=False).external_id == "m3"
    assert sorted(MessageEvent.objects.values_list("actor_rule", flat=True)) == [*["apple-privacy"] * 4, "no-sign"]
    assert not [found for found in verify(workspace) if isinstance(found, Difference)]


def test_a_second_run_changes_nothing(history, workspace):
    run()
    before = DayCount.objects.count()
    run(f"--workspace={workspace.api_id}")
    assert DayCount.objects.count() == before


def test_what_was_never_classified_is_labelled(history):
    MessageEvent.objects.update(actor="", actor_rule="")
    run()
    assert not MessageEvent.objects.filter(actor="").exists()


def test_an_unknown_workspace_is_told(db):
    with pytest.raises(CommandError, match="There is no workspace 'ws_x'"):
        run("--workspace=ws_x")
