"""A question says itself in a canonical form, from which the same is read again."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.channels import Channel
from analytics.periods import OF_WHOLE_DAYS, Interval
from analytics.questions.errors import QuestionError
from analytics.questions.questions import Opens
from analytics.questions.ranges import RANGES, Comparison, Match
from analytics.questions.reader import read_question
from tests.examples import examples

NOW = datetime(2026, 5, 12, 10, tzinfo=UTC)
days = st.dates(date(2024, 1, 1), date(2026, 5, 12))


def read(query):
    question, notices = read_question(
        query, now=NOW, zone=ZoneInfo("Europe/Berlin"), earliest=lambda: date(2023, 1, 1), strict=True
    )
    assert notices == ()
    return question


def between(first, last):
    return st.tuples(days, st.integers(0, 400)).map(
        lambda drawn: {first: str(drawn[0] - timedelta(days=drawn[1])), last: str(drawn[0])}
    )


ways_of_days = st.one_of(
    st.just({}),
    st.integers(1, 365).map(lambda number: {"days": str(number)}),
    st.integers(1, 365).map(lambda number: {"period": f"{number}d"}),
    st.sampled_from([*RANGES, "12d"]).map(lambda name: {"range": name}),
    between("from", "to"),
)
comparisons = st.one_of(
    st.just({}),
    st.sampled_from([Comparison.OFF, Comparison.PREVIOUS]).map(lambda kind: {"compare": kind.value}),
    between("compareFrom", "compareTo").map(lambda other: {"compare": "custom", **other}),
)
others = st.fixed_dictionaries(
    {},
    optional={
        "match": st.sampled_from([match.value for match in Match]),
        "interval": st.sampled_from([interval.value for interval in OF_WHOLE_DAYS]),
        "opens": st.sampled_from([opens.value for opens in Opens]),
        "channel": st.sampled_from([name.lower() for name in Channel.values]),
        "campaign": st.just("cmp_12"),
    },
)


@examples(80)
@given(ways_of_days, comparisons, others)
def test_what_is_read_from_the_canonical_form_is_the_same_question(days, compared, other):
    question = read({**days, **compared, **other})
    again = read(question.query)
    if question.compared_days is None:  # then it matters to nothing how days are matched
        assert again.window == question.window
        assert (again.interval, again.opens, again.part) == (question.interval, question.opens, question.part)
    else:
        assert again == question
    assert again.query == question.query


def test_hours_of_up_to_31_days_can_be_asked_for():
    question = read({"days": "31", "interval": "hour", "compare": "previous"})
    assert question.interval is Interval.HOUR
    assert read(question.query) == question


@pytest.mark.parametrize(
    ("query", "parameter", "allowed"),
    [
        ({"days": "0"}, "days", "a whole number from 1 to 365"),
        ({"days": "7", "period": "8d"}, "period", "7d, as days says"),
        ({"range": "fortnight"}, "range", "today, yesterday, 7d"),
        ({"range": "7d", "days": "7"}, "range", "nothing beside days"),
        ({"range": "7d", "from": "2026-05-01", "to": "2026-05-02"}, "from", "nothing beside range"),
        ({"from": "2026-05-02", "to": "2026-05-01"}, "from", "a day before to"),
        ({"from": "2026-05-02"}, "to", "a day from 1970-01-01 on"),
        ({"from": "2012-01-01", "to": "2026-05-01"}, "from", "at most 3,653 days earlier"),
        ({"from": "yesterday", "to": "2026-05-01"}, "from", "a day from 1970-01-01 on"),
        ({"compare": "prev"}, "compare", "off, previous, year, custom"),
        ({"compare": "custom"}, "compareFrom", "a day from 1970-01-01 on"),
        ({"compareFrom": "2026-05-01"}, "compareFrom", "a day together with compare=custom"),
        ({"match": "name"}, "match", "weekday, date"),
        ({"interval": "minute"}, "interval", "hour, day, week, month"),
        ({"interval": "hour", "days": "32"}, "interval", "day, week, month, and hour for at most 31 days"),
        ({"opens": "some"}, "opens", "human, all"),
        ({"channel": "fax"}, "channel", "email, sms, push, in_app"),
        ({"campaign": "12"}, "campaign", "an identifier such as cmp_12"),
        ({"from": "2024-02-29", "to": "2024-02-29", "compare": "year", "match": "date"}, "compare", "do not exist"),
    ],
)
def test_a_strict_reader_says_what_is_wrong_and_what_is_allowed(query, parameter, allowed):
    with pytest.raises(QuestionError) as error:
        read(query)
    assert error.value.parameter == parameter
    assert allowed in error.value.allowed
