"""Health: whether emails arrive, what harm they do, and how the list does that is written to."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.presentation.emails.harm import harm_cards
from analytics.presentation.emails.health import HealthAnswer, health_presentation
from analytics.views.report_page import ON_MESSAGES, PageFilter, open_report, understands_report


@login_required
@require_safe
@understands_report()
def health_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(
        request, slug, "health", "Health", {PageFilter.INTERVAL, PageFilter.COMPARE}, subjects=ON_MESSAGES
    )
    page.refuse_split()
    page.compare_if_asked()
    answer = HealthAnswer.of(page.source, page.question)
    total = answer.by_mailbox.of(lambda report: report.total)
    return page.respond(
        "reports/health.html",
        health_presentation(answer, page.question),
        cards=harm_cards(total),
        is_sent=bool(total.report.numbers["messages_total"]),
    )
