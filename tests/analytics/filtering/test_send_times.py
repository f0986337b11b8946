"""Times of sending are those counted by hand over random histories, and each number has a list of its length."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.lists.send_times import send_time_list
from analytics.reports.emails.send_times import send_times
from tests.analytics.filtering.histories import NOW, facts
from tests.analytics.filtering.test_deliverability import asked_of, emails_of
from tests.analytics.ledger.facts import Facts
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.long
@pytest.mark.django_db
@examples(15)
@given(facts, st.data())
def test_times_of_sending_are_those_counted_by_hand(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"times{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    question = replace(asked_of(workspace, data), now=NOW + timedelta(days=data.draw(st.integers(0, 4))))
    report = send_times(Ledger(workspace), question)
    assert report.times == send_times(Facts(workspace), question).times
    sent, clicked = Counter(), Counter()
    for email in emails_of(workspace, question):
        at = email.created_at.astimezone(BERLIN)
        if question.today - at.date() < timedelta(days=3):
            continue
        sent[at.isoweekday(), at.hour] += email.sent_at is not None
        clicked[at.isoweekday(), at.hour] += email.human_clicked_at is not None
    told = {(time.weekday, time.hour): time for time in report.times}
    assert [*told] == sorted(time for time, n in sent.items() if n)
    for time, row in told.items():
        assert (row.numbers["sent"], row.numbers["human_clicked"]) == (sent[time], clicked[time])
        for status in ("sent", "human_clicked"):
            rows = send_time_list(status, row, report.window, report.part)
            assert rows.find(workspace, now=NOW).total == row.numbers[status]
