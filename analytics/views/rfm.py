"""Who are the buyers? Segments by how lately, how often and for how much each bought."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.lists.amounts import has_money_events
from analytics.presentation.revenue.rfm import rfm_presentation
from analytics.questions.fields import Subject
from analytics.reports.revenue.rfm import rfm
from analytics.views.report_page import open_report, understands_report


@login_required
@require_safe
@understands_report()
def rfm_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(request, slug, "rfm", "RFM", subjects=(Subject.PEOPLE,), default_range="12mo")
    page.refuse_split()
    if not has_money_events(page.workspace):
        return page.respond("reports/rfm.html", is_without_money=True)
    report = rfm(page.source, page.question)
    return page.respond("reports/rfm.html", rfm_presentation(report), report=report)
