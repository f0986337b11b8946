"""Deliverability equals a recount of the messages and their reports over random histories, adds up, and each number
has a list of its length."""

from dataclasses import replace
from functools import partial
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.bounces import bounce_class
from analytics.ledger import Ledger
from analytics.lists.emails import emails_list
from analytics.mailboxes import MAILBOX_GROUPS, mailbox_group
from analytics.metrics import METRICS, Unit
from analytics.models import Contact, Message, MessageEvent
from analytics.periods import local_day
from analytics.questions.deliverability import DeliverabilityBy, DeliverabilityQuestion
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.parts import parts_of
from analytics.questions.slices import Slice
from analytics.reports.emails.deliverability import deliverability
from tests.analytics.filtering.histories import INSTANTS, NOW, ZONE, facts, iso, of_messages, of_people
from tests.analytics.filtering.recount import Recount
from tests.analytics.filtering.test_reports import SHOWN
from tests.analytics.ledger.facts import Facts
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()
COUNTS = ("messages_total", "sent", "bounced", "hard_bounced", "soft_bounced", "complained", "deferred", "human_opened")
FIELD_OF = {key: f"{key}_at" for key in COUNTS if key not in ("messages_total", "deferred")}
delivery_reports = st.lists(
    st.builds(
        lambda message, type, at, reason: {"message": message, "type": type, "at": iso(at), "reason": reason},
        st.sampled_from(["m1", "m2", "m3", "m4"]),
        st.sampled_from(["bounced", "bounced", "deferred"]),
        INSTANTS,
        st.sampled_from(["", "5.1.1", "4.2.2", "blocked", "550 5.7.26 no", "5.2.1"]),
    ),
    max_size=8,
)


def asked_of(workspace, data):
    kinds = {"messages": partial(of_messages, workspace), "people": partial(of_people, workspace)}
    of_facts = kinds.get(data.draw(st.sampled_from(["", *kinds])))
    where = AllOf() if of_facts is None else canonical(AllOf((data.draw(of_facts()),)))
    part = Slice(where=parts_of(where)).ending_with(SHOWN.last_day)
    by = data.draw(st.sampled_from(DeliverabilityBy))
    return DeliverabilityQuestion(window=SHOWN, now=NOW, part=part, by=by)


def emails_of(workspace, question):
    recount = Recount(workspace, replace(SHOWN, first_day=SHOWN.last_day, days=1))
    people, meant = (
        recount.people(question.part.where.people),
        recount.matching_messages(question.part.where.messages),
    )
    return [
        row
        for row in Message.objects.filter(workspace_id=workspace.pk, channel="EMAIL")
        if SHOWN.starts_at <= row.created_at < SHOWN.ends_at
        and row.pk in meant
        and recount.root[row.person_number] in people
    ]


def values_of(workspace, question, emails):
    """By message what it is taken together by; without those that have nothing of it."""
    contacts = dict(Contact.objects.filter(workspace=workspace).values_list("pk", "email"))
    reports = MessageEvent.objects.filter(workspace_id=workspace.pk, type="bounced")
    first = {}
    for report in sorted(reports, key=lambda report: (report.occurred_at, report.pk)):
        first.setdefault(report.message_id, report.reason)
    match question.by:
        case DeliverabilityBy.DOMAIN:
            named = {row.pk: mailbox_group(contacts[row.contact_id]) for row in emails}
            return {pk: "other" if value not in (None, *MAILBOX_GROUPS) else value for pk, value in named.items()}
        case DeliverabilityBy.CAMPAIGN:
            return {row.pk: f"cmp_{row.campaign_id}" for row in emails}
        case DeliverabilityBy.DAY:
            return {row.pk: local_day(row.created_at, ZONE).isoformat() for row in emails}
    return {row.pk: bounce_class(first.get(row.pk, "")).value for row in emails if row.bounced_at}


def counts_by_hand(workspace, emails):
    reports = MessageEvent.objects.filter(workspace_id=workspace.pk, type="deferred")
    deferred = {*reports.values_list("message", flat=True)}
    reached = {key: sum(getattr(row, name) is not None for row in emails) for key, name in FIELD_OF.items()}
    return {"messages_total": len(emails), **reached, "deferred": sum(row.pk in deferred for row in emails)}


@pytest.mark.long
@pytest.mark.django_db
@examples(10)
@given(facts, delivery_reports, st.data())
def test_emails_are_those_counted_by_hand_and_each_number_has_its_list(history, reports, data):
    workspace = Workspace.objects.create(name="W", slug=f"mails{next(slugs)}", time_zone="Europe/Berlin")
    history.reports += reports
    history.send(workspace)
    for _ in range(3):
        question = asked_of(workspace, data)
        report = deliverability(Ledger(workspace), question)
        assert report == replace(deliverability(Facts(workspace), question), meta=report.meta)
        emails = emails_of(workspace, question)
        whole = counts_by_hand(workspace, emails)
        assert {key: report.numbers[key] for key in COUNTS} == whole
        values = values_of(workspace, question, emails)
        told = {"other" if row.domains else row.value: row for row in report.rows}
        assert len(told) == len(report.rows)
        found = {value for value, row in told.items() if row.numbers["messages_total"] or row.bounce_class}
        assert found == {*values.values()}
        for value, row in told.items():
            mine = counts_by_hand(workspace, [email for email in emails if values.get(email.pk, 0) == value])
            expected = {key: n for key, n in mine.items() if row.tells(key)}
            assert {key: row.numbers[key] for key in COUNTS if row.tells(key)} == expected
        if question.by is not DeliverabilityBy.CLASS:
            assert {key: sum(row.numbers[key] for row in report.rows) for key in COUNTS} == whole
        for row in (report.total, *report.rows):
            check_lists(workspace, row)


def check_lists(workspace, row):
    for key in (*COUNTS, "delivered", "human_clicked", "unsubscribed", "complaint_rate"):
        rows = emails_list(key, row)
        if METRICS[key].unit is Unit.SHARE or not row.tells(key):
            assert rows is None
        else:
            assert rows.find(workspace, now=NOW).total == row.numbers[key], key
