"""The published cases of ClickHouse's windowFunnel where its modes mean what funnels mean here: each step an act of its
own, so `strict_once`; `strict_order` with `strict_deduplication` is a strict order.

Retyped from its tests (00632_aggregation_window_funnel): who did what when, and how far they got."""

import numpy as np
import pytest

from analytics.ledger import Touches
from analytics.ledger.people import lookup
from analytics.questions.funnel_rules import StepOrder
from analytics.reports.funnel.furthest import FunnelTouches
from analytics.reports.reached import StepTouches


def level(acts, steps, window, order=StepOrder.ORDERED):
    """How far the one person gets who did these; steps are events, or say of one whether it is such."""
    meets = [step if callable(step) else step.__eq__ for step in steps]
    touches = Touches(
        numbers=lambda: np.zeros(len(acts), np.int32),
        table=lookup([]),
        days=lambda: np.zeros(len(acts), np.int16),
        at=lambda: np.array([at for at, _ in acts], np.int64),
        utm=lambda: np.zeros(len(acts), np.int32),
        marks=lambda: np.array([sum(meet(event) << n for n, meet in enumerate(meets)) for _, event in acts], np.uint16),
    )
    funnel = FunnelTouches(
        steps=[StepTouches(touches, place) for place, _ in enumerate(steps)],
        exclusions=(),
        events=touches if order is StepOrder.STRICT else None,
        order=order,
        window=window,
        last_entry=10**17,
    )
    return sum(funnel.steps_reached.counts)


ROW = [(n, 1000 + n) for n in range(9)]
LATE = [(10**14 + n, 1000 + n) for n in range(1, 9)]
OVERLAPPING = [(1007).__ge__, (1002).__le__, (1006).__ge__, (1004).__le__]


@pytest.mark.parametrize(
    ("found", "acts", "steps", "window"),
    [
        (1, ROW, [1000], 10000),
        (2, ROW, [1000, 1001], 10000),
        (3, ROW, [1000, 1001, 1002], 10000),
        (4, ROW, [1000, 1001, 1002, 1008], 10000),
        (1, ROW, [1000], 1),
        (3, ROW, [1003, 1004, 1005, 1006, 1007], 2),
        (4, ROW, [1003, 1004, 1005, 1006, 1007], 3),
        (5, ROW, [1003, 1004, 1005, 1006, 1007], 4),
        (5, LATE, [1003, 1004, 1005, 1006, 1007], 4),
        (2, LATE, [1001, 1008], 10000),
        (1, LATE, [1008, 1001], 10000),
        (4, LATE, OVERLAPPING, 4),
        (5, [(0, 1000), (1, 1001), (1, 1002), (1, 1003), (2, 1004)], [1000, 1001, 1002, 1003, 1004], 10000),
        (1, [(2, 1004)], [1004, 1004, 1004], 10000),
        (3, [(180, "failure"), (220, "failure"), (250, "success")], ["failure", "failure", "success"], 200),
        (2, [(100, "failure"), (250, "failure")], ["failure", "failure", "success"], 200),
        (1, [(200, "success"), (210, "failure"), (230, "success")], ["failure", "failure", "success"], 200),
        (3, [*enumerate("abc")], "abc", 86400),
        (3, [*enumerate("adbc")], "abc", 86400),
        (3, [*enumerate("aabbcc")], "abc", 86400),
        (3, [*enumerate("aaaabbcc")], "abc", 86400),
        (3, [*enumerate("aabbdcc")], "abc", 86400),
        (1, [*enumerate("ccbbaa")], "abc", 86400),
    ],
)
def test_default_and_once(found, acts, steps, window):
    assert level(acts, steps, window) == found


@pytest.mark.parametrize(
    ("found", "did", "steps"),
    [
        (3, "abc", "abc"),
        (1, "adbc", "abc"),
        (2, "aabbcc", "abc"),
        (2, "aaaabbcc", "abc"),
        (2, "aabbdcc", "abc"),
        (1, "ccbbaa", "abc"),
        (1, "acb", "abc"),
        (2, "abac", "abc"),
        (3, "abcbd", "abc"),
        (3, "abcabcd", "abc"),
        (2, "bvbc", "bvc"),
        (2, "bvvbc", "bvc"),
        (3, "bvc", "bvc"),
    ],
)
def test_a_strict_order(found, did, steps):
    assert level([*enumerate(did)], steps, 86400, StepOrder.STRICT) == found
