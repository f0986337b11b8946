"""The paths report: by hand, and over random events what going through the conversions one by one says."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.periods import Window, local_day
from analytics.questions.credit import CreditRule, TouchKind
from analytics.reports.credit.path_report import PathsQuestion, path_report
from tests.analytics.asking import ask
from tests.analytics.ledger.facts import Facts
from tests.analytics.reports.items import contact, event
from tests.analytics.reports.test_credit_money import DAY, LETTER, NOW, SEARCH, sent, sold, workspace_with
from tests.copied_rows import copied
from tests.examples import examples

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
@copied
def some_paths(bulk):
    bulk("contacts", [contact(name, "01-10 09:00") for name in ("ada", "bob", "cy", "dan")])
    bulk(
        "events",
        [
            event("visit", "ada", "03-10 09:00", utm=SEARCH),
            event("visit", "ada", "03-20 09:00", utm=LETTER),
            sold("ada", "03-20 10:00", revenue=10, currency="EUR"),
            event("visit", "bob", "03-10 09:00", utm=SEARCH),
            event("visit", "bob", "03-11 09:00", utm=LETTER),
            sold("bob", "03-12 09:00", revenue=5, currency="CHF"),
            event("visit", "cy", "03-11 09:00", utm=LETTER),
            sold("cy", "03-11 09:01", revenue=7, currency="EUR"),
            sold("dan", "03-12 09:00", revenue=1, currency="EUR"),
        ],
    )


@pytest.fixture
def found(workspace, now):
    def get(**asked):
        return path_report(Ledger(workspace), ask(workspace, now, kind=PathsQuestion, rule=CreditRule(), **asked))

    return get


def texts(row):
    return [label.text for label in row.labels]


def test_paths_that_can_be_counted_by_hand(some_paths, found):
    report = found()
    [both, letter] = report.rows
    assert texts(both) == ["google / cpc / sale", "letter / email / spring"]
    assert (both.conversions, both.people, both.touches, both.is_cut) == (2, 2, 2, False)
    assert both.revenue.by_currency == {"EUR": 1000, "CHF": 500}
    assert both.median_seconds == ((10 * 24 + 1) + 2 * 24) * 3600 // 2
    assert texts(letter) == ["letter / email / spring"]
    assert (letter.conversions, letter.median_seconds) == (1, 60)
    assert (report.conversions, report.without_touch, report.with_one_touch, report.with_more_touches) == (4, 1, 1, 2)
    assert (report.other_paths, report.other_conversions) == (0, 0)


def test_paths_can_be_asked_for_by_their_length(some_paths, found):
    report = found(fewest=2)
    assert [row.touches for row in report.rows] == [2]
    assert (report.other_paths, report.other_conversions) == (1, 1)
    assert found(most=1).rows == found().rows[1:]
    assert found(limit=1).other_conversions == 1


def test_a_long_path_shows_its_ends_and_counts_by_the_whole(bulk, found):
    bulk("contacts", [contact("ada", "01-10 09:00"), contact("bob", "01-10 09:00")])
    sources = [f"s{number:02}" for number in range(12)]
    visits = [
        event("visit", who, f"03-{number + 1:02} 09:00", utm={"source": source if who == "ada" or number != 4 else "x"})
        for who in ("ada", "bob")
        for number, source in enumerate(sources)
    ]
    bulk("events", [*visits, sold("ada", "03-13 09:00"), sold("bob", "03-13 10:00")])
    first, second = found().rows
    assert texts(first) == texts(second) == [*sources[:3], *sources[-7:]]
    assert (first.touches, first.is_cut, first.conversions) == (12, True, 1)


def test_without_conversions_there_are_no_paths(found):
    report = found()
    assert (report.rows, report.conversions, report.other_paths) == ((), 0, 0)


@pytest.mark.long
@pytest.mark.django_db
@examples(20)
@given(rows=sent, fewest=st.integers(1, 3), limit=st.integers(1, 4), reuse=st.booleans())
def test_paths_are_what_going_through_the_conversions_says(rows, fewest, limit, reuse):
    workspace = workspace_with(rows)
    last = local_day(NOW, workspace.zone)
    window = Window.between(last - 16 * DAY, last, zone=workspace.zone)
    rule = CreditRule(lookbacks=((TouchKind.VISIT, 5 * DAY),), reuse=reuse)

    def report(source, **asked):
        return path_report(source, ask(workspace, NOW, window, kind=PathsQuestion, rule=rule, **asked))

    whole, part = report(Ledger(workspace)), report(Ledger(workspace), fewest=fewest, limit=limit)
    assert whole.rows == report(Facts(workspace)).rows
    assert sum(row.conversions for row in whole.rows) == whole.conversions - whole.without_touch
    assert whole.with_one_touch == sum(row.conversions for row in whole.rows if row.touches == 1)
    assert part.rows == tuple(row for row in whole.rows if row.touches >= fewest)[:limit]
    assert sum(row.conversions for row in part.rows) + part.other_conversions + part.without_touch == whole.conversions
    assert len(part.rows) + part.other_paths == len(whole.rows)
    visited = [(person, quarters) for _, person, quarters, utm, _ in rows if utm]
    if reuse and len(visited) == len(set(visited)):  # what is at one instant has no order of its own
        assert {(*texts(row),): facts(row) for row in whole.rows} == counted(rows, workspace, window)


def facts(row):
    return row.conversions, row.people, row.median_seconds


def counted(rows, workspace, window):
    """By path: conversions, people, and the median of seconds. `rows` are as they were sent, six hours apart."""
    found = {}
    for event_type, person, quarters, _, _ in rows:
        is_conversion = event_type in workspace.conversion_types
        if not is_conversion or not window.first_day <= local_day(NOW - quarters * DAY / 4, workspace.zone):
            continue
        before = [
            (-ago, " / ".join(utm.values()))
            for _, whose, ago, utm, _ in rows
            if utm and whose == person and 0 <= ago - quarters <= 20
        ]
        if before:
            visits = sorted(set(before))
            path = tuple(label for _, label in visits)
            found.setdefault(path, []).append((person, (-visits[0][0] - quarters) * 6 * 3600))
    return {
        path: (len(each), len({person for person, _ in each}), int(median(seconds for _, seconds in each)))
        for path, each in found.items()
    }
