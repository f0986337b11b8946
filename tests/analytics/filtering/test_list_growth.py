"""The list that is written to: its growth adds up in every period, is what a plain recount says over random histories,
and each number has a list of its length; so is who on it still reads."""

from datetime import date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.lists import ListConditions, PeopleList
from analytics.lists.listed_people import ListedPeople
from analytics.models import Contact, Message, MessageEvent
from analytics.periods import Interval, Window, buckets, local_day
from analytics.questions.fields import Subject
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf
from analytics.questions.parts import parts_of
from analytics.questions.questions import Question
from analytics.questions.slices import Slice
from analytics.reports.emails.list_engagement import LastAct, list_engagement
from analytics.reports.emails.list_growth import GAINS, LOSSES, ListFlow, list_growth
from tests.analytics.filtering.histories import NOW, ZONE, facts, iso, of_people
from tests.analytics.filtering.recount import Recount
from tests.analytics.ledger.facts import Facts
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()
SHOWN = Window.between(date(2026, 3, 16), date(2026, 3, 31), zone=ZONE)
times = st.integers(0, 24 * 16).map(lambda hours: NOW - timedelta(hours=hours))
comings_and_goings = st.lists(
    st.builds(
        lambda message, type, at, bounce: {"message": message, "type": type, "at": iso(at), **bounce},
        st.sampled_from(["m1", "m2", "m3", "m4"]),
        st.sampled_from(["unsubscribed", "subscribed", "subscribed", "complained", "bounced", "clicked"]),
        times,
        st.sampled_from([{}, {"bounce": "hard"}]),
    ),
    max_size=14,
)


def asked_of(workspace, data, interval):
    where = canonical(AllOf((data.draw(of_people(workspace)),))) if data.draw(st.booleans()) else AllOf()
    part = Slice(where=parts_of(where)).ending_with(SHOWN.last_day)
    return Question(window=SHOWN, now=NOW, part=part, interval=interval)


def lives_of(workspace, question):
    """Of each person on the list at any time when they signed up, and in order what happened to them."""
    recount = Recount(workspace, Window.between(SHOWN.last_day, SHOWN.last_day, zone=ZONE))
    meant, lives = recount.people(question.part.where.people), {}
    for contact in Contact.objects.current().filter(workspace=workspace):
        if (person := recount.root[contact.person_number]) in meant and contact.signed_up_at < SHOWN.ends_at:
            lives[person] = contact.signed_up_at, []
    kinds = {"unsubscribed": "unsubscribed", "complained": "complained", "subscribed": "back"}
    known = set()
    for report in MessageEvent.objects.filter(workspace_id=workspace.pk, message__isnull=False).order_by("occurred_at"):
        kind = "hardBounced" if report.bounce_kind == "hard" else kinds.get(report.type)
        person = recount.root[report.message.person_number]
        if kind != "back" and (report.message_id, kind) in known:  # of a message the first counts
            continue
        known.add((report.message_id, kind))
        if kind and person in lives and report.occurred_at < SHOWN.ends_at:
            signed_up, acts = lives[person]
            order = ["unsubscribed", "hardBounced", "complained", "back"].index(kind)
            acts.append((max(signed_up, report.occurred_at), order, kind))
    return {person: (signed_up, sorted(acts)) for person, (signed_up, acts) in lives.items()}


def state_before(life, at):
    """Whether somebody is on the list just before an instant, and what happened to them by then, in order."""
    signed_up, acts = life
    if signed_up >= at:
        return False, []
    is_there, is_dead, happened = True, False, [(signed_up, "new")]
    for when, _, kind in acts:
        if when >= at:
            break
        is_dead |= kind == "hardBounced"
        if kind == "back" and not is_there and not is_dead:
            is_there = True
            happened.append((when, "resubscribed"))
        if kind != "back" and is_there:
            is_there = False
            happened.append((when, kind))
    return is_there, happened


def flows_by_hand(lives, window):
    found = {flow: set() for flow in ListFlow}
    for person, life in lives.items():
        was_there, _ = state_before(life, window.starts_at)
        is_there, happened = state_before(life, window.ends_at)
        inside = [kind for at, kind in happened if at >= window.starts_at]
        lost = [kind for kind in inside if kind not in ("new", "resubscribed")]
        came_back = "resubscribed" in inside
        if not was_there and "new" not in inside and is_there:
            lost = []
        elif was_there + ("new" in inside) + came_back - bool(lost) != is_there:
            came_back = not came_back
        names = [*(["opening"] if was_there else []), *(["closing"] if is_there else []), *lost[-1:]]
        names += [*(["new"] if "new" in inside else []), *(["resubscribed"] if came_back else [])]
        for name in names:
            found[ListFlow(name)].add(person)
    return found


def rows_of(workspace, question, window, kind):
    conditions = ListConditions.of(question.part, Subject.PEOPLE)
    rows = PeopleList(window, choice=ListedPeople(kind), conditions=conditions).find(workspace, now=NOW)
    found = {row.number for row in rows.page(size=100).rows}
    assert rows.total == len(found)
    return found


@pytest.mark.long
@pytest.mark.django_db
@examples(10)
@given(facts, comings_and_goings, st.sampled_from([Interval.DAY, Interval.WEEK, Interval.MONTH]), st.data())
def test_growth_adds_up_and_is_what_is_counted_by_hand(history, reports, interval, data):
    workspace = Workspace.objects.create(name="W", slug=f"growth{next(slugs)}", time_zone="Europe/Berlin")
    history.reports += reports
    history.send(workspace)
    question = asked_of(workspace, data, interval)
    report = list_growth(Ledger(workspace), question)
    of_facts = list_growth(Facts(workspace), question)
    assert (report.total, report.periods) == (of_facts.total, of_facts.periods)
    lives = lives_of(workspace, question)
    assert [period.bucket for period in report.periods] == [*buckets(SHOWN, interval)]
    for before, after in zip(report.periods, report.periods[1:], strict=False):
        assert before.closing == after.opening
    for period in (report.total, *report.periods):
        gained, lost = (sum(map(period.count, flows)) for flows in (GAINS, LOSSES))
        assert period.opening + gained - lost == period.closing
        expected = flows_by_hand(lives, period.bucket.window(ZONE))
        assert {flow: period.count(flow) for flow in ListFlow} == {flow: len(who) for flow, who in expected.items()}
    for period in (report.total, report.periods[0], report.periods[-1]):
        window = period.bucket.window(ZONE)
        for flow, people in flows_by_hand(lives, window).items():
            assert rows_of(workspace, question, window, flow) == people, flow


def last_acts_by_hand(workspace, people):
    """Of each of the people the last human act before the end, and the messages delivered since."""
    recount = Recount(workspace, SHOWN)
    messages = [*Message.objects.filter(workspace_id=workspace.pk)]
    found = {}
    for person in people:
        mine = [message for message in messages if recount.root[message.person_number] == person]
        acts = [at for message in mine for at in (message.human_opened_at, message.human_clicked_at) if at]
        last = max((at for at in acts if at < SHOWN.ends_at), default=None)
        got = [
            message.delivered_at for message in mine if message.delivered_at and message.delivered_at < SHOWN.ends_at
        ]
        found[person] = last, sum(last is None or at > last for at in got)
    return found


def last_act_of(last):
    if last is None:
        return LastAct.NEVER
    ago = (SHOWN.last_day - local_day(last, ZONE)).days
    limits = {30: LastAct.MONTH, 90: LastAct.QUARTER, 180: LastAct.HALF, 365: LastAct.YEAR}
    return next((each for days, each in limits.items() if ago <= days), LastAct.LONGER)


@pytest.mark.long
@pytest.mark.django_db
@examples(8)
@given(facts, comings_and_goings, st.integers(0, 3), st.data())
def test_who_still_reads_is_what_is_counted_by_hand(history, reports, scale, data):
    workspace = Workspace.objects.create(name="W", slug=f"reads{next(slugs)}", time_zone="Europe/Berlin")
    history.reports += reports
    history.messages = [older(message, days=40 * scale * place) for place, message in enumerate(history.messages)]
    history.send(workspace)
    question = asked_of(workspace, data, Interval.DAY)
    report = list_engagement(Ledger(workspace), question)
    assert report.rows == list_engagement(Facts(workspace), question).rows
    lives = lives_of(workspace, question)
    there = {person for person, life in lives.items() if state_before(life, SHOWN.ends_at)[0]}
    assert report.people == len(there) == sum(row.people for row in report.rows)
    by_hand = last_acts_by_hand(workspace, there)
    for row in report.rows:
        people = {person for person, (last, _) in by_hand.items() if last_act_of(last) is row.last_act}
        assert (row.people, row.messages_since) == (len(people), sum(by_hand[person][1] for person in people))
        assert rows_of(workspace, question, SHOWN, row.last_act) == people


def older(message, *, days):
    """With all that it reached so many days before."""
    shifted = {
        name: iso(datetime.fromisoformat(value) - timedelta(days=days))
        for name, value in message.items()
        if name.endswith("At")
    }
    return {**message, **shifted}
