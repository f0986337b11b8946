"""Where did people come from? Sources, media and campaigns, and who came without any."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.lists import Conversions, EventList, list_for
from analytics.lists.events import conversions_of_all_sources
from analytics.presentation.credit.attribution import attribution_presentation, split_of_sources
from analytics.questions.credit import PARAMETERS
from analytics.reports.attribution.source_tree import compared_sources
from analytics.views.credit import OF_RULE, ROW_NAMES, TAB_NAMES, TOUCHES, credit_response, credit_tabs, tab_of
from analytics.views.report_page import ON_EVENTS, PageFilter, ReportPage, open_report, understands_report


@login_required
@require_safe
@understands_report(*PARAMETERS, many=("touchpoints",), view=TAB_NAMES, rowsBy=ROW_NAMES, min=TOUCHES, max=TOUCHES)
def attribution_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    page = open_report(request, slug, "attribution", "Attribution", {PageFilter.COMPARE}, subjects=ON_EVENTS)
    tab = tab_of(page)
    page.shown_by_default["view"] = tab
    return _sources_response(page) if tab == "sources" else credit_response(page, tab)


def _sources_response(page: ReportPage) -> HttpResponseBase:
    page.notices += (f"{name} changes nothing among the sources." for name in OF_RULE if page.request.GET.get(name))
    tree, changes = compared_sources(page.source, page.question)
    return page.respond(
        "reports/attribution.html",
        attribution_presentation(tree, changes, page.question, split_of_sources(page.source, page.question, tree)),
        tabs=credit_tabs(page, "sources"),
        tree=tree,
        conversions=tree.all_conversions,
        chooses_sources=bool(page.question.part.where.sources.conditions),
        credits={
            "attributed": page.under_conditions(list_for("conversions", page.window)),
            "direct": page.under_conditions(EventList(page.window, conversions=Conversions.DIRECT)),
            "all": conversions_of_all_sources(page.window, page.question.part),
        },
    )
