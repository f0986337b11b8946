"""How did a campaign do? One campaign, or all of them while none is chosen."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.channels import Channel
from analytics.lists import list_for
from analytics.metrics import Numbers
from analytics.models import Campaign
from analytics.presentation.campaigns.head import campaign_head
from analytics.presentation.campaigns.one import campaign_answer, show_campaign
from analytics.presentation.campaigns.report import MOST_TESTS, split_of_campaigns
from analytics.presentation.campaigns.side_by_side import campaigns_presentation, compared_credits
from analytics.presentation.emails.harm import HarmCard, harm_cards
from analytics.questions.questions import CampaignQuestion
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.answers import Answer, compared_answer
from analytics.reports.campaigns.one import CampaignReport
from analytics.reports.campaigns.sends import campaign_sends
from analytics.reports.campaigns.side_by_side import campaigns
from analytics.reports.emails.deliverability import DeliverabilityRow
from analytics.views.report_page import (
    DAYS_OF_LIST,
    ON_MESSAGES,
    PageFilter,
    ReportPage,
    open_report,
    understands_report,
)
from campaignos.ids import number_of


@login_required
@require_safe
@understands_report(PageFilter.CAMPAIGN, PageFilter.CHANNEL, list=DAYS_OF_LIST)
def campaign_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    if "campaign" in request.GET:
        return _one_campaign(request, slug)
    offers = {PageFilter.COMPARE, PageFilter.CHANNEL, PageFilter.OPENS}
    page = open_report(request, slug, "campaign", "Campaigns", offers, subjects=ON_MESSAGES)
    answer = compared_answer(campaigns, page.source, page.question)
    whole = Numbers.sum_of(row.numbers for row in answer.report.campaigns)
    split = split_of_campaigns(page.source, page.question, whole)
    shown = campaigns_presentation(answer, page.question, split, compared_credits(page.source, page.question))
    return page.respond(
        "reports/campaigns.html",
        shown,
        is_filtered=page.question.part != EVERYTHING,
        silent=len(answer.report.campaigns) - len(shown.charts[0].table.rows),
    )


def _harm(page: ReportPage, report: CampaignReport, part: Slice) -> tuple[HarmCard, ...]:
    """Of a campaign of emails that sent any."""
    is_of_emails = report.campaign.channel == Channel.EMAIL.label and report.numbers["sent"]
    return harm_cards(Answer(DeliverabilityRow(part, page.window, report.numbers))) if is_of_emails else ()


def _one_campaign(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Over its own life, unless the address says other days."""
    campaign_id = number_of("cmp", request.GET["campaign"]) or 0
    page = open_report(
        request,
        slug,
        "campaign",
        "Campaigns",
        {PageFilter.COMPARE, PageFilter.INTERVAL, PageFilter.OPENS},
        subjects=ON_MESSAGES,
        life=lambda source: source.days_of_campaign(campaign_id),
    )
    question = page.question.with_params(CampaignQuestion, campaign_id=campaign_id)
    try:
        answer = campaign_answer(page.source, question)
    except Campaign.DoesNotExist as error:
        raise Http404 from error
    report, part = answer.report, question.part_of_campaign
    page.title = report.campaign.name
    return page.respond(
        "reports/campaign.html",
        show_campaign(page.source, question, answer, page.audience.text),
        report=report,
        head=campaign_head(
            report.campaign,
            campaign_sends(page.source, campaign_id),
            answer.outcomes,
            question,
            page.audience.text,
        ),
        cards=_harm(page, report, part),
        tests_left_out=len(answer.tests[:-MOST_TESTS]),
        enrollments=[
            (report.numbers[key], page.under_conditions(list_for(key, page.window, part)))
            for key in ("enrollments_active", "enrollments_completed")
            if report.has(key)
        ],
    )
