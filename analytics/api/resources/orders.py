"""Orders and refunds over the API: the events that sums of money are made of."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from analytics.api import params
from analytics.api.filters.base import InstantFilter
from analytics.api.filters.cohorts import MAX_START_LENGTH, StrictParameters, asked_cell, asked_rfm
from analytics.api.filters.people import MAX_STEPS_LENGTH, asked_cohort, asked_group, refuse_without_steps
from analytics.api.filters.rfm import score_filter, segment_filter
from analytics.api.resources.ledger_rows import LedgerEventsFilter, LedgerEventsViewSet
from analytics.api.resources.records import contact_id_or_null, contact_or_null, device_or_null
from analytics.lists import OrderKind, OrderList
from analytics.lists.cohort_orders import CohortOrders
from analytics.lists.funnel_orders import WAYS_OF_FUNNELS, FunnelOrders
from analytics.lists.group_parameters import MAX_OTHERS_LENGTH
from analytics.lists.member_orders import MemberOrders
from analytics.lists.order_events import OrderRemark, OrderResults
from analytics.lists.orders_of_test import ORDERS_OF_TEST_PARAMETERS, OrdersOfTest
from analytics.lists.people import COHORTS_BY, GROUPED_BY
from analytics.lists.query import MAX_PARAMETER_LENGTH
from analytics.lists.rfm_people import RFM_PARAMETERS, RfmPeople
from analytics.lists.steps import FUNNEL_STEP, StepNames
from analytics.models import ABTest, Event
from analytics.models.ab_tests import LONGEST_TEST_WINDOW
from analytics.periods import OF_WHOLE_DAYS, Window
from analytics.questions.fields import Subject
from analytics.questions.funnel_rules import EXCLUSION_ALLOWED, WINDOW_ALLOWED, StepOrder
from analytics.questions.groups import breakdown_field
from analytics.questions.ltv import LONGEST_HORIZON, LtvStart
from analytics.questions.questions import RefundsBy
from analytics.questions.retention import CohortClock, ReturnMode
from analytics.questions.step_texts import STEPS_ALLOWED
from analytics.questions.steps import MAX_STEPS, Step
from analytics.reports.revenue.rfm import RfmScore
from campaignos.absence import TextOrNull
from campaignos.currencies import currencies, exponent
from campaignos.errors import ParameterError
from campaignos.filters import (
    ChoicesFilter,
    FlagFilter,
    ReferenceFilter,
    TextFilter,
    TextOrNothingFilter,
    TextsFilter,
    WholeNumberFilter,
)

_SINGLE = ("kind", "refundsBy")
_OF_WEEKS = ("fromWeek", "toWeek")
_OF_MEMBERS = ("beganFrom", "beganBefore", *_OF_WEEKS, "breakdown", "group", "notGroup")
_OF_COHORT = ("unit", "clock", "mode", "inPeriod", "untilPeriod")


class OrderFilter(LedgerEventsFilter):
    named = ("type", "contact")

    kind = ChoicesFilter(
        method="is_asked_for",
        choices=[kind.value for kind in OrderKind],
        help_text="A sale is an order that counts, a duplicate tells again of one. One of them.",
    )
    type = TextFilter(method="is_asked_for", help_text="The event type, exactly.")
    currency = TextFilter(method="is_asked_for", help_text="Those with an amount in this currency, such as EUR.")
    withoutAmount = FlagFilter(method="is_asked_for", help_text="Whether they state no amount.")
    currencyAssumed = FlagFilter(
        method="is_asked_for",
        help_text="Whether they state an amount without a currency, so that it is the workspace's.",
    )
    unconverted = FlagFilter(
        method="is_asked_for",
        help_text="Whether they have an amount that counts, and no rate to the workspace's currency.",
    )
    contact = ReferenceFilter(method="is_asked_for", prefix="ct", help_text="Orders of this contact.")
    refundsBy = ChoicesFilter(
        method="is_asked_for",
        choices=[way.value for way in RefundsBy],
        help_text="Whether `occurredFrom` and `occurredBefore` mean a refund's own day, or that of its order.",
    )
    cohort = ChoicesFilter(
        method="is_asked_for",
        choices=[*LtvStart],
        help_text="Orders of people who signed up, or ordered for the first time, from `beganFrom` to before "
        "`beganBefore`.",
    )
    beganFrom = InstantFilter(method="is_asked_for", help_text="The first of these days.")
    beganBefore = InstantFilter(method="is_asked_for", help_text="The day after the last one.")
    fromWeek = WholeNumberFilter(
        method="is_asked_for", help_text="Of people of a cohort: in this week since then or later, 0 is the first."
    )
    toWeek = WholeNumberFilter(method="is_asked_for", help_text="In this week or before.")
    start = TextFilter(
        method="is_asked_for",
        max_length=MAX_START_LENGTH,
        help_text="Orders of people who began a cohort of retention with this, as its report has it, on these days.",
    )
    unit = ChoicesFilter(
        method="is_asked_for", choices=[*OF_WHOLE_DAYS], help_text="The length of periods since their start."
    )
    clock = ChoicesFilter(method="is_asked_for", choices=[*CohortClock], help_text="What a period is.")
    mode = ChoicesFilter(
        method="is_asked_for", choices=[*ReturnMode], help_text="With `onOrAfter` what came in later is in it, too."
    )
    inPeriod = WholeNumberFilter(
        method="is_asked_for", help_text="In this period since their start, 0 is the first. With `start`."
    )
    untilPeriod = WholeNumberFilter(method="is_asked_for", help_text="In it or an earlier one, in place of `inPeriod`.")
    steps = TextFilter(
        method="is_asked_for",
        max_length=MAX_STEPS_LENGTH,
        help_text="Orders of people who completed a funnel of these steps on the days, by events of the last one, from "
        "then on. Conditions on events are those on the first step.",
    )
    funnelStep = TextsFilter(
        method="is_asked_for",
        allowed=f"{STEPS_ALLOWED}; at most {MAX_STEPS} of them",
        help_text="Each step of the funnel instead, as its report has them by `step`.",
    )
    window = TextFilter(method="is_asked_for", help_text=f"Of the funnel: {WINDOW_ALLOWED}.")
    order = TextFilter(method="is_asked_for", help_text=f"Of the funnel: {', '.join(StepOrder)}.")
    exclude = TextsFilter(
        method="is_asked_for", allowed=EXCLUSION_ALLOWED, help_text="Of the funnel: what voids an attempt."
    )
    rfm = segment_filter("is_asked_for")
    rfmBefore = segment_filter("is_asked_for", is_before=True)
    recency = score_filter("is_asked_for", RfmScore.RECENCY)
    frequency = score_filter("is_asked_for", RfmScore.FREQUENCY)
    monetary = score_filter("is_asked_for", RfmScore.MONETARY)
    test = ReferenceFilter(
        prefix="ab",
        method="is_asked_for",
        help_text="Those that count in an A/B test: of its people whose window is over, in their windows.",
    )
    goalDays = WholeNumberFilter(
        method="is_asked_for", help_text="With `test`: other days after the assignment than its own."
    )
    breakdown = TextFilter(
        method="is_asked_for",
        max_length=MAX_PARAMETER_LENGTH,
        help_text="Of people of a funnel what it is broken down by, of those of a cohort `utm.source` or "
        "`utm.campaign` of their first touches. Without `group`, of those who have no value of it.",
    )
    group = TextOrNothingFilter(
        method="is_asked_for", max_length=MAX_PARAMETER_LENGTH, strip=False, help_text="With it: of those of this one."
    )
    notGroup = TextOrNothingFilter(
        method="is_asked_for",
        max_length=MAX_OTHERS_LENGTH,
        strip=False,
        help_text="With it: of those with other values than these, separated by commas.",
    )

    def results(self) -> OrderResults:
        return self._orders().find(self.workspace, now=self.now)

    def _orders(self) -> OrderList:
        asked = self.form.cleaned_data
        for name in _SINGLE:
            if len(asked[name]) > 1:
                raise ParameterError(name, given=self.data.get(name), allowed="one of them")
        kind, refunds_by = (next(iter(asked[name]), None) for name in _SINGLE)
        funnel = self._funnel()
        cohort = None if funnel else self._cohort()
        buyers = self._buyers()
        members = None if funnel or cohort else self._members()
        return OrderList(
            window=self._days(self._way_of_steps) if funnel else self._days("rfm") if buyers else None,
            kind=OrderKind(kind) if kind else None,
            type=asked["type"] or None,
            currency=self._currency(),
            without_amount=asked["withoutAmount"],
            currency_assumed=asked["currencyAssumed"],
            unconverted=asked["unconverted"],
            person=self.asked_person(),
            refunds_by=RefundsBy(refunds_by or RefundsBy.DAY),
            conditions=self.list_conditions,
            members=members,
            cohort=cohort,
            funnel=funnel,
            buyers=buyers,
            test=self._test(beside=funnel or cohort or members),
        )

    @property
    def asked_subjects(self) -> Sequence[Subject]:
        """Of a funnel, what its first step is of."""
        return (self.asked_steps[0].subject, Subject.PEOPLE) if self.asked_steps else self.subjects

    @cached_property
    def asked_steps(self) -> tuple[Step, ...]:
        """None where no funnel is asked for."""
        names = StepNames(self.workspace, self.sees_addresses)
        return params.steps(self.data, names, FUNNEL_STEP) if self._way_of_steps else ()

    @property
    def _way_of_steps(self) -> str:
        """By which parameter the steps are said, if by any."""
        return next((way for way in WAYS_OF_FUNNELS if self.data.get(way)), "")

    def _days(self, needed_by: str) -> Window:
        return self.days_between("occurredFrom", "occurredBefore", needed_by=needed_by)

    def _buyers(self) -> RfmPeople | None:
        """Raises ParameterError."""
        for name in ("steps", "funnelStep", "cohort", "start"):
            if self.data.get(name):
                self._refuse(RFM_PARAMETERS, f"nothing beside {name}")
        return asked_rfm(self.data, self.workspace, self.now)

    def _funnel(self) -> FunnelOrders | None:
        if not self.asked_steps:
            refuse_without_steps(self)
            return None
        for name in ("cohort", "start"):
            if self.data.get(name):
                raise ParameterError(name, given=self.data.get(name), allowed=f"{name} without steps")
        facts = self.asked_steps[0].subject
        group = asked_group(self, GROUPED_BY[facts], lambda key: breakdown_field(key, facts))
        names = StepNames(self.workspace, self.sees_addresses)
        return FunnelOrders(self.asked_steps, group, params.funnel_rules(self.data, names, self.asked_steps))

    def _cohort(self) -> CohortOrders | None:
        """Raises ParameterError."""
        cell = asked_cell(self.data, self.workspace, self.now, sees_addresses=self.sees_addresses)
        if cell is None:
            self._refuse(_OF_COHORT, "one together with start")
            return None
        self._refuse(("cohort", *_OF_WEEKS), "nothing beside start")
        began = self.days_between("beganFrom", "beganBefore", needed_by="start")
        parameters = StrictParameters.of(self.data, self.workspace, self.now, sees_addresses=self.sees_addresses)
        return CohortOrders.of_period(cell, began, self.form.cleaned_data["untilPeriod"], parameters)

    def _test(self, beside: object) -> OrdersOfTest | None:
        """Raises ParameterError, also where there is a list of other people."""
        asked = self.form.cleaned_data
        if beside is not None:
            self._refuse(ORDERS_OF_TEST_PARAMETERS, "nothing beside a funnel or a cohort")
        if asked["test"] is None:
            self._refuse(("goalDays",), "one together with test")
            return None
        if not ABTest.objects.filter(workspace=self.workspace, pk=asked["test"]).exists():
            raise ParameterError("test", given=self.data.get("test"), allowed="an A/B test of this workspace")
        days = asked["goalDays"]
        if days is not None and not 1 <= days <= LONGEST_TEST_WINDOW:
            raise ParameterError("goalDays", given=str(days), allowed=f"1 to {LONGEST_TEST_WINDOW}")
        return OrdersOfTest(asked["test"], days)

    def _refuse(self, names: Sequence[str], allowed: str) -> None:
        """Raises ParameterError for the first of them that is asked for."""
        for name in names:
            if self.form.cleaned_data[name] not in (None, "", []):
                raise ParameterError(name, given=self.data.get(name), allowed=allowed)

    def _members(self) -> MemberOrders | None:
        start, asked = asked_cohort(self), self.form.cleaned_data
        if start is None:
            self._refuse(_OF_MEMBERS, "one together with cohort")
            return None
        began = self.days_between("beganFrom", "beganBefore", needed_by="cohort")
        last = LONGEST_HORIZON if asked["toWeek"] is None else asked["toWeek"]
        return MemberOrders(start, began, asked_group(self, *COHORTS_BY), asked["fromWeek"], last)

    def _currency(self) -> str | None:
        code = (self.form.cleaned_data["currency"] or "").upper()
        if code and code not in currencies():
            raise ParameterError("currency", given=self.data.get("currency"), allowed="a code of ISO 4217 such as EUR")
        return code or None


class OrderRecord(serializers.Serializer[Any]):
    id = serializers.CharField(source="api_id", help_text="That of the event, `evt_` and 32 hexadecimal digits.")
    messageId = serializers.CharField(source="message_id", help_text="The sender's id of the event.")
    type = serializers.CharField(help_text="Such as purchase.")
    kind = serializers.ChoiceField(
        [kind.value for kind in OrderKind],
        source="told.kind",
        help_text="A sale is an order that counts, a duplicate tells again of one and counts for nothing.",
    )
    occurredAt = serializers.DateTimeField(source="occurred_at", help_text="Corrected for the sender's clock.")
    order = TextOrNull(source="told.money.order", help_text="The order's id; null where the event names none.")
    contactId = contact_id_or_null()
    contact = contact_or_null()
    anonymousId = device_or_null()
    amount = serializers.IntegerField(
        source="told.money.units",
        allow_null=True,
        help_text="In minor units, below zero where money is given back; null where the event states none.",
    )
    currency = serializers.CharField(source="told.money.currency", help_text="A code of ISO 4217.")
    exponent = serializers.SerializerMethodField(help_text="How many of the amount's digits stand behind the point.")
    converted = serializers.IntegerField(
        source="told.converted.units",
        default=None,
        allow_null=True,
        help_text="The amount in minor units of the workspace's currency; null without a rate.",
    )
    remarks = serializers.ListField(
        child=serializers.ChoiceField([remark.value for remark in OrderRemark]),
        source="told.remarks",
        help_text="What should be known of it.",
    )

    def get_exponent(self, event: Any) -> int:
        return exponent(event.told.money.currency)


class OrdersViewSet(LedgerEventsViewSet):
    """Orders and refunds: the events that say something of money, by the workspace's rules. The sums of reports on
    revenue are made of them. Each order counts once; an event that tells of it again is a duplicate."""

    resource = "orders"
    filters = OrderFilter
    serializer_class = OrderRecord

    def results_around(self, event: Event) -> OrderResults:
        return OrderList().find(self.access.workspace, now=timezone.now())
