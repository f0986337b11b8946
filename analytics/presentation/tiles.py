"""Key figures: a metric over the days asked for, how it changed, and its course as a small line."""

from dataclasses import dataclass, replace

from analytics.lists import AnyList, list_for, under_conditions
from analytics.metrics import METRICS, Change, Metric, Numbers, Unit
from analytics.money import Amount
from analytics.periods import Interval
from analytics.presentation.money import shown_number
from analytics.presentation.tables import Link
from analytics.questions.slices import EVERYTHING, Slice
from analytics.questions.what_changed import METRICS_OF_CHANGES
from analytics.reports.answers import Answer
from analytics.reports.trends import TrendsReport

MOST_DAYS_OF_HOURS = 3


@dataclass(frozen=True)
class PeopleBehind:
    """How many different people a count is of, and their list."""

    number: int
    opens: AnyList | None


@dataclass(frozen=True)
class Tile:
    """`value` is None for a rate of nothing, `change` where nothing is compared; `link` leads to more about the
    metric, `opens` to its rows. Where one may choose what the chart is of, `draws` is by which name.
    `usual` is the value that is usual of others, `why` leads to what its change is made of, and `mostly` says what most
    of it comes from."""

    metric: Metric
    value: int | float | Amount | None
    change: Change | None = None
    series: tuple[int | float, ...] = ()
    link: Link | None = None
    opens: AnyList | None = None
    people: PeopleBehind | None = None
    draws: str = ""
    is_drawn: bool = False
    is_small: bool = False
    usual: str = ""
    why: Link | None = None
    mostly: str = ""

    def under(self, part: Slice) -> "Tile":
        """Of what meets a part's conditions; without a value where these cannot apply to it."""
        opens = self.opens and under_conditions(self.opens, part)
        if not part.has_metric(self.metric.key) or (self.opens and not opens):
            return replace(self, value=None, change=None, series=(), opens=None, people=None)
        people = self.people and replace(
            self.people, opens=self.people.opens and under_conditions(self.people.opens, part)
        )
        return replace(self, opens=opens, people=people)

    @property
    def share_places(self) -> int:
        """The decimals of a share, 0 for what is none."""
        return self.metric.places if self.metric.unit is Unit.SHARE else 0


def tile(key: str, numbers: Numbers, change: Change | None = None, *, opens: AnyList | None = None) -> Tile:
    return Tile(METRICS[key], numbers.known_value(key), change, opens=opens)


def why_link(metric: str, campaign_id: int | None = None, conditions: tuple[str, ...] = ()) -> Link | None:
    """To what a change of the metric is made of, of all, of a campaign alone or under conditions, as addresses have
    them; None where that is not told."""
    if metric not in METRICS_OF_CHANGES:
        return None
    where = (*([] if campaign_id is None else [f"campaign:cmp_{campaign_id}"]), *conditions)
    return Link("why", {"metric": metric, **({"where": where} if where else {})})


def trend_tile(
    key: str, answer: Answer[TrendsReport], interval: Interval, *, link: Link | None = None, part: Slice = EVERYTHING
) -> Tile:
    """Returns the value of the whole window, and how the days that are over differ from their partners.

    `part` is what the trend is of, for the list behind the number. Hours of many days are too many for its small line.
    """
    trend, currency = answer.report.all, answer.report.currency
    is_long = interval is Interval.HOUR and trend.window.days > MOST_DAYS_OF_HOURS
    known = (numbers.known_value(key) for _, numbers in trend.by(Interval.DAY if is_long else interval))
    series = tuple(number for number in known if number is not None)
    changed = answer.change(key, lambda report: report.all.total())
    changed = changed and replace(changed, currency=currency)
    opens = list_for(key, trend.window, part)
    why = why_link(key, part.campaign_id) if part.channel is None else None
    return Tile(METRICS[key], shown_number(trend.total(), key, currency), changed, series, link, opens, why=why)
