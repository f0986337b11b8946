"""How much? What people ordered and gave back, over time and broken down."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.presentation.revenue.report import RevenueAnswer, revenue_presentation
from analytics.questions.questions import RefundsBy, RevenueQuestion
from analytics.views.report_page import ON_EVENTS, PageFilter, open_report, understands_report
from campaignos.page_parameters import one_of


@login_required
@require_safe
@understands_report(refundsBy=one_of([*RefundsBy]))
def revenue_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(
        request, slug, "revenue", "Revenue", {PageFilter.COMPARE, PageFilter.INTERVAL}, subjects=ON_EVENTS
    )
    given = request.GET.get("refundsBy", "")
    refunds_by = RefundsBy(given) if given in [*RefundsBy] else RefundsBy.DAY
    question = page.question.with_params(RevenueQuestion, refunds_by=refunds_by)
    answer = RevenueAnswer.of(page.source, question)
    total = answer.report.report.total
    return page.respond(
        "reports/revenue.html",
        revenue_presentation(answer, question),
        has_rules=page.workspace.tells_money,
        is_told=bool(total.orders or total.by_currency),
        by_order=refunds_by is RefundsBy.ORDER,
    )
