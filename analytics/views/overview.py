"""How are we doing? The overview, and the way to it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from analytics.models import SavedFunnel
from analytics.presentation.overview import show_overview
from analytics.views.page import COMPARE, INTERVAL, OPENS, Page, opened, understands_report
from campaignos.texts import CodePoints

ATTENTION_ROWS = 5
SAVED_FUNNELS = 5


@login_required
@require_safe
@understands_report()
def overview_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "overview", "Overview", {COMPARE, INTERVAL, OPENS})
    shown = show_overview(page.source, page.question)
    if not shown.numbers and page.is_empty:
        return page.response(is_empty=True)
    saved = SavedFunnel.objects.filter(workspace=page.workspace).order_by(CodePoints("name"))
    return page.response(
        presentation=shown,
        attention=shown.attention[:ATTENTION_ROWS],
        attention_left_out=len(shown.attention[ATTENTION_ROWS:]),
        bounces_address=_bounces_address(page),
        saved_funnels=list(saved[:SAVED_FUNNELS]),
    )


def _bounces_address(page: Page) -> str:
    """The list of campaigns, with what bounced of their messages of these days, the worst first."""
    days = [("from", page.window.first_day.isoformat()), ("to", page.window.last_day.isoformat())]
    columns = [("column", name) for name in ("delivered", "bounced", "bounce_rate")]
    query = urlencode([*days, *columns, ("sort", "-bounce_rate")])
    return f"{reverse('campaigns', args=[page.workspace.slug])}?{query}"
