"""The page of a report that needs no more than its key figures, charts and tables."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.presentation.reports import Show
from analytics.views.report_page import PageFilter, open_report, understands_report


def page_of(name: str, label: str, show: Show) -> Callable[..., HttpResponseBase]:
    @login_required
    @require_safe
    @understands_report()
    def report_page(request: HttpRequest, slug: str) -> HttpResponseBase:
        page = open_report(request, slug, name, label, {PageFilter.COMPARE, PageFilter.INTERVAL, PageFilter.OPENS})
        return page.respond("reports/report.html", show(page.source, page.question))

    return report_page
