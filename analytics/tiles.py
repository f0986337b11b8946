"""Key figures: a metric over the days asked for, how it changed, and its course as a small line."""

from collections.abc import Mapping
from dataclasses import dataclass

from analytics.lists import EVERYTHING, AnyList, Of, behind
from analytics.metrics import METRICS, Change, Metric, Unit, change, known_value, value
from analytics.reports.trends import Trend
from analytics.selection import Selection


@dataclass(frozen=True)
class Tile:
    """`change` is None where nothing is compared; `address` leads to more about the metric, `opens` to its rows."""

    metric: Metric
    value: int | float
    change: Change | None = None
    series: tuple[int | float, ...] = ()
    address: str = ""
    opens: AnyList | None = None

    @property
    def is_share(self) -> bool:
        return self.metric.unit is Unit.SHARE


def tile(
    key: str, numbers: Mapping[str, int], before: Mapping[str, int] | None = None, *, opens: AnyList | None = None
) -> Tile:
    changed = None if before is None else change(key, numbers, before)
    return Tile(METRICS[key], value(key, numbers), changed, opens=opens)


def trend_tile(
    key: str, trend: Trend, compared: Trend | None, asked: Selection, *, address: str = "", of: Of = EVERYTHING
) -> Tile:
    """The whole window's value. Its days that are over, if any, are compared with as many first days of the other.

    `of` is what the trend is of, for the list behind the number.
    """
    changed = None
    if compared is not None and asked.complete_days:
        days = None if len(trend.days) == asked.complete_days else asked.complete_days
        changed = change(key, trend.total(days), compared.total(days))
    known = (known_value(key, numbers) for _, numbers in trend.by(asked.interval))
    series = tuple(one for one in known if one is not None)
    opens = behind(key, trend.window, of)
    return Tile(METRICS[key], value(key, trend.total()), changed, series, address, opens)
