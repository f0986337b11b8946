"""The reports on campaigns: one of them, what its messages went through, its A/B tests, and all side by side."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.addresses import hidden_value
from analytics.api import params
from analytics.api.reports.campaigns.engagement_serializers import EngagementSerializer
from analytics.api.reports.campaigns.money import CampaignMoneyView, changes_of_credit, rule_of_credits
from analytics.api.reports.campaigns.serializers import (
    CampaignMessageTotalsSerializer,
    CampaignNameSerializer,
    CampaignReportSerializer,
    CampaignsReportSerializer,
    EnrollmentTotalsSerializer,
    RatesOfSentSerializer,
)
from analytics.api.reports.changes import changes_by, changes_of_campaign
from analytics.api.reports.conditions import CONDITIONS, SCHEMA_OF_CONDITIONS, leave_out
from analytics.api.reports.credit.parameters import RULE
from analytics.api.reports.experiments.report import add_rows_of_campaign_tests, campaign_tests_body
from analytics.api.reports.experiments.serializers import CampaignExperimentsSerializer
from analytics.api.reports.parameters import (
    CHANNEL_PARAMETER,
    COMPARED_PARAMETERS,
    LIMIT,
    OF_PEOPLE_AND_MESSAGES,
    OPENS_PARAMETER,
)
from analytics.api.reports.rows import ReportRows
from analytics.api.reports.serializers import MetaSerializer
from analytics.api.reports.view import COMPARISON, OF_DAYS, Body, ReportShape, report_schema, shown_by
from analytics.metrics import rate
from analytics.models import Campaign
from analytics.questions.credit import PARAMETERS
from analytics.questions.fields import Subject
from analytics.questions.questions import CampaignQuestion, Question
from analytics.questions.reader import OF_API
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.campaigns.engagement import engagement
from analytics.reports.campaigns.one import OF_DELIVERED, CampaignReport, campaign
from analytics.reports.campaigns.side_by_side import CampaignsReport, campaigns
from analytics.reports.experiments.catalogue import campaign_experiments
from campaignos.csv_export import Download
from campaignos.ids import number_of
from workspaces.models import Workspace


def _add_shares(body: Body, report: CampaignReport) -> None:
    for row in body["statusBreakdown"]:
        if row["status"] in OF_DELIVERED:
            row["ofDelivered"] = rate(row["_count"], report.numbers["delivered"])


OF_CAMPAIGN = {
    "enrollments": EnrollmentTotalsSerializer,
    "messages": CampaignMessageTotalsSerializer,
}
CAMPAIGN_REPORT = ReportShape(
    plain=shown_by(CampaignReportSerializer),
    rows=ReportRows.campaign,
    under_conditions=partial(leave_out, {"enrollments": EnrollmentTotalsSerializer}),
    more=_add_shares,
    changes=changes_by(CampaignReportSerializer),
)
METRICS_OF_ROWS = {**CampaignMessageTotalsSerializer.metrics, **RatesOfSentSerializer.metrics}
CAMPAIGNS = ReportShape(plain=shown_by(CampaignsReportSerializer), rows=ReportRows.campaigns)
ENGAGEMENT = ReportShape(plain=shown_by(EngagementSerializer), rows=ReportRows.engagement)


class OfCampaign(CampaignMoneyView):
    """A report on one campaign, named by the address."""

    def handle_exception(self, error: Exception) -> Response:
        return super().handle_exception(Http404() if isinstance(error, Campaign.DoesNotExist) else error)

    def of_campaign(self, request: Request, api_id: str, campaign_id: str) -> CampaignQuestion:
        """Raises Http404 for what is no campaign's id; the report does where the workspace has no such campaign."""
        workspace, number = self.workspace(request, api_id), number_of("cmp", campaign_id)
        if number is None:
            raise Http404
        return self.question(request, workspace).with_params(CampaignQuestion, campaign_id=number)


class CampaignView(OfCampaign):
    parameters = (*OF_DAYS, *COMPARISON, *CONDITIONS, "opens", "breakdown", "limit", *PARAMETERS)
    conditioned = (Subject.PEOPLE, Subject.MESSAGES)

    @report_schema(
        *("campaign-report", CampaignReportSerializer),
        *(*COMPARED_PARAMETERS, *SCHEMA_OF_CONDITIONS, OPENS_PARAMETER, OF_PEOPLE_AND_MESSAGES, LIMIT, *RULE),
    )
    def get(self, request: Request, workspace_id: str, campaign_id: str) -> Response | Download:
        """What became of a campaign's enrollments and messages of the period. Rates are over delivered messages.

        With a rule of credit, `credit` has the conversions of the period as far as they are credited to it.
        """
        question = self.of_campaign(request, workspace_id, campaign_id)
        answer = compared_answer(campaign, self.source, question)
        body = self.body(answer, question, CAMPAIGN_REPORT)
        if self.asks_credit:
            body["credit"] = self.credit_of_one(question)
        self.add_groups(body, replace(question, part=question.part_of_campaign), OF_CAMPAIGN)
        return self.respond(body)

    def credit_of_one(self, question: CampaignQuestion) -> Body | None:
        answer, number = self.credits(question), question.campaign_id
        if answer is None:
            return None
        body = {**rule_of_credits(answer.report), **self.campaign_credit(answer.report, number, question)}
        return body if answer.compared is None else {**body, "changes": changes_of_credit(answer, number)}


class EngagementView(OfCampaign):
    parameters = (*OF_DAYS, *CONDITIONS, "opens")
    conditioned = (Subject.PEOPLE, Subject.MESSAGES)
    rows = "hours"

    @report_schema("engagement", EngagementSerializer, *SCHEMA_OF_CONDITIONS, OPENS_PARAMETER)
    def get(self, request: Request, workspace_id: str, campaign_id: str) -> Response | Download:
        """What a campaign's messages of the period went through.

        Opens and clicks by the hours since they were sent, the links that were clicked, and why messages bounced.
        """
        question = self.of_campaign(request, workspace_id, campaign_id)
        report = engagement(self.source, question)
        return self.respond(self.body(Answer(report), question, ENGAGEMENT))

    def shown_data(self, data: Any) -> Any:
        """Links and reasons without telephone numbers, too."""
        if not self.hides_addresses:
            return data
        masked = {name: [_masked_row(row, text) for row in data[name]] for name, text in TEXTS.items() if name in data}
        return {**super().shown_data(data), **masked}


TEXTS = {"links": "url", "bounceReasons": "reason"}


def _masked_row(row: Body, text: str) -> Body:
    return {**row, text: hidden_value(row[text])}


class CampaignTestsView(OfCampaign):
    parameters = ("rows",)

    @report_schema("ab-tests-report", CampaignExperimentsSerializer, has_days=False)
    def get(self, request: Request, workspace_id: str, campaign_id: str) -> Response | Download:
        """How the variants of a campaign's A/B tests do against the control by opens and clicks, and whether that may
        be chance.

        As each test's own report has it, over the test's own life.
        """
        question = self.of_campaign(request, workspace_id, campaign_id)
        report = campaign(self.source, question)
        tests = campaign_experiments(self.source, question, question.campaign_id)
        body = {
            "campaign": dict(CampaignNameSerializer(report.campaign).data),
            "abTests": campaign_tests_body(tests),
            "meta": dict(MetaSerializer(report.meta).data),
        }
        if self.tells_rows:
            add_rows_of_campaign_tests(ReportRows(self.addresses, question), body, tests)
        return self.respond(body)

    def question(self, request: Request, workspace: Workspace) -> Question:
        campaign_id = number_of("cmp", self.kwargs["campaign_id"])
        life = self.source.days_of_campaign(campaign_id or 0)
        defaults = replace(OF_API, life=life)
        return params.question(request.query_params, workspace, now=self.now, defaults=defaults)

    def file_rows(self, body: Body) -> Sequence[Body]:
        return [
            {"abTest": test["name"], "metric": outcome["metric"], **variant}
            for test in body["abTests"]
            for outcome in test["outcomes"]
            for variant in outcome["variants"]
        ]


class CampaignsView(CampaignMoneyView):
    parameters = (*OF_DAYS, *COMPARISON, *CONDITIONS, "opens", "channel", *PARAMETERS)
    conditioned = (Subject.PEOPLE, Subject.MESSAGES)
    rows = "campaigns"

    @report_schema(
        "campaigns-report",
        CampaignsReportSerializer,
        *COMPARED_PARAMETERS,
        *SCHEMA_OF_CONDITIONS,
        OPENS_PARAMETER,
        CHANNEL_PARAMETER,
        *RULE,
    )
    def get(self, request: Request, workspace_id: str) -> Response | Download:
        """Campaigns side by side, most messages first. Rates are over delivered messages.

        With a rule of credit, `credit` has the conversions of the period as far as they are credited to each.
        """
        workspace = self.workspace(request, workspace_id)
        question = self.question(request, workspace)
        answer = compared_answer(campaigns, self.source, question)
        body = self.body(answer, question, CAMPAIGNS)
        if answer.compared is not None:
            for row, campaign in zip(body["campaigns"], answer.report.campaigns, strict=True):
                row["changes"] = changes_of_campaign(answer, campaign.number, METRICS_OF_ROWS)
        if self.asks_credit:
            self.add_credit(body, answer.report, question)
        return self.respond(body)

    def add_credit(self, body: Body, report: CampaignsReport, question: Question) -> None:
        answer = self.credits(question)
        body["credit"] = answer and rule_of_credits(answer.report)
        for row, of_campaign in zip(body["campaigns"], report.campaigns, strict=True):
            row["credit"] = answer and self.campaign_credit(answer.report, of_campaign.number, question)
            if answer and answer.compared is not None:
                row["credit"]["changes"] = changes_of_credit(answer, of_campaign.number)
