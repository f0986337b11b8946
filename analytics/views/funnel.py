"""How many people go through a sequence of steps? The builder, the saved ones, and what they show."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from analytics.api import params
from analytics.funnels import delete_funnel, save_funnel
from analytics.lists.names import missing_type_notice, missing_types
from analytics.lists.query import Query
from analytics.lists.steps import StepNames, rules_query, steps_query
from analytics.models import SavedFunnel
from analytics.models.funnels import steps_of_data
from analytics.periods import OF_WHOLE_DAYS, Interval
from analytics.presentation.funnel.report import shown_funnel, suggested_steps
from analytics.questions.fields import Subject
from analytics.questions.funnel_rules import RULE_PARAMETERS
from analytics.questions.questions import FunnelQuestion, usual_trend
from analytics.questions.ranges import DEFAULT_RANGE, RANGES
from analytics.questions.step_texts import steps_data
from analytics.questions.steps import MAX_STEPS, MessageStep, alternatives
from analytics.reports.funnel.report import funnel
from analytics.reports.funnel.splits import split_funnel
from analytics.views.chosen_steps import STEP_PLACE, ChosenSteps, step_names
from analytics.views.funnel_rules import RuleFields
from analytics.views.page import open_membership
from analytics.views.report_page import PageFilter, ReportPage, open_report, understands_report
from analytics.views.room import SUGGESTED_TYPES
from analytics.views.step_builder import (
    StepBuilder,
    acts_offered,
    campaign_offers,
    described_funnels,
    names_of_steps,
)
from campaignos.conflicts import FormErrors
from campaignos.errors import ParameterError
from campaignos.texts import CodePoints, one_line
from workspaces.access import page_membership
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Right
from workspaces.undo import tell_undoable

MOST_SAVED = 100


@login_required
@require_safe
@understands_report("funnel", STEP_PLACE, "window", "order", many=("steps", "step", "exclude"))
def funnel_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Steps come as `steps=a,b,c`, also in several parts, as one `step` each, or as the `funnel` that has them."""
    membership = open_membership(request, slug)
    chosen = ChosenSteps.of(request.GET, step_names(membership))
    return _response(_open(request, membership, "Funnels", chosen), chosen, None)


@login_required
@require_safe
@understands_report("window", "order", many=("exclude",))
def saved_funnel_page(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """A saved funnel, over its own days unless the address says others."""
    membership = open_membership(request, slug)
    saved = SavedFunnel.objects.filter(workspace=membership.workspace, pk=pk).select_related("created_by").first()
    if saved is None:
        raise Http404
    chosen = ChosenSteps.of_saved(saved, step_names(membership))
    return _response(_open(request, membership, saved.name, chosen, saved.range), chosen, saved)


def _open(
    request: HttpRequest, membership: Membership, title: str, chosen: ChosenSteps, default_range: str = DEFAULT_RANGE
) -> ReportPage:
    """Whose opens count is a choice where steps are opens or clicks."""
    single = [each for step in chosen.steps for each in alternatives(step)]
    statuses = {each.status for each in single if isinstance(each, MessageStep)}
    of_opens = [PageFilter.OPENS] if statuses & {"opened", "clicked"} else []
    offers = {PageFilter.COMPARE, PageFilter.INTERVAL, *of_opens}
    page = open_report(
        request,
        membership.workspace.slug,
        "funnel",
        title,
        offers,
        subjects=(Subject.PEOPLE, chosen.steps[0].subject if chosen.steps else Subject.EVENTS),
        steps=chosen.steps,
        membership=membership,
        default_range=default_range,
    )
    page.notices += chosen.notices
    page.question = replace(page.question, interval=_trend(page))
    return page


def _response(page: ReportPage, chosen: ChosenSteps, saved: SavedFunnel | None) -> HttpResponseBase:
    event_types = page.source.event_types(window=page.window)
    page.steps = chosen.steps if chosen.is_said else suggested_steps(page.source, page.window)
    context = {**_around(page, saved), "event_types": event_types[:SUGGESTED_TYPES]}
    if not page.steps:
        return page.respond("reports/funnel.html", **context)
    rules, notices = chosen.rules(page.request.GET, tuple(page.steps), step_names(page.membership))
    page.notices += notices
    asked = page.question.with_params(
        FunnelQuestion, steps=tuple(page.steps), rules=rules, trend=page.question.interval
    )
    report = funnel(page.source, asked)
    groups = split_funnel(page.source, asked) if asked.split else ()
    unreached = [step.step for step in report.steps if not step.count]
    page.notices += [missing_type_notice(name) for name in missing_types(page.workspace, unreached)]
    names = names_of_steps(page.workspace, asked.steps)
    shown = shown_funnel(page.source, asked, groups, names)
    rows = StepBuilder(page.workspace, asked, names).rows
    context |= {
        "report": report,
        "rows": rows,
        "rules": RuleFields(rules, len(page.steps)),
        "rules_to_save": _hidden_fields(rules_query(rules)),
    }
    return page.respond("reports/funnel.html", shown, **context)


def _trend(page: ReportPage) -> Interval:
    """By what entries are taken together: as asked, otherwise so that there are not too many."""
    if page.request.GET.get("interval") in OF_WHOLE_DAYS:
        return page.question.interval
    return usual_trend(page.window.days)


def _hidden_fields(query: Query) -> list[tuple[str, Sequence[str]]]:
    return [(name, (value,) if isinstance(value, str) else value) for name, value in query.items()]


def _around(page: ReportPage, saved: SavedFunnel | None) -> dict[str, Any]:
    """What the page has beside the funnel."""
    of_workspace = SavedFunnel.objects.filter(workspace=page.workspace)
    some_saved = list(of_workspace.order_by(CodePoints("name"))[:MOST_SAVED])
    return {
        "saved": saved,
        "saved_funnels": described_funnels(page.workspace, some_saved),
        "saved_in_all": len(some_saved) if len(some_saved) < MOST_SAVED else of_workspace.count(),
        "may_save": page.may(Right.CURATE),
        "most_steps": MAX_STEPS,
        "acts": acts_offered(),
        "campaign_offers": campaign_offers(page.workspace),
        "steps_to_save": _hidden_fields(steps_query(page.steps, "step")),
    }


class FunnelForm(forms.Form):
    name = forms.CharField(max_length=200, validators=[one_line])
    range = forms.ChoiceField(choices=[(key, one.label) for key, one in RANGES.items()], required=False)


@login_required
@require_POST
def save_funnel_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps a funnel, and shows it; what is wrong is told where it was built."""
    workspace = page_membership(request, slug, Right.CURATE).workspace
    form = FunnelForm(request.POST)
    if form.is_valid():
        asked = form.cleaned_data
        with FormErrors(form):
            steps = _posted_steps(request, workspace)
            saved = save_funnel(
                workspace=workspace,
                name=asked["name"],
                steps=steps,
                rules=_posted_rules(request, workspace, steps),
                range=asked["range"] or DEFAULT_RANGE,
                by=cast(User, request.user),
            )
            return redirect("saved_funnel", slug, saved.pk)
    for problems in form.errors.values():
        messages.warning(request, f"The funnel was not saved. {' '.join(map(str, problems))}")
    response = redirect("funnel", slug)
    response["Location"] += f"?{_asked_again(request)}"
    return response


def _posted_steps(request: HttpRequest, workspace: Workspace) -> list[Any]:
    """Everybody sees them, so that they name no address. Raises ValidationError."""
    posted = request.POST.copy()
    if not posted.get("steps") and not posted.get("step"):
        raise ValidationError("This field is required.")
    ways = [name for name in ("steps", "step") if not posted.get(name)]
    for name in ways:
        posted.pop(name, None)
    try:
        return steps_data(params.steps(posted, StepNames(workspace, sees_addresses=False)))
    except ParameterError as error:
        raise ValidationError(str(error.detail)) from error


def _posted_rules(request: HttpRequest, workspace: Workspace, steps: Sequence[Any]) -> dict[str, Any]:
    """Raises ValidationError."""
    names = StepNames(workspace, sees_addresses=False)
    values = {name: request.POST.getlist(name) for name in RULE_PARAMETERS}
    rules, problems = names.rules(values, steps_of_data(steps, workspace.zone))
    if problems:
        raise ValidationError(" ".join(map(str, problems)))
    return rules.query


def _asked_again(request: HttpRequest) -> str:
    query = QueryDict(mutable=True)
    for name in ("steps", "step", *RULE_PARAMETERS, "range"):
        query.setlist(name, [value for value in request.POST.getlist(name) if value])
    return query.urlencode()


@login_required
@require_POST
def delete_funnel_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    workspace = page_membership(request, slug, Right.CURATE).workspace
    saved = SavedFunnel.objects.filter(workspace=workspace, pk=pk).first()
    if saved is None:
        raise Http404
    names = ("pk", "name", "steps", "rules", "range", "created_by_id")
    noted = {name: getattr(saved, name) for name in names}
    delete_funnel(funnel=saved, by=cast(User, request.user))
    tell_undoable(request, f"{saved.name} is deleted.", "funnel", workspace, **noted)
    return redirect("funnel", slug)
