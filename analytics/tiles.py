"""Key figures: a metric over the days asked for, how it changed, and its course as a small line."""

from dataclasses import dataclass

from analytics.lists import AnyList, behind
from analytics.metrics import METRICS, Change, Metric, Numbers, Unit, change
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.trends import Trend
from analytics.selection import Selection


@dataclass(frozen=True)
class Tile:
    """`value` is None for a rate of nothing, `change` where nothing is compared; `address` leads to more about the
    metric, `opens` to its rows."""

    metric: Metric
    value: int | float | None
    change: Change | None = None
    series: tuple[int | float, ...] = ()
    address: str = ""
    opens: AnyList | None = None

    @property
    def is_share(self) -> bool:
        return self.metric.unit is Unit.SHARE


def tile(key: str, numbers: Numbers, before: Numbers | None = None, *, opens: AnyList | None = None) -> Tile:
    changed = None if before is None else change(key, numbers, before)
    return Tile(METRICS[key], numbers.known_value(key), changed, opens=opens)


def trend_tile(
    key: str, trend: Trend, compared: Trend | None, asked: Selection, *, address: str = "", part: Slice = EVERYTHING
) -> Tile:
    """The whole window's value, and how its days that are over and have a partner differ from these.

    `part` is what the trend is of, for the list behind the number.
    """
    totals = compared_totals(trend, compared, asked)
    changed = change(key, *totals) if totals else None
    known = (numbers.known_value(key) for _, numbers in trend.by(asked.interval))
    series = tuple(one for one in known if one is not None)
    opens = behind(key, trend.window, part)
    return Tile(METRICS[key], trend.total().known_value(key), changed, series, address, opens)


def compared_totals(trend: Trend, compared: Trend | None, asked: Selection) -> tuple[Numbers, Numbers] | None:
    """Of the days that are over and have a partner, and of their partners; None without such.

    Whole months are compared with whole months, however many days each has.
    """
    if compared is None or asked.compared_days is None:
        return None
    if asked.complete_days and (whole := asked.compared_days.whole_months_before(asked.complete)):
        return trend.within(asked.complete).total(), compared.within(whole).total()
    pairs = asked.day_pairs
    return (trend.on(day for day, _ in pairs), compared.on(other for _, other in pairs)) if pairs else None
