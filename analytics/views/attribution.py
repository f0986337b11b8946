"""Where did people come from? Sources, media and campaigns, and who came without any."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.lists import Conversions, EventList, behind
from analytics.presentation.attribution import attribution_presentation
from analytics.reports.answers import compared_answer
from analytics.reports.attribution import AttributionParams
from analytics.reports.source_tree import source_counts, source_tree
from analytics.views.page import COMPARE, opened, understands_report


@login_required
@require_safe
@understands_report()
def attribution_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = opened(request, slug, "attribution", "Attribution", {COMPARE})
    tree = source_tree(page.source, AttributionParams(page.window), now=page.now)
    changes = compared_answer(
        lambda window: (
            tree.counts()
            if window == page.window
            else source_counts(page.source, AttributionParams(window), now=page.now)
        ),
        page.selection,
    )
    return page.response(
        presentation=attribution_presentation(tree, changes, page.selection),
        tree=tree,
        conversions=tree.attributed_conversions + tree.direct_conversions,
        credits={
            "attributed": behind("conversions", page.window),
            "direct": EventList(page.window, conversions=Conversions.DIRECT),
            "all": behind("conversion_events", page.window),
        },
    )
