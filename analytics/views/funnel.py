"""How many people go through a sequence of steps? The builder, the saved ones, and what they show."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from analytics.api import params
from analytics.funnels import delete_funnel, save_funnel
from analytics.lists.names import missing_type_notice, missing_types
from analytics.models import SavedFunnel
from analytics.presentation.funnel import funnel_presentation, suggested_steps
from analytics.questions.questions import FunnelQuestion
from analytics.questions.ranges import DEFAULT_RANGE, RANGES
from analytics.questions.step_texts import steps_data
from analytics.questions.steps import MAX_STEPS, Step, steps_text
from analytics.reports.answers import compared_answer
from analytics.reports.funnel import funnel
from analytics.reports.funnel_splits import split_funnel
from analytics.views.report_page import ON_EVENTS, PageFilter, ReportPage, open_report, understands_report
from analytics.views.room import SUGGESTED_TYPES
from campaignos.commas import comma_text
from campaignos.conflicts import FormErrors
from campaignos.errors import ParameterError
from campaignos.texts import CodePoints
from workspaces.access import page_membership
from workspaces.models import User
from workspaces.roles import RIGHTS, Right, Role
from workspaces.undo import tell_undoable

MOST_SAVED = 100


@login_required
@require_safe
@understands_report(many=("steps", "step"))
def funnel_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Steps come as `steps=a,b,c`, also in several parts or, from the form, as one `step` each."""
    page = _open(request, slug, "Funnels", DEFAULT_RANGE)
    steps = ",".join(request.GET.getlist("steps")) or comma_text(
        filter(None, map(str.strip, request.GET.getlist("step")))
    )
    return _response(page, steps, None)


@login_required
@require_safe
@understands_report()
def saved_funnel_page(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """A saved funnel, over its own days unless the address says others."""
    membership = page_membership(request, slug)
    saved = SavedFunnel.objects.filter(workspace=membership.workspace, pk=pk).select_related("created_by").first()
    if saved is None:
        raise Http404
    return _response(_open(request, slug, saved.name, saved.range), comma_text(saved.steps), saved)


def _open(request: HttpRequest, slug: str, title: str, default_range: str) -> ReportPage:
    return open_report(
        request,
        slug,
        "funnel",
        title,
        {PageFilter.COMPARE},
        subjects=ON_EVENTS,
        default_range=default_range,
    )


def _response(page: ReportPage, steps: str, saved: SavedFunnel | None) -> HttpResponseBase:
    event_types = page.source.event_types(window=page.window)
    steps = steps or steps_text(suggested_steps(page.source, page.window)) or ""
    context: dict[str, Any] = {
        "saved": saved,
        "saved_funnels": list(
            SavedFunnel.objects.filter(workspace=page.workspace).order_by(CodePoints("name"))[:MOST_SAVED]
        ),
        "saved_in_all": SavedFunnel.objects.filter(workspace=page.workspace).count(),
        "event_types": event_types[:SUGGESTED_TYPES],
        "may_save": Right.CURATE in RIGHTS[Role(page.membership.role)],
        "most_steps": MAX_STEPS,
        "step_names": steps,
    }
    try:
        asked = page.question.with_params(FunnelQuestion, steps=params.event_types(steps)) if steps else None
    except ParameterError as error:
        page.notices.append(str(error.detail))
        asked = None
    if asked is None:
        return page.respond("reports/funnel.html", **context)
    answer = compared_answer(funnel, page.source, asked)
    report, groups = answer.report, split_funnel(page.source, asked) if asked.split else ()
    unreached = [step.step for step in report.steps if not step.count]
    page.notices += [missing_type_notice(name) for name in missing_types(page.workspace, unreached)]
    shown = funnel_presentation(answer, page.question, groups)
    return page.respond("reports/funnel.html", shown, report=report, **context)


class FunnelForm(forms.Form):
    name = forms.CharField(max_length=200)
    steps = forms.CharField()
    range = forms.ChoiceField(choices=[(key, one.label) for key, one in RANGES.items()], required=False)

    def clean_steps(self) -> tuple[Step, ...]:
        try:
            return params.event_types(self.cleaned_data["steps"])
        except ParameterError as error:
            raise forms.ValidationError(str(error.detail)) from error


@login_required
@require_POST
def save_funnel_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps a funnel, and shows it; what is wrong is told where it was built."""
    workspace = page_membership(request, slug, Right.CURATE).workspace
    form = FunnelForm(request.POST)
    if form.is_valid():
        asked = form.cleaned_data
        with FormErrors(form):
            saved = save_funnel(
                workspace=workspace,
                name=asked["name"],
                steps=steps_data(asked["steps"]),
                range=asked["range"] or DEFAULT_RANGE,
                by=cast(User, request.user),
            )
            return redirect("saved_funnel", slug, saved.pk)
    for problems in form.errors.values():
        messages.warning(request, f"The funnel was not saved. {' '.join(map(str, problems))}")
    response = redirect("funnel", slug)
    response["Location"] += f"?{_asked_again(request)}"
    return response


def _asked_again(request: HttpRequest) -> str:
    query = QueryDict(mutable=True)
    query.update({name: request.POST[name] for name in ("steps", "range") if request.POST.get(name)})
    return query.urlencode()


@login_required
@require_POST
def delete_funnel_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    workspace = page_membership(request, slug, Right.CURATE).workspace
    saved = SavedFunnel.objects.filter(workspace=workspace, pk=pk).first()
    if saved is None:
        raise Http404
    names = ("pk", "name", "steps", "range", "created_by_id")
    noted = {name: getattr(saved, name) for name in names}
    delete_funnel(funnel=saved, by=cast(User, request.user))
    tell_undoable(request, f"{saved.name} is deleted.", "funnel", workspace, **noted)
    return redirect("funnel", slug)
