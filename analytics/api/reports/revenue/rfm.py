"""Buyers by how lately, how often and for how much they bought, over the API."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.net_money import BY_CURRENCY, OF_MONEY, money_remarks
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS
from analytics.api.reports.rows import AnswerPart, ReportRows
from analytics.api.reports.serializers import MetaSerializer, PeriodField, beside, row_addresses
from analytics.api.reports.view import OF_DAYS, Body, ReportShape, ReportView, report_schema
from analytics.lists import OrderKind, OrderList, PeopleList
from analytics.lists.acts import Act
from analytics.lists.rfm_people import RfmPeople
from analytics.metrics import rate
from analytics.questions.fields import Subject
from analytics.reports.answers import Answer
from analytics.reports.revenue.rfm import (
    BuyersOfScore,
    BuyersOfSegment,
    MovedBuyers,
    RfmChoice,
    RfmReport,
    RfmScore,
    RfmSegment,
    rfm,
)
from analytics.statistics import SCORES
from campaignos.csv_export import Download

_SEGMENTS = [each.value for each in RfmSegment]


def _buyers(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, help_text=help_text)


class RfmSegmentSerializer(serializers.Serializer[BuyersOfSegment]):
    segment = serializers.ChoiceField(_SEGMENTS[:-1])
    buyers = _buyers("Who is in it.")
    share = serializers.FloatField(min_value=0, help_text="Of all buyers.")
    daysSince = serializers.FloatField(
        min_value=0, help_text="The median of the days from their last order to the last day."
    )
    orders = _buyers("How many orders they made in these days.")
    converted = serializers.IntegerField(
        help_text="What came in of them in these days, refunds taken off, in minor units of the workspace's currency."
    )
    net = beside(BY_CURRENCY, "The same as it is stated, in minor units by currency.")
    rows = row_addresses()


class RfmScoreSerializer(serializers.Serializer[BuyersOfScore]):
    by = serializers.ChoiceField([each.value for each in RfmScore])
    score = serializers.IntegerField(min_value=1, max_value=SCORES, help_text="5 is the best fifth.")
    buyers = _buyers("Who has it.")
    lowest = serializers.IntegerField(
        allow_null=True,
        help_text="The lowest value that one of them has: days since the last order, orders, or minor units; null of "
        "nobody.",
    )
    highest = serializers.IntegerField(allow_null=True, help_text="The highest one.")
    rows = row_addresses()


class RfmMoveSerializer(serializers.Serializer[MovedBuyers]):
    before = serializers.ChoiceField(_SEGMENTS, help_text="`none`: had not ordered in the days until then.")
    now = serializers.ChoiceField(_SEGMENTS, help_text="`none`: has not ordered in the period.")
    buyers = _buyers("How many people that is.")
    rows = row_addresses()


class RfmBeforeSerializer(serializers.Serializer[Any]):
    to = serializers.DateField(help_text="The last of these days.")
    buyers = _buyers("Who ordered in them.")
    rows = row_addresses()

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(help_text="The first of these days."), **super().get_fields()}


class RfmSerializer(serializers.Serializer[RfmReport]):
    period = PeriodField()
    buyers = _buyers("Who ordered in these days.")
    few = serializers.BooleanField(help_text="Fewer than 100 buyers, of whom fifths say little.")
    segments = RfmSegmentSerializer(many=True)
    scores = RfmScoreSerializer(many=True)
    before = RfmBeforeSerializer(help_text="As many days, until a month before the last one.")
    moves = RfmMoveSerializer(many=True, help_text="From the segments before to those now; both add up.")
    money = beside(OF_MONEY, "What should be known of all these amounts.")
    rows = row_addresses()
    meta = MetaSerializer()


def _plain(report: RfmReport) -> Body:
    before = report.window_before
    return {
        "period": f"{report.window.days}d",
        "buyers": report.buyers,
        "few": report.is_of_few,
        "segments": [_segment(each, report) for each in report.segments],
        "scores": [_score(each) for each in report.scores],
        "before": {
            "from": before.first_day.isoformat(),
            "to": before.last_day.isoformat(),
            "buyers": report.buyers_before,
        },
        "moves": [{"before": each.before, "now": each.now, "buyers": each.buyers} for each in report.moves],
        "money": money_remarks(report.money, report.currency),
        "meta": dict(MetaSerializer(report.meta).data),
    }


def _segment(each: BuyersOfSegment, report: RfmReport) -> Body:
    return {
        "segment": each.segment,
        "buyers": each.buyers,
        "share": rate(each.buyers, report.buyers),
        "daysSince": each.days_since,
        "orders": each.money.orders,
        "converted": each.money.converted,
        "net": dict(each.money.by_currency),
    }


def _score(each: BuyersOfScore) -> Body:
    ends = {"lowest": each.lowest, "highest": each.highest}
    return {"by": each.by, "score": each.score, "buyers": each.buyers, **ends}


def _add_rows(rows: ReportRows, body: AnswerPart, report: RfmReport) -> None:
    window = report.window

    def people(choice: RfmChoice) -> PeopleList:
        return PeopleList(window, choice=RfmPeople(choice))

    rows.add(body, buyers=PeopleList(window, did=Act.ORDER))
    rows.add(body["before"], buyers=PeopleList(report.window_before, did=Act.ORDER))
    rows.money(body["money"], OrderList(window, buyers=RfmPeople(RfmChoice())))
    for part, segment in zip(body["segments"], report.segments, strict=True):
        choice = RfmChoice(segment.segment)
        orders = OrderList(window, kind=OrderKind.SALE, buyers=RfmPeople(choice))
        net = OrderList(window, buyers=RfmPeople(choice))
        rows.add(part, buyers=people(choice), orders=orders, converted=net)
    for part, score in zip(body["scores"], report.scores, strict=True):
        rows.add(part, buyers=people(RfmChoice(scores=((score.by, score.score),))))
    for part, move in zip(body["moves"], report.moves, strict=True):
        rows.add(part, buyers=people(RfmChoice(move.now, move.before)))


RFM = ReportShape(plain=_plain, rows=_add_rows)


class RfmView(ReportView):
    parameters = (*OF_DAYS, *CONDITIONS)
    conditioned = (Subject.PEOPLE,)
    rows = "segments"

    @report_schema("rfm", RfmSerializer, *SCHEMA_OF_CONDITIONS)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """Who ordered in the period, in ten segments by how lately and how often, and where they were a month before.

        Recency, frequency and what came in are scored from 1 to 5, each by rank among the buyers of the period: a score
        is a fifth of them, and equal values have the same one.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        report = rfm(self.source, question)
        return self.respond(self.body(Answer(report), question, RFM))

    @property
    def asks_more(self) -> bool:
        return True
