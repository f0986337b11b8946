"""What is asked of how a metric changed from one period to another, and why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from analytics.metrics import METRICS, OF_ORDERS, OF_SHARED_OUT, STATUSES, Counted, counted_for
from analytics.periods import Window, local_day
from analytics.questions.credit import CreditModel, CreditRule
from analytics.questions.fields import Field, FieldKind, Subject, field_of
from analytics.questions.filters import AllOf, Filter, Is, all_of, fields_in, holds
from analytics.questions.groups import Breakdown
from analytics.questions.parts import SOURCE_FIELDS
from analytics.questions.questions import TREND_METRICS, Question
from analytics.questions.slices import Slice

OF_DIFFERENT_PEOPLE = ("buyer_rate",)
"""The metrics of people who are each counted once, whatever they did: they are of no day."""
METRICS_OF_CHANGES = (*TREND_METRICS, *OF_SHARED_OUT, "average_order", *OF_DIFFERENT_PEOPLE)
FIELDS_OF_TOUCHES = (*SOURCE_FIELDS, "campaign", "channel", "variant")
DEFAULT_METRIC = "campaign_click_rate"
EQUAL_AGE = timedelta(days=3)
"""How old messages are on both sides: what they reach later says how long ago they were created."""


@dataclass(frozen=True, kw_only=True)
class WhatChangedQuestion(Question):
    """`metric` is one of METRICS_OF_CHANGES. With a `split` it is divided by that alone; without, by the workspace's
    newest segments, too, where it `tries_segments`: answers say their names. A metric of credit is by a `rule` that
    weighs touches, or with None by the workspace's usual one; with a `path`, its key, of conversions on that alone."""

    metric: str = DEFAULT_METRIC
    tries_segments: bool = True
    rule: CreditRule | None = None
    path: str | None = None

    @property
    def query(self) -> dict[str, str | list[str]]:
        rule = self.rule.query if self.rule and self.is_of_credit else {}
        return super().query | {"metric": self.metric} | rule | ({"path": self.path} if self.path else {})

    @property
    def is_of_credit(self) -> bool:
        return self.metric in OF_SHARED_OUT

    def credit_rule(self, lookback_days: Mapping[str, int]) -> CreditRule:
        return self.rule or CreditRule.with_lookback_days(lookback_days)

    @cached_property
    def touches_meant(self) -> AllOf:
        """Of a metric of credit: the conditions on the touches that are meant. A conversion without a touch meets what
        something without any value meets."""
        return conditions_on_touches(self.part)

    @property
    def means_untouched(self) -> bool:
        """Whether conversions without a touch are meant as well."""
        return holds(self.touches_meant, lambda _: None)

    @property
    def counts(self) -> tuple[str, ...]:
        """The keys of the counts that the metric is made of: the number, or numerator and denominator."""
        return METRICS[self.metric].parts

    @property
    def is_of_money(self) -> bool:
        return not {*self.counts}.isdisjoint(OF_ORDERS)

    @property
    def is_of_statuses(self) -> bool:
        """Whether older messages have more of it."""
        return not {*STATUSES}.isdisjoint(counted_for([self.metric]))

    @property
    def within(self) -> timedelta | None:
        """How long after their creation messages have to have reached what is counted."""
        return EQUAL_AGE if self.is_of_statuses else None

    @cached_property
    def once_old_enough(self) -> "WhatChangedQuestion":
        """The same about those of its days alone on which all messages are as old as those compared with them: what
        has `within` to be reached is known of them."""
        last = local_day(self.now - EQUAL_AGE, self.window.zone) - timedelta(days=1)
        if not self.is_of_statuses or self.window.last_day <= last:
            return self
        days = max(0, (last - self.window.first_day).days + 1)
        return replace(self, window=Window(self.window.zone, self.window.first_day, days))


def weighs_touches(rule: CreditRule) -> bool:
    """Whether it says what each touch of a conversion is credited with: Markov's model only says it of all together."""
    return rule.model is not CreditModel.MARKOV


def conditions_on_touches(part: Slice) -> AllOf:
    """Those by which a part chooses what is credited: sources, campaigns and channels."""
    named = {"campaign": part.campaign_id and f"cmp_{part.campaign_id}", "channel": part.channel}
    fields = ((field_of(key), value) for key, value in named.items() if value)
    chosen: list[Filter] = [
        Is(field, (value.lower() if field.key == "channel" else value,)) for field, value in fields if field
    ]
    return all_of(part.where.sources, part.where.messages, *chosen)


def tells_change(part: Slice, metric: str) -> bool:
    """Whether it can be told of a part how the metric changed."""
    if metric in OF_SHARED_OUT:
        return all(field.key in FIELDS_OF_TOUCHES for field in fields_in(part.where.messages))
    if metric in OF_DIFFERENT_PEOPLE or not {*METRICS[metric].parts}.isdisjoint(OF_ORDERS):
        return part.has(Counted.EVENTS)
    return part.has_metric(metric)


def divides_metric(field: Field, metric: str) -> bool:
    """Whether all that the metric counts has the field, or is somebody's who has it; or is credited by it."""
    if metric in OF_DIFFERENT_PEOPLE:
        return field.subject is Subject.PEOPLE
    if metric in OF_SHARED_OUT:
        return field.subject is Subject.PEOPLE or field.key in (*FIELDS_OF_TOUCHES, "event")
    if is_credited_by(field, metric):
        return True
    split, counted = Breakdown(field), counted_for([metric])
    return all(map(split.divides, counted or {Counted.EVENTS}))


def is_credited_by(field: Field, metric: str) -> bool:
    """Whether the metric has values of a field by what is credited, rather than by its facts' own."""
    return metric == "revenue" and field.kind is FieldKind.CAMPAIGN
