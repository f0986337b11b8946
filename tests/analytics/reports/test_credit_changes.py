"""How what conversions are credited to changed: on random histories as reports of credit have it, to the last unit."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import count

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from analytics.ledger import Ledger
from analytics.lists.changes import rows_of_change
from analytics.periods import DaysOfWeek, Window
from analytics.questions.credit import CreditModel, CreditRule, TouchKind
from analytics.questions.fields import field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf, Is, IsSet, Not
from analytics.questions.groups import Breakdown
from analytics.questions.parts import parts_of
from analytics.questions.ranges import ComparedDays, Comparison
from analytics.questions.slices import Slice
from analytics.questions.what_changed import WhatChangedQuestion, tells_change
from analytics.reports.changes.report import what_changed
from analytics.reports.credit.path_report import PathsQuestion, path_report
from analytics.reports.credit.report import CreditQuestion, credit
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.credit.touches import CreditBy
from tests.analytics.filtering.histories import INSTANTS, NOW, ZONE, facts, iso, numbered, of_people, somebody, utms
from tests.analytics.ledger.facts import Facts
from tests.examples import examples
from workspaces.models import Workspace

slugs = count()
SHOWN = Window.between(date(2026, 3, 18), date(2026, 3, 31), zone=ZONE)
BEFORE = replace(SHOWN, first_day=SHOWN.first_day - timedelta(days=14))
DAY = timedelta(days=1)
MODELS = [model for model in CreditModel if model is not CreditModel.MARKOV]
rules = st.builds(
    CreditRule,
    model=st.sampled_from(MODELS),
    lookbacks=st.sampled_from(
        [
            CreditRule().lookbacks,
            ((TouchKind.CLICKED, 20 * DAY),),
            ((TouchKind.VISIT, 3 * DAY), (TouchKind.CLICKED, 9 * DAY), (TouchKind.OPENED, 9 * DAY)),
        ]
    ),
    collapse=st.sampled_from([timedelta(0), timedelta(minutes=30)]),
    reuse=st.booleans(),
)
purchases = st.builds(
    lambda who, type, at, properties, utm: {
        **who,
        **{"type": "track", "event": type, "timestamp": iso(at), "properties": properties},
        "context": {"campaign": utm} if utm else {},
    },
    somebody,
    st.sampled_from(["purchase", "purchase", "visit", "Order Refunded"]),
    INSTANTS,
    st.fixed_dictionaries(
        {"revenue": st.sampled_from([0, 10, 9.99, 0.07, 33.33, 1000])},
        optional={"order_id": st.sampled_from(["o1", "o2", "o3"]), "currency": st.sampled_from(["EUR", "USD"])},
    ),
    utms,
)
SOURCES = [
    Is(field_of("utm.source"), ("news",)),
    IsSet(field_of("utm.source")),
    Not(IsSet(field_of("utm.source"))),
    Not(Is(field_of("utm.source"), ("direct",))),
    Is(field_of("channel"), ("email",)),
    Not(IsSet(field_of("campaign"))),
]


@st.composite
def histories(draw):
    found = draw(facts)
    calls = [{**call, "messageId": ""} if "externalId" not in call else call for call in found.people]
    bought = draw(st.lists(purchases, min_size=1, max_size=12))
    named = [{name: value for name, value in call.items() if name != "messageId"} for call in [*calls, *bought]]
    return replace(found, people=numbered(named))


def question_of(workspace, data, metric, rule):
    own = data.draw(st.sampled_from(["", "", "touches", "people", "event"]))
    conditions = {
        "touches": partial(st.sampled_from, SOURCES),
        "people": partial(of_people, workspace),
        "event": lambda: st.just(Is(field_of("event"), ("purchase",))),
    }
    where = AllOf((data.draw(conditions[own]()),)) if own else AllOf()
    part = Slice(where=parts_of(canonical(where))).ending_with(SHOWN.last_day)
    assert tells_change(part, metric)
    return compared_question(metric, rule, part=part)


def compared_question(metric, rule, **more):
    compared = {"comparison": Comparison.CUSTOM, "compared_days": ComparedDays(BEFORE, 14)}
    return WhatChangedQuestion(window=SHOWN, now=NOW, metric=metric, rule=rule, **compared, **more)


@pytest.mark.long
@pytest.mark.django_db
@examples(6, phases=[Phase.generate])
@given(histories(), st.data())
def test_parts_are_those_of_the_reports_on_credit_and_add_up_to_the_last_unit(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"cc{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    rule = data.draw(rules)
    for metric in ("credit", "credited_revenue"):
        question = question_of(workspace, data, metric, rule)
        found = what_changed(Ledger(workspace), question)
        assert replace(found, meta=None) == replace(what_changed(Facts(workspace), question), meta=None)
        check_sums(found)
        check_lists(workspace, found)
        for by in (CreditBy.SOURCE, CreditBy.MEDIUM, CreditBy.CAMPAIGN):
            check_rows(workspace, question, by)


def check_sums(report):
    key, whole = report.metric.key, report.whole
    for change in report.changes:
        assert sum(piece.both.numbers[key] for piece in change.pieces) == whole.numbers[key]
        assert sum(piece.both.before[key] for piece in change.pieces) == whole.before[key]
        assert sum(piece.amount for piece in change.pieces) == report.amount


def units_of(metric, money, workspace):
    """Of a report's row or whole, what the metric adds up: `money` has both."""
    millionths, revenue = money
    return millionths if metric == "credit" else revenue.exchanged.get(workspace.currency, 0)


def check_rows(workspace, question, by):
    """The parts of a field of touches are the rows of credit by the same rule, on both sides, and what has no touch is
    a part of its own. Reports on credit know no conditions on messages, and leave what has no touch to all sources."""
    where = question.part.where
    if where.messages.conditions or question.means_untouched != (not where.sources.conditions):
        return
    metric, split = question.metric, Breakdown(field_of(by.value), limit=1000)
    found = what_changed(Ledger(workspace), replace(question, split=split))
    pieces = found.changes[0].pieces
    for side, asked in enumerate(found.periods.both):
        told = credit(Ledger(workspace), asked.with_params(CreditQuestion, rule=question.rule, by=by))
        rows = {row.name[0]: units_of(metric, (row.credit, row.revenue), workspace) for row in told.rows}
        without = units_of(metric, (told.without_touch * CONVERSION, told.revenue_without_touch), workspace)
        parts = [(piece, (piece.both.numbers, piece.both.before)[side][metric]) for piece in pieces]
        by_name = {piece.group.value: n for piece, n in parts if piece.group and n}
        assert by_name == {name: n for name, n in rows.items() if n}
        unattributed = sum(n for piece, n in parts if piece.is_unattributed)
        assert unattributed == (without if question.means_untouched else 0)


def check_lists(workspace, report):
    """The shares of the rows behind each part are what it has."""
    key = report.metric.key
    pieces = [piece for change in report.changes for piece in change.pieces]
    for piece in (None, *pieces):
        both = report.whole if piece is None else piece.both
        for side, numbers in enumerate((both.numbers, both.before)):
            rows = rows_of_change(key, report.periods, side, piece)
            if rows is None:
                continue
            found = rows.find(workspace, now=NOW)
            credited = found.rows_at(found.places)
            assert len(credited) == found.total
            if piece and piece.weekday:
                assert isinstance(rows.window, DaysOfWeek)
            is_of_touches = rows.choice.touch is not None
            worth = [
                units_of(
                    key, (each.credit, each.revenue) if is_of_touches else (CONVERSION, each.path.revenue), workspace
                )
                for each in credited
            ]
            assert sum(worth) == numbers[key], (piece, rows)


@pytest.mark.long
@pytest.mark.django_db
@examples(3, phases=[Phase.generate])
@given(histories(), st.data())
def test_of_one_path_conversions_are_those_of_the_report_on_paths(history, data):
    workspace = Workspace.objects.create(name="W", slug=f"cp{next(slugs)}", time_zone="Europe/Berlin")
    history.send(workspace)
    rule, complete = data.draw(rules), replace(SHOWN, days=13)
    asked = PathsQuestion(window=complete, now=NOW, rule=rule)
    for row in path_report(Ledger(workspace), asked).rows[:3]:
        found = what_changed(Ledger(workspace), compared_question("credit", rule, path=row.key))
        assert found.whole.numbers["credit"] == row.conversions * CONVERSION
        check_sums(found)
        check_lists(workspace, found)
