"""Health: whether emails arrive, what harm they do, and how the list does that is written to."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.presentation.harm import harm_cards
from analytics.presentation.health import HealthAnswer, health_presentation
from analytics.views.report_page import ON_MESSAGES, PageFilter, open_report, understands_report


@login_required
@require_safe
@understands_report()
def health_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(request, slug, "health", "Health", {PageFilter.INTERVAL}, subjects=ON_MESSAGES)
    page.refuse_split()
    answer = HealthAnswer.of(page.source, page.question)
    return page.respond(
        "reports/health.html",
        health_presentation(answer, page.question),
        cards=harm_cards(answer.by_mailbox.total),
        is_sent=bool(answer.by_mailbox.total.numbers["messages_total"]),
    )
