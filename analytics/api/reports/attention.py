"""What needs somebody's attention, over the API."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.reports.campaigns.serializers import CampaignNameSerializer
from analytics.api.reports.parameters import (
    COMPARED_PARAMETERS,
)
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import MetaSerializer, row_addresses
from analytics.api.reports.view import COMPARISON, OF_DAYS, ReportShape, ReportView, report_schema, shown_by
from analytics.reports.answers import Answer
from analytics.reports.attention import (
    Concern,
    EndedCampaign,
    EndedTest,
    FallenClicks,
    HighHarm,
    RejectedItems,
    Silence,
    attention_report,
)
from campaignos.csv_export import Download

KINDS_OF_HARM = {"bounce_share": "bounces", "complaint_rate": "complaints", "unsubscribe_rate": "unsubscribes"}


class ConcernSerializer(serializers.Serializer[Concern]):
    kind = serializers.ChoiceField(
        [*KINDS_OF_HARM.values(), "clickRate", "silence", "rejected", "testEnded", "campaignEnded"],
        help_text="Harm of a campaign over its limit; the click rate, which fell; nothing of `metric` since `day`; "
        "what was rejected; what ended on `day`.",
    )
    campaign = CampaignNameSerializer(allow_null=True, help_text="Null for all together.")
    abTest = CampaignNameSerializer(allow_null=True, help_text="The test that ended.")
    sent = serializers.IntegerField(allow_null=True, min_value=0, help_text="Of bounces, the same as `of`.")
    bounced = serializers.IntegerField(allow_null=True, min_value=0, help_text="Of bounces, the same as `count`.")
    count = serializers.IntegerField(allow_null=True, min_value=0, help_text="Messages that did harm; rejected items.")
    of = serializers.IntegerField(allow_null=True, min_value=0, help_text="Of as many messages.")
    share = serializers.FloatField(
        allow_null=True, help_text="What is over the limit, `count` of `of`; or clicked of delivered messages."
    )
    limit = serializers.FloatField(allow_null=True, help_text="Of harm.")
    before = serializers.FloatField(allow_null=True, help_text="What it was, for what fell.")
    metric = serializers.ChoiceField(["events", "messages"], allow_null=True, help_text="What has fallen silent.")
    day = serializers.DateField(allow_null=True, help_text="Since when it is silent, or when it ended.")
    rows = row_addresses()

    def to_representation(self, instance: Concern) -> dict[str, Any]:
        return {**_NOTHING_TOLD, **_concern(instance)}


_NOTHING_TOLD = dict.fromkeys(
    ("campaign", "abTest", "sent", "bounced", "count", "of", "share", "limit", "before", "metric", "day")
)


def _concern(concern: Concern) -> dict[str, Any]:
    match concern:
        case HighHarm(campaign, limit):
            named = {"kind": KINDS_OF_HARM[limit.metric], "campaign": {"id": campaign.id, "name": campaign.name}}
            counts = {"count": concern.count, "of": concern.base, "share": concern.share, "limit": limit.over}
            of_bounces = {"sent": concern.base, "bounced": concern.count} if limit.metric == "bounce_share" else {}
            return {**named, **counts, **of_bounces}
        case FallenClicks(share, before):
            return {"kind": "clickRate", "share": share, "before": before}
        case Silence(metric, since):
            return {"kind": "silence", "metric": "events" if metric == "events" else "messages", "day": since}
        case RejectedItems(number):
            return {"kind": "rejected", "count": number}
        case EndedTest(test_id, name, day):
            return {"kind": "testEnded", "abTest": {"id": test_id, "name": name}, "day": day}
        case EndedCampaign(campaign_id, name, day):
            return {"kind": "campaignEnded", "campaign": {"id": campaign_id, "name": name}, "day": day}


class AttentionSerializer(serializers.Serializer[Any]):
    attention = ConcernSerializer(source="concerns", many=True)
    meta = MetaSerializer()


ATTENTION = ReportShape(plain=shown_by(AttentionSerializer), rows=ReportRows.attention, is_compared=False)


class AttentionView(ReportView):
    parameters = (*OF_DAYS, *COMPARISON)
    rows = "attention"

    @report_schema("attention", AttentionSerializer, *COMPARED_PARAMETERS)
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """What needs somebody's attention: what is over its limit, and not by chance.

        Campaigns of whose messages more bounced, were reported as spam or led to unsubscribing than mailbox providers
        and senders' services bear and, with a comparison, a click rate that fell by a quarter. Events or messages that
        have not come for three times as long as usual; what was rejected; and the tests and campaigns that ended on
        these days.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        report = attention_report(self.source, question)
        return self.respond(self.body(Answer(report), question, ATTENTION))
