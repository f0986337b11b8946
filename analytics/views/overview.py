"""How are we doing? The overview, and the way to it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from analytics.metrics import OF_ORDERS
from analytics.models import SavedFunnel
from analytics.periods import Window
from analytics.presentation.overview import MORE, show_overview
from analytics.views.report_page import PageFilter, open_report, understands_report
from analytics.views.step_builder import described_funnels
from campaignos.page_parameters import one_of
from campaignos.texts import CodePoints

ATTENTION_ROWS = 5
SAVED_FUNNELS = 5


@login_required
@require_safe
@understands_report(metric=one_of([*MORE]))
def overview_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(
        request, slug, "overview", "Overview", {PageFilter.COMPARE, PageFilter.INTERVAL, PageFilter.OPENS}
    )
    drawn = request.GET.get("metric", "")
    shown = show_overview(page.source, page.question, drawn)
    if not shown.numbers and page.is_empty:
        return page.respond("reports/overview.html", is_empty=True)
    if drawn in OF_ORDERS and drawn not in {tile.draws for tile in shown.tiles}:
        page.notices.append(f"metric cannot be {drawn!r}: nothing tells of money here. It is left out.")
    saved = SavedFunnel.objects.filter(workspace=page.workspace).order_by(CodePoints("name"))
    return page.respond(
        "reports/overview.html",
        shown,
        attention=shown.attention[:ATTENTION_ROWS],
        attention_left_out=len(shown.attention[ATTENTION_ROWS:]),
        bounces_address=f"{page.address('campaigns')}?{_bounces_query(page.window)}",
        saved_funnels=described_funnels(page.workspace, saved[:SAVED_FUNNELS]),
    )


def _bounces_query(window: Window) -> str:
    """The query of the list of campaigns that shows what bounced of their messages of these days, the worst first."""
    days = [("from", window.first_day.isoformat()), ("to", window.last_day.isoformat())]
    columns = [("column", name) for name in ("delivered", "bounced", "bounce_rate")]
    return urlencode([*days, *columns, ("sort", "-bounce_rate")])
