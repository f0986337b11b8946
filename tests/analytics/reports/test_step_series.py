"""Of which touches the steps of a funnel are, and of which events a strict order is told besides."""

import numpy as np
import pytest

from analytics.ledger import Touches
from analytics.questions.fields import Field, FieldKind, Subject
from analytics.questions.filters import AllOf, Is
from analytics.questions.steps import EitherStep, EventStep, MessageStep, alternatives
from analytics.reports.funnel.step_series import events_of_no_step, series_of_steps, touches_of_steps

PRO = AllOf((Is(Field("property.plan", Subject.EVENTS, FieldKind.SCALAR), ("pro",)),))
NOTHING = Touches.of_people(np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros(0, np.int64))
VISIT, BUY = EventStep("visit"), EventStep("buy")


@pytest.mark.parametrize(
    ("steps", "types"),
    [
        ([VISIT, BUY], {"visit", "buy"}),
        ([VISIT, VISIT, MessageStep("clicked")], {"visit"}),
        ([VISIT, EventStep("buy", PRO)], {"visit"}),
        ([EventStep("buy", PRO), BUY], {"buy"}),
        ([VISIT, EitherStep((BUY, EventStep("order", PRO)))], {"visit"}),
        ([VISIT, EitherStep((BUY, EventStep("order")))], {"visit", "buy", "order"}),
        ([MessageStep("sent"), MessageStep("clicked")], set()),
    ],
)
def test_a_strict_order_is_told_of_all_events_but_those_that_its_steps_have(steps, types):
    series = series_of_steps(steps)
    assert events_of_no_step(series).without == types
    touches = {part.series: NOTHING for each in series for part in each.parts}
    of_steps = touches_of_steps(series, touches)
    are_whole = [
        {single.event_type for single in alternatives(step)} <= types
        for step in steps
        if step.subject is Subject.EVENTS
    ]
    assert [each.are_among_events for each in of_steps[: len(are_whole)]] == [not is_whole for is_whole in are_whole]
