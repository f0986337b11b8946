"""When did each person reach each step of a funnel? What the report, its groups, its money and its lists begin with."""

from dataclasses import replace
from datetime import datetime

from analytics.ledger import Source, Touches
from analytics.questions.fields import Field, Subject
from analytics.questions.funnel_rules import PLAIN, StepOrder
from analytics.questions.questions import FunnelQuestion
from analytics.reports.funnel.furthest import ExcludedTouches, FunnelTouches
from analytics.reports.funnel.step_series import events_of_no_step, series_of_steps, touches_of_steps
from analytics.reports.groups import PeopleByValue
from analytics.reports.reached import StepsReached


def reached_by_people(source: Source, question: FunnelQuestion) -> StepsReached:
    """Who reached each step when, as the funnel and its groups found them."""
    reached, _, _ = steps_reached(source, by_split(question))
    return reached


def by_split(question: FunnelQuestion) -> FunnelQuestion:
    """As the groups of its split ask, so that both are found at once."""
    split = question.split
    return question if split is None or split.segments else replace(question, by=split.field)


def people_by_value(source: Source, by: Field, reached: StepsReached, entry: Touches) -> PeopleByValue:
    if by.subject is Subject.PEOPLE:
        return PeopleByValue.of_people(source, by, len(reached.at[0]))
    return PeopleByValue.of_touches(entry, by, reached.at[0])


def people_by_own_value(source: Source, question: FunnelQuestion) -> PeopleByValue:
    """By the field that the question takes people together by. Found once of a source."""
    by = question.by
    assert by is not None
    reached, entry, _ = steps_reached(source, question)
    return source.answer_once(("people by value", question), lambda: people_by_value(source, by, reached, entry))


def steps_reached(source: Source, question: FunnelQuestion) -> tuple[StepsReached, Touches, datetime | None]:
    """With what the first step was reached by, and when the newest fact was received. Found once of a source, since a
    funnel and its money both ask for it."""
    return source.answer_once(("steps reached", question), lambda: _steps_reached(source, question))


def _steps_reached(source: Source, question: FunnelQuestion) -> tuple[StepsReached, Touches, datetime | None]:
    touches, through = funnel_touches(source, question)
    of_steps = touches.steps
    is_plain = question.rules == PLAIN
    return StepsReached.in_order(of_steps) if is_plain else touches.steps_reached, of_steps[0].own, through


def funnel_touches(source: Source, question: FunnelQuestion) -> tuple[FunnelTouches, datetime | None]:
    """What of people's acts the funnel is about, and when the newest fact was received. One query."""
    steps, by, rules = (question.entry, *question.counted_steps[1:]), question.by, question.rules
    series = series_of_steps(steps, None if by is None or by.subject is Subject.PEOPLE else by)
    excluded = [series_of_steps([exclusion.step]) for exclusion in question.counted_exclusions]
    others = [events_of_no_step(series)] if rules.order is StepOrder.STRICT else []
    part = replace(question.part, until=question.part.until or question.window.last_day)
    touches, through = source.touches(
        {part.series for some in (series, *excluded) for each in some for part in each.parts}.union(others),
        window=question.last_days,
        part=part,
    )
    places = [exclusion.places(len(steps)) for exclusion in rules.exclude]
    found = FunnelTouches(
        steps=touches_of_steps(series, touches),
        exclusions=[
            ExcludedTouches(touches_of_steps(each, touches)[0].own, place)
            for each, place in zip(excluded, places, strict=True)
        ],
        events=touches[others[0]] if others else None,
        order=rules.order,
        window=rules.microseconds,
        last_entry=question.last_entry,
    )
    return found, through
