"""What a report is asked: days, what these are compared with, a part of the facts, and parameters of its own.

A report that has parameters of its own has a class of its own.
"""

import re
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self, TypeVar

from analytics.metrics import METRICS, OF_ORDERS, Dimension
from analytics.periods import Interval, Window, local_day, microseconds
from analytics.questions.fields import Field
from analytics.questions.filter_texts import SEVERAL_CONDITIONS, filter_query
from analytics.questions.funnel_rules import PLAIN, Exclusion, FunnelRules
from analytics.questions.groups import Breakdown
from analytics.questions.ranges import DEFAULT_RANGE, RANGES, ComparedDays, Comparison, DayMatch, Match, neighbour
from analytics.questions.slices import EVERYTHING, Slice
from analytics.questions.step_texts import step_text
from analytics.questions.steps import EitherStep, MessageStep, Step, either_of, steps_text, under_condition
from campaignos.days import FIRST_DAY

CUSTOM = "custom"
LIFE = "life"
"""The range of what has a life of its own, such as a campaign; it stands in no address."""

TREND_METRICS = (
    "messages_total",
    "sent",
    "delivered",
    "opened",
    "clicked",
    "human_opened",
    "human_clicked",
    "bounced",
    "failed",
    "hard_bounced",
    "soft_bounced",
    "complained",
    "unsubscribed",
    "opens",
    "clicks",
    "enrollments_total",
    "events",
    "contacts_new",
    "conversion_events",
    *OF_ORDERS,
    "delivery_rate",
    "campaign_open_rate",
    "campaign_click_rate",
    "campaign_human_open_rate",
    "campaign_human_click_rate",
    "bounce_share",
    "hard_bounce_rate",
    "complaint_rate",
    "unsubscribe_rate",
)
"""Rates are over delivered messages, the field's habit, but for what says how many of the sent arrive."""
OF_CAMPAIGNS = frozenset(key for key in TREND_METRICS if Dimension.CAMPAIGN in METRICS[key].dimensions)
"""The metrics that can be of one campaign, and split by campaign."""
OF_CHANNELS = frozenset(key for key in TREND_METRICS if Dimension.CHANNEL in METRICS[key].dimensions)
"""The metrics that can be of one channel, and split by channel."""

REVENUE = "revenue"
"""Of what somebody did: an order. Where cohorts are by it, what their contacts brought in is told as well."""
ACTIVITIES = ("events", "opens", "clicks", "conversions", REVENUE)
EVENT_METRIC_PREFIX = "event:"


_TREND_DAYS = ((31, Interval.DAY), (183, Interval.WEEK))
"""Up to how many days a trend has days or weeks."""


class Opens(StrEnum):
    """Whose opens and clicks count: those of people, or also those of mail services and scanners."""

    HUMAN = "human"
    ALL = "all"


class RefundsBy(StrEnum):
    """On which day a refund counts: its own, or that of the order that it belongs to."""

    DAY = "day"
    ORDER = "order"


SETTLED_DAYS = 3
"""Messages that are younger have not had all their opens and clicks; those that they would be compared with have."""

_Kind = TypeVar("_Kind", bound="Question")
_LAST_DAYS = re.compile(r"[0-9]+d")


@dataclass(frozen=True, kw_only=True)
class Question:
    """Days, what these are compared with, the size of a bucket and a part of the facts; asked at the instant `now`.

    `range` is the key of a named range, `…d` for another number of last days, LIFE, or CUSTOM. `compared_days` is None
    where nothing is compared. `opens` says whose opens and clicks are shown. With a `split` it is also asked what each
    of the groups has of it. `settled` are those of its days by which rates of messages are compared with those of other
    days, an empty window for none; None where they are not, or by all.
    """

    window: Window
    now: datetime
    range: str = DEFAULT_RANGE
    comparison: Comparison = Comparison.OFF
    match: Match = Match.WEEKDAY
    compared_days: ComparedDays | None = None
    interval: Interval = Interval.DAY
    part: Slice = EVERYTHING
    opens: Opens = Opens.ALL
    split: Breakdown | None = None
    settled: Window | None = None

    def with_params(self, kind: type[_Kind], **params: Any) -> _Kind:
        """Returns the same question for a report with parameters of its own."""
        return kind(**{field.name: getattr(self, field.name) for field in fields(Question)}, **params)

    @property
    def query(self) -> dict[str, str | list[str]]:
        """The question as an address has it, in canonical form: reading it gives the same question."""
        query: dict[str, str | list[str]] = {"range": self.range}
        if self.range not in RANGES and not _LAST_DAYS.fullmatch(self.range):
            query = {**_days_query(self.window, "from", "to")}
        if self.compared_days:
            query |= {"compare": self.comparison.value, "match": self.match.value}
        if self.compared_days and self.comparison is Comparison.CUSTOM:
            query |= _days_query(self.compared_days.window, "compareFrom", "compareTo")
        query |= {"interval": self.interval.value, "opens": self.opens.value}
        if self.part.campaign_id is not None:
            query["campaign"] = f"cmp_{self.part.campaign_id}"
        if self.part.channel is not None:
            query["channel"] = self.part.channel.lower()
        parameters = filter_query(self.part.where.all)
        several = {name: [text for key, text in parameters if key == name] for name in SEVERAL_CONDITIONS}
        query |= {name: texts for name, texts in several.items() if texts}
        query |= {name: text for name, text in parameters if name not in SEVERAL_CONDITIONS}
        return query | (self.split.query if self.split else {})

    def on(self, window: Window) -> Self:
        """Returns the same question about other days, compared with nothing, of the same people."""
        return replace(self, window=window, range=CUSTOM, comparison=Comparison.OFF, compared_days=None, settled=None)

    @property
    def compared_questions(self) -> tuple[Self, Self] | None:
        """The same about the days that are over and have a partner, and about these; None where no day has one."""
        match = self.day_match
        if match is None or match.windows is None:
            return None
        complete, compared = map(self.on, match.windows)
        if self.settled_match == match:
            return complete, replace(compared, part=self.part_compared)
        settled = self.settled_match.windows if self.settled_match else None
        now, before = settled or (replace(window, days=0) for window in match.windows)
        return replace(complete, settled=now), replace(compared, settled=before, part=self.part_compared)

    @property
    def settled_match(self) -> DayMatch | None:
        """The days on which messages are old enough, with those that they are compared with."""
        return self.day_match and self.day_match.up_to(self.settled_until)

    @property
    def settled_days(self) -> Window:
        """Those of its days on which messages are old enough; it may be empty."""
        first, last = self.window.first_day, min(self.window.last_day, self.settled_until)
        return replace(self.window, days=max(0, (last - first).days + 1))

    @property
    def settled_until(self) -> date:
        """The last day on which messages are old enough to be compared with older ones."""
        return self.today - timedelta(days=SETTLED_DAYS)

    @property
    def part_compared(self) -> Slice:
        """The part, of the days compared with: what has to lie within so many days ends with their last."""
        return self.part.ending_with(self.compared_window.last_day) if self.compared_window else self.part

    @property
    def today(self) -> date:
        return local_day(self.now, self.window.zone)

    @property
    def range_label(self) -> str:
        if named := RANGES.get(self.range):
            return named.label
        return {CUSTOM: "Custom", LIFE: "Whole campaign"}.get(self.range) or f"Last {self.window.days} days"

    @property
    def is_running(self) -> bool:
        """Whether the last day is not over yet."""
        return self.window.last_day >= self.today

    def shown_metric(self, key: str) -> str:
        """Returns the metric to show for this one: its twin that counts people, where only their opens count."""
        return METRICS[key].of_people or key if self.opens is Opens.HUMAN else key

    @property
    def compared_window(self) -> Window | None:
        return self.compared_days.window if self.compared_days else None

    @property
    def day_match(self) -> DayMatch | None:
        """The days that are over, matched with those they are compared with; None where nothing is compared."""
        complete = replace(self.window, days=self.window.days - self.is_running)
        return DayMatch(complete, self.compared_days) if self.compared_days and complete.days else None

    @property
    def earlier(self) -> Window | None:
        before = neighbour(self.window, -1)
        return before if before.first_day >= FIRST_DAY else None

    @property
    def later(self) -> Window | None:
        """Returns the window of the same length that follows, cut off at today; None if today lies in this window."""
        following = neighbour(self.window, 1)
        if self.is_running or following.first_day > self.today:
            return None
        return Window.between(following.first_day, min(following.last_day, self.today), zone=following.zone)


def _days_query(window: Window, first_name: str, last_name: str) -> dict[str, str]:
    return {first_name: window.first_day.isoformat(), last_name: window.last_day.isoformat()}


@dataclass(frozen=True, kw_only=True)
class OverviewQuestion(Question):
    """`drawn` is the key figure that the chart is of; empty for the first."""

    drawn: str = ""

    @property
    def query(self) -> dict[str, str | list[str]]:
        return super().query | ({"metric": self.drawn} if self.drawn else {})


@dataclass(frozen=True, kw_only=True)
class CampaignQuestion(Question):
    campaign_id: int

    @property
    def part_of_campaign(self) -> Slice:
        """The campaign's, on all of its channels."""
        return replace(self.part, campaign_id=self.campaign_id, channel=None)


def usual_trend(days: int) -> Interval:
    """By what entries on so many days are taken together where nobody says."""
    return next((interval for most, interval in _TREND_DAYS if days <= most), Interval.MONTH)


@dataclass(frozen=True, kw_only=True)
class FunnelQuestion(Question):
    """`steps` are 1 to 10; one may stand more than once.

    `by` is what people are taken together by, if anything: a field of theirs, or of what the first step is of. With a
    `trend` it is also asked how many entered in each day, week or month.
    """

    steps: tuple[Step, ...]
    by: Field | None = None
    rules: FunnelRules = PLAIN
    trend: Interval | None = None

    @property
    def query(self) -> dict[str, str | list[str]]:
        names = steps_text(self.steps)
        steps = {"step": [*map(step_text, self.steps)]} if names is None else {"steps": names}
        trend = {"by": self.trend.value} if self.trend else {}
        return super().query | steps | self.rules.query | trend

    @property
    def last_days(self) -> Window:
        """From its first day until the last on which anybody may get further."""
        if self.rules.window is None:
            return self.window
        ends_on = local_day(self.window.ends_at + self.rules.window, self.window.zone)
        last = max(self.window.last_day, min(ends_on, self.today))
        return Window.between(self.window.first_day, last, zone=self.window.zone)

    @property
    def last_entry(self) -> int:
        """The last instant, in microseconds, at which people enter."""
        return microseconds(self.window.ends_at) - 1

    @property
    def counted_steps(self) -> tuple[Step, ...]:
        """The steps, saying themselves whose opens and clicks count."""
        return tuple(map(self._with_status, self.steps))

    def _with_status(self, step: Step) -> Step:
        if isinstance(step, EitherStep):
            return either_of([*map(self._with_status, step.steps)])
        return replace(step, status=self.shown_metric(step.status)) if isinstance(step, MessageStep) else step

    @property
    def counted_rules(self) -> FunnelRules:
        """The rules, likewise."""
        return replace(self.rules, exclude=self.counted_exclusions)

    @property
    def counted_exclusions(self) -> tuple[Exclusion, ...]:
        return tuple(replace(each, step=self._with_status(each.step)) for each in self.rules.exclude)

    @property
    def entry(self) -> Step:
        """The first of them, under the question's own conditions."""
        first = self.counted_steps[0]
        return under_condition(first, self.part.where.on(first.subject))


@dataclass(frozen=True, kw_only=True)
class CohortsQuestion(Question):
    """`metric` is one of ACTIVITIES or `event:<type>`."""

    metric: str = ACTIVITIES[0]

    @property
    def query(self) -> dict[str, str | list[str]]:
        return super().query | {"metric": self.metric}


@dataclass(frozen=True, kw_only=True)
class TrendsQuestion(Question):
    """`metrics` are some of TREND_METRICS. A metric that has no campaign or channel is left out of a part."""

    metrics: tuple[str, ...] = TREND_METRICS

    @property
    def query(self) -> dict[str, str | list[str]]:
        return super().query | ({"metric": ",".join(self.metrics)} if self.metrics else {})


@dataclass(frozen=True, kw_only=True)
class RevenueQuestion(Question):
    refunds_by: RefundsBy = RefundsBy.DAY

    @property
    def query(self) -> dict[str, str | list[str]]:
        return super().query | {"refundsBy": self.refunds_by.value}
