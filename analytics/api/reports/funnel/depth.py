"""What a funnel's answer has beside its steps: who is mature, how long people took, the trend of entries, and how
groups differ from all others."""

from collections.abc import Sequence
from typing import Any

from analytics.metrics import rate
from analytics.reports.funnel.differences import GroupDifference, ends_of
from analytics.reports.funnel.report import AnyFunnel, StepTotals
from analytics.reports.funnel.times import PERCENTILES, FunnelTimes, StepTime
from analytics.reports.funnel.trend import EntryBucket

_Body = dict[str, Any]
_COUNT, _NUMBER, _ROWS = {"type": "integer"}, {"type": "number"}, {"type": "object", "additionalProperties": {}}
_SECONDS = {"type": ["number", "null"]}


def _object(**properties: Any) -> _Body:
    return {"type": "object", "properties": properties}


def _list(**properties: Any) -> _Body:
    return {"type": "array", "items": _object(**properties)}


OF_MATURE_STEP = _object(count=_COUNT, dropoff=_COUNT, conversionFromPrevious=_NUMBER, rows=_ROWS)
OF_MATURE = _object(overallConversion=_NUMBER)
_TIME = {
    "from": _COUNT,
    "to": _COUNT,
    "people": _COUNT,
    "mean": _SECONDS,
    **{f"p{percent}": _SECONDS for percent in PERCENTILES},
    "histogram": _list(**{"from": _COUNT, "to": {"type": ["integer", "null"]}, "people": _COUNT, "rows": _ROWS}),
    "rows": _ROWS,
}
OF_TIMES = _object(steps=_list(**_TIME), overall=_object(**_TIME))
OF_TREND = _list(
    date={"type": "string", "format": "date"},
    entrants=_COUNT,
    finishers=_COUNT,
    rate=_NUMBER,
    complete={"type": "boolean"},
    rows=_ROWS,
)
OF_DIFFERENCE = {
    **_object(
        rest=_NUMBER, difference=_NUMBER, interval={"type": "array", "items": _NUMBER}, p=_NUMBER, pAdjusted=_NUMBER
    ),
    "type": ["object", "null"],
}


def add_mature(body: _Body, funnel: AnyFunnel) -> None:
    """Of each step, and of the whole, those whose window is over; nothing where the funnel has none."""
    if funnel.mature is None:
        return
    for row, step in zip(body["steps"], funnel.mature, strict=True):
        row["mature"] = _mature_step(step)
        row["young"] = row["count"] - step.count
    last, first = ends_of(funnel)
    body["mature"] = {"overallConversion": rate(last, first)}


def _mature_step(step: StepTotals) -> _Body:
    return {
        "count": step.count,
        "dropoff": step.dropoff,
        "conversionFromPrevious": step.conversion_from_previous,
    }


def times_body(times: FunnelTimes) -> _Body:
    return {"steps": [*map(_time, times.steps)], "overall": _time(times.overall)}


def _time(time: StepTime) -> _Body:
    return {
        "from": time.since,
        "to": time.step,
        "people": time.people,
        "mean": time.mean,
        **{f"p{percent}": seconds for percent, seconds in zip(PERCENTILES, time.percentiles, strict=True)},
        "histogram": [{"from": each.at_least, "to": each.below, "people": each.people} for each in time.bins],
    }


def trend_body(trend: Sequence[EntryBucket]) -> list[_Body]:
    return [
        {
            "date": each.bucket.first_day.isoformat(),
            "entrants": each.entrants,
            "finishers": each.finishers,
            "rate": rate(each.finishers, each.entrants),
            "complete": each.is_complete,
        }
        for each in trend
    ]


def difference_body(difference: GroupDifference | None) -> _Body | None:
    if difference is None:
        return None
    return {
        "rest": round(difference.rest, 4),
        "difference": round(difference.difference, 4),
        "interval": [round(end, 4) for end in difference.interval],
        "p": round(difference.p, 6),
        "pAdjusted": round(difference.p_adjusted, 6),
    }
