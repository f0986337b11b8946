"""A funnel's answer as files: each of its tables is one, for a file has one head."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Any

from drf_spectacular.utils import OpenApiParameter

from campaignos.errors import ParameterError
from campaignos.parameters import register

PART = "part"
register((PART,))

_Body = Mapping[str, Any]


class FunnelPart(StrEnum):
    """The steps; those of each group; the times between steps, or how many took how long; the trend by entry."""

    STEPS = "steps"
    GROUPS = "groups"
    TIMES = "times"
    BINS = "bins"
    TREND = "trend"


TIMED_PARTS = (FunnelPart.TIMES, FunnelPart.BINS)
"""Those that tell how long people take, asked for or not."""
PART_OF_FILE = OpenApiParameter(
    PART,
    {"type": "string", "enum": [*FunnelPart]},
    description="Of a file alone: which table it has. Unless it is said, the steps of each group, with `breakdown`, or "
    "else the steps; `times` has what people took between steps, `bins` how many took so long, and `trend`, with "
    "`by`, who entered when.",
)


def asked_part(text: str | None, *, is_file: bool) -> FunnelPart | None:
    """Raises ParameterError for what is none, and beside no file."""
    if text is None:
        return None
    if not is_file:
        raise ParameterError(PART, given=text, allowed="one with format=csv: JSON has all parts")
    if text not in [*FunnelPart]:
        raise ParameterError(PART, given=text, allowed=", ".join(FunnelPart))
    return FunnelPart(text)


def rows_of_part(body: _Body, part: FunnelPart) -> Sequence[_Body]:
    """Raises ParameterError for a part that the answer does not have."""
    match part:
        case FunnelPart.GROUPS:
            return [*chain.from_iterable(map(_of_group, _present(body, "groups", part, "one with breakdown")))]
        case FunnelPart.TREND:
            trend: Sequence[_Body] = _present(body, "trend", part, "one with by")
            return trend
        case FunnelPart.TIMES | FunnelPart.BINS:
            time = _present(body, "time", part, "one of a funnel of several steps")
            rows = [*time["steps"], *([time["overall"]] if len(time["steps"]) > 1 else [])]
            return [*map(_time, rows)] if part is FunnelPart.TIMES else [*chain.from_iterable(map(_bins, rows))]
    steps: Sequence[_Body] = body["steps"]
    return steps


def _present(body: _Body, name: str, part: FunnelPart, allowed: str) -> Any:
    if name not in body:
        raise ParameterError(PART, given=part.value, allowed=f"{part.value} is {allowed}")
    return body[name]


def _of_group(group: _Body) -> Iterator[_Body]:
    """A row for each step, and how the whole differs from the others in that of the last."""
    named = {"value": group["value"], "name": group["name"]}
    *steps, last = group["steps"]
    for step in steps:
        yield {**named, **step}
    difference = group.get("difference")
    if difference is None:
        yield {**named, **last}
        return
    low, high = difference["interval"]
    yield {**named, **last, "difference": {**difference, "low": low, "high": high}}


def _time(time: _Body) -> _Body:
    return {_STEPS.get(name, name): value for name, value in time.items() if name != "histogram"}


_STEPS = {"from": "fromStep", "to": "toStep"}


def _bins(time: _Body) -> Iterator[_Body]:
    for each in time["histogram"]:
        yield {"fromStep": time["from"], "toStep": time["to"], **each}
