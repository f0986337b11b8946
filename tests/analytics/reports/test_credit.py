"""Credit of conversions in a workspace: by hand, and over random histories the same whatever days are shown."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.models import Campaign
from analytics.periods import Window
from analytics.questions.credit import CreditModel, CreditRule, TouchKind
from analytics.reports.attribution.source_tree import source_tree
from analytics.reports.credit.report import CreditQuestion, credit, credit_by_models
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.touches import CreditBy
from tests.analytics.asking import ask
from tests.analytics.reports.items import contact, event, message, report
from tests.analytics.reports.test_random_histories import histories, send
from tests.copied_rows import copied
from tests.examples import examples
from workspaces.models import Workspace

pytestmark = pytest.mark.usefixtures("now")

slugs = count()
DAY = timedelta(days=1)
GOOGLE = {"source": "google", "medium": "cpc", "campaign": "sale"}
MAIL = {"source": "newsletter", "medium": "email", "campaign": "welcome"}


def came(who, when, utm=GOOGLE):
    return event("visit", who, when, utm=utm)


@pytest.fixture
def credited(workspace, now):
    """(name, millionths of a conversion, assists, people) of each row."""

    def get(model=CreditModel.LINEAR, days=30, by=CreditBy.TOUCH, **rule):
        question = ask(workspace, now, days, kind=CreditQuestion, rule=CreditRule(model, **rule), by=by)
        answer = credit(Ledger(workspace), question)
        return answer, [(row.name, row.credit, row.assists, row.people) for row in answer.rows]

    return get


@pytest.fixture
@copied
def some_weeks(bulk):
    """Ada comes by a search, clicks a mail that leads her back, and buys; Bob just buys; Eve came long ago."""
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob", "eve")])
    bulk("campaigns", [{"externalId": "welcome", "name": "Welcome"}])
    reached = dict.fromkeys(("sent", "delivered", "opened"), "03-20 08:00")
    bulk("messages", [message("m1", "03-20 08:00", clicked="03-20 10:00", **reached)])
    bulk("message-events", [report("m1", "clicked", "03-20 10:00")])
    bulk(
        "events",
        [
            came("ada", "03-10 09:00"),
            came("ada", "03-20 10:01", MAIL),
            event("purchase", "ada", "03-21 09:00"),
            event("purchase", "ada", "03-29 09:00"),
            event("purchase", "bob", "03-21 09:00"),
            came("eve", "02-01 09:00"),
            event("purchase", "eve", "03-21 09:00"),
        ],
    )


def test_weeks_that_can_be_added_up_by_hand(some_weeks, credited):
    """On 29 March the click is nine days old and counts no more: the visit that it led to does."""
    answer, rows = credited()
    assert (answer.conversions, answer.credited, answer.without_touch) == (4, 2, 2)
    assert rows == [
        (("visit", "google", "cpc", "sale"), 1_000_000, 2, 1),
        (("clicked", "email", "email", "Welcome"), 500_000, 1, 1),
        (("visit", "newsletter", "email", "welcome"), 500_000, 1, 1),
    ]


def test_a_row_can_be_of_a_part_of_the_names(some_weeks, credited):
    assert credited(by=CreditBy.MEDIUM)[1] == [(("cpc",), 1_000_000, 2, 1), (("email",), 1_000_000, 2, 1)]


def test_messages_are_told_apart_by_variant_and_by_campaign(bulk, credited):
    """Also of one person at one instant, and where two campaigns have one name."""
    test = {"externalId": "subject", "name": "Subject", "variants": [{"name": "A"}, {"name": "B"}]}
    bulk("contacts", [contact("ada", "01-10 09:00")])
    bulk(
        "campaigns",
        [
            {"externalId": "welcome", "name": "Welcome", "abTests": [test]},
            {"externalId": "second", "name": "Welcome"},
        ],
    )
    at_nine = dict.fromkeys(("sent", "delivered", "opened"), "03-20 09:00")
    bulk(
        "messages",
        [
            message("m1", "03-20 08:00", **at_nine, abTest="subject", variant="A"),
            message("m2", "03-20 08:00", **at_nine, abTest="subject", variant="B"),
            message("m3", "03-20 08:00", **at_nine),
            message("m4", "03-20 08:00", **at_nine, campaign="second"),
            message("m5", "03-20 08:00", **at_nine, abTest="subject", variant="B"),
        ],
    )
    bulk("events", [event("purchase", "ada", "03-20 12:00")])
    _, rows = credited(lookbacks=((TouchKind.DELIVERED, DAY),))
    mail = ("delivered", "email", "email", "Welcome")
    assert sorted(rows) == [
        (mail, 250_000, 1, 1),
        (mail, 250_000, 1, 1),
        ((*mail, "A"), 250_000, 1, 1),
        ((*mail, "B"), 250_000, 1, 1),
    ]


SPRING = {"source": "news", "medium": "web", "campaign": "spring"}


def test_a_message_of_another_campaign_than_its_variant_is_told_by_its_campaign(bulk, credited):
    """The sender gave it another campaign: the variant is still that of the first one."""
    bulk("contacts", [contact("ada", "01-10 09:00")])
    named = {"name": "T", "externalId": "t", "variants": [{"name": "A"}]}
    bulk("campaigns", [{"externalId": "old", "name": "Old", "abTests": [named]}, {"externalId": "new", "name": "New"}])
    of_test = {"abTest": "t", "variant": "A"}
    bulk("messages", [message("m1", "03-20 08:00", campaign="old", **of_test)])
    bulk("messages", [message("m1", "03-20 08:00", campaign="new", clicked="03-20 10:00")])
    bulk("messages", [message("m2", "03-20 08:00", campaign="old", clicked="03-20 09:00")])
    bulk("message-events", [report("m1", "clicked", "03-20 10:00"), report("m2", "clicked", "03-20 11:00")])
    bulk("events", [event("purchase", "ada", "03-21 09:00")])
    _, rows = credited(CreditModel.LINEAR)
    assert [name for name, *_ in rows] == [("clicked", "email", "email", name) for name in ("New", "Old")]


@pytest.fixture
def spring(bulk):
    """Three campaigns of which two say what their links carry; Ada clicks in the first one."""
    bulk("contacts", [contact("ada", "01-10 09:00")])
    named = {"welcome": SPRING, "other": {**SPRING, "campaign": "autumn"}, "plain": None}
    bulk("campaigns", [{"externalId": name, "name": name, "utm": utm} for name, utm in named.items()])
    reached = dict.fromkeys(("sent", "delivered", "opened"), "03-20 08:00")

    def click(campaign="welcome", **more):
        bulk("messages", [message("m1", "03-20 08:00", campaign=campaign, clicked="03-20 10:00", **reached)])
        bulk("message-events", [report("m1", "clicked", "03-20 10:00")])
        bulk("events", [came("ada", "03-20 10:30", **more), event("purchase", "ada", "03-22 10:00")])

    return click


def test_a_visit_with_what_a_campaign_s_links_carry_is_the_click_that_led_to_it(spring, credited):
    spring(utm={**SPRING, "source": " News ", "medium": "WEB"})
    assert credited()[1] == [(("clicked", "email", "email", "welcome"), CONVERSION, 1, 1)]


@pytest.mark.parametrize(
    ("campaign", "utm"),
    [
        ("welcome", {**SPRING, "campaign": "autumn"}),
        ("welcome", MAIL),
        ("plain", SPRING),
        ("plain", {**SPRING, "campaign": ""}),
    ],
)
def test_another_visit_is_a_touch_of_its_own(spring, credited, campaign, utm):
    """Of another campaign, of none though by email, and after a click in a campaign that says nothing of its links."""
    spring(campaign, utm=utm)
    assert len(credited()[1]) == 2


def test_a_visit_is_of_the_newest_campaign_that_says_its_links_carry_it(spring, bulk, credited):
    spring(utm=SPRING)
    bulk("campaigns", [{"externalId": "again", "name": "again", "utm": SPRING}])
    report, rows = credited(lookbacks=((TouchKind.VISIT, 30 * DAY),))
    assert rows == [(("visit", "news", "web", "spring"), CONVERSION, 1, 1)]
    assert Campaign.objects.get(pk=report.rows[0].label.campaign_id).name == "again"


def test_a_longer_lookback_finds_who_came_long_ago(some_weeks, credited):
    longer = ((TouchKind.VISIT, 60 * DAY),)
    answer, rows = credited(CreditModel.FIRST, lookbacks=longer)
    assert answer.credited == 3
    assert rows == [(("visit", "google", "cpc", "sale"), 3_000_000, 3, 2), (("visit", *MAIL.values()), 0, 2, 1)]


def test_touches_are_used_once_where_that_is_asked(some_weeks, credited):
    answer, rows = credited(CreditModel.LAST, reuse=False)
    assert (answer.credited, answer.without_touch) == (1, 3)
    assert rows[0] == (("clicked", "email", "email", "Welcome"), 1_000_000, 1, 1)


def test_conversions_at_one_instant_do_not_take_touches_from_each_other(some_weeks, bulk, credited):
    """None of them is before another, so that it does not matter which comes first."""
    bulk("events", [event("purchase", "ada", "03-21 09:00")])
    answer, rows = credited(CreditModel.LAST, reuse=False)
    assert (answer.conversions, answer.credited) == (5, 2)
    assert rows[0] == (("clicked", "email", "email", "Welcome"), 2_000_000, 2, 1)


def test_a_model_that_says_nothing_says_why(some_weeks, credited):
    answer, rows = credited(CreditModel.MARKOV)
    assert answer.refusal == "Fewer than 30 conversions have a touch."
    assert {row[1] for row in rows} == {None}
    assert answer.without_touch == 2


def test_models_side_by_side_say_what_each_says_alone(some_weeks, workspace, now):
    rules = [CreditRule(model) for model in CreditModel]
    question = ask(workspace, now, kind=CreditQuestion, rule=rules[0])
    alone = [credit(Ledger(workspace), replace(question, rule=rule)) for rule in rules]
    assert [*credit_by_models(Ledger(workspace), question, rules)] == alone
    assert len({str(report.rows) for report in alone}) == 5  # of two touches linear, its twin and position say the same


def test_an_empty_workspace(credited):
    answer, rows = credited()
    assert (answer.conversions, answer.credited, rows) == (0, 0, [])


WEIGHED = [model for model in CreditModel if model is not CreditModel.MARKOV]


@pytest.mark.long
@pytest.mark.django_db
@examples(12)
@given(
    history=histories(),
    model=st.sampled_from(WEIGHED),
    by=st.sampled_from(CreditBy),
    lookback=st.integers(1, 20),
    reuse=st.booleans(),
    cut=st.integers(1, 13),
)
def test_credit_adds_up_and_is_the_same_whatever_days_are_shown(history, model, by, lookback, reuse, cut):
    workspace, now = Workspace.objects.create(name="W", slug=f"c{next(slugs)}", time_zone=history.zone.key), history.now
    send(workspace, history)
    lookbacks = ((TouchKind.VISIT, lookback * DAY), (TouchKind.CLICKED, DAY), (TouchKind.OPENED, DAY))
    rule = CreditRule(model, lookbacks=lookbacks, reuse=reuse)
    whole = Window.last_days(14, zone=history.zone, now=now)
    middle = whole.first_day + cut * DAY
    parts = (
        Window.between(whole.first_day, middle - DAY, zone=history.zone),
        Window.between(middle, whole.last_day, zone=history.zone),
    )
    of_all, *of_parts = (
        credit(Ledger(workspace), ask(workspace, now, window, kind=CreditQuestion, rule=rule, by=by))
        for window in (whole, *parts)
    )
    assert sum(row.credit for row in of_all.rows) == of_all.credited * CONVERSION
    assert sum(part.conversions for part in of_parts) == of_all.conversions
    assert sum(part.credited for part in of_parts) == of_all.credited
    for number in ("credit", "assists"):
        summed = {}
        for row in (row for part in of_parts for row in part.rows):
            summed[row.name] = summed.get(row.name, 0) + getattr(row, number)
        assert summed == {row.name: getattr(row, number) for row in of_all.rows}


@pytest.mark.long
@pytest.mark.django_db
@examples(10)
@given(history=histories())
def test_the_last_visit_of_days_with_nothing_before_is_the_page_s_answer(history):
    """Where the days shown have all that ever was, the last source within them is the last source."""
    workspace, now = Workspace.objects.create(name="W", slug=f"l{next(slugs)}", time_zone=history.zone.key), history.now
    send(workspace, history)
    rule = CreditRule(CreditModel.LAST, lookbacks=((TouchKind.VISIT, 365 * DAY),), collapse=timedelta(0))
    by_rule = credit(Ledger(workspace), ask(workspace, now, 60, kind=CreditQuestion, rule=rule))
    tree = source_tree(Ledger(workspace), ask(workspace, now, 60))
    of_tree = {node.path: node.conversions for node in tree.nodes if len(node.path) == 3}
    of_rule = {tuple(part or "" for part in row.name[1:]): row.credit / CONVERSION for row in by_rule.rows}
    assert {path: n for path, n in of_rule.items() if n} == {path: n for path, n in of_tree.items() if n}
    assert by_rule.without_touch == tree.direct_conversions


def test_markov_credits_a_touch_that_leads_to_others_which_lead_to_conversions(bulk, credited):
    """Thirty people come by a search and buy, ten by a letter. Ten more come by a podcast, then by a search, and buy
    nothing: without the podcast fewer would search, so that it has credit though it was before no conversion."""
    buyers, others = [f"b{n}" for n in range(40)], [f"o{n}" for n in range(10)]
    bulk("contacts", [contact(name, "01-10 09:00") for name in (*buyers, *others)])
    podcast = {"source": "podcast", "medium": "audio", "campaign": ""}
    events = [came(name, "03-10 09:00", MAIL if place < 10 else GOOGLE) for place, name in enumerate(buyers)]
    events += [event("purchase", name, "03-11 09:00") for name in buyers]
    events += [came(name, "03-10 09:00", podcast) for name in others] + [came(name, "03-11 09:00") for name in others]
    bulk("events", events)
    answer, rows = credited(CreditModel.MARKOV)
    of_names = [(name[1], assists, people) for name, _, assists, people in rows]
    assert of_names == [("google", 30, 30), ("newsletter", 10, 10), ("podcast", 0, 0)]
    assert sum(credit for _, credit, _, _ in rows) == answer.credited * CONVERSION
    assert [name[1] for name, *_ in credited(CreditModel.LINEAR)[1]] == ["google", "newsletter"]
