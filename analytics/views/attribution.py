"""Where did people come from? Sources, media and campaigns, and who came without any."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.lists import Conversions, EventList, list_for
from analytics.lists.events import conversions_of_all_sources
from analytics.presentation.attribution import attribution_presentation, split_of_sources
from analytics.reports.source_tree import compared_sources
from analytics.views.report_page import ON_EVENTS, PageFilter, open_report, understands_report


@login_required
@require_safe
@understands_report()
def attribution_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(request, slug, "attribution", "Attribution", {PageFilter.COMPARE}, subjects=ON_EVENTS)
    tree, changes = compared_sources(page.source, page.question)
    return page.respond(
        "reports/attribution.html",
        attribution_presentation(tree, changes, page.question, split_of_sources(page.source, page.question, tree)),
        tree=tree,
        conversions=tree.all_conversions,
        chooses_sources=bool(page.question.part.where.sources.conditions),
        credits={
            "attributed": page.under_conditions(list_for("conversions", page.window)),
            "direct": page.under_conditions(EventList(page.window, conversions=Conversions.DIRECT)),
            "all": conversions_of_all_sources(page.window, page.question.part),
        },
    )
