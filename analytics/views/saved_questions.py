"""Saved questions: kept where they are looked at, listed, opened, renamed and deleted."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.api.questions.forms import read_report
from analytics.api.questions.reading import Asking
from analytics.api.questions.texts import text_of_address, whole_text
from analytics.models import SavedQuestion
from analytics.presentation.kept.saved_questions import questions_table
from analytics.presentation.presentation import Presentation
from analytics.questions.saved import QuestionText
from analytics.saved_questions import QuestionInUse, change_question, delete_question, save_question, uses_of
from analytics.views.listing import open_list
from analytics.views.page import open_page
from campaignos.conflicts import FormErrors
from campaignos.errors import ParameterError
from campaignos.page_parameters import PAGE, understands
from campaignos.texts import CodePoints, one_line
from workspaces.models import User, Workspace
from workspaces.roles import Right
from workspaces.undo import tell_undoable
from workspaces.versions import StoredForm
from workspaces.views.page import own_address

ROWS_OF_QUESTIONS = 50


@login_required
@require_safe
@understands("q", page=PAGE)
def saved_questions_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """All of them, by name."""
    page = open_list(request, slug, "saved-questions", "Saved questions")
    rows = _rows(page.workspace).select_related("created_by").order_by(CodePoints("name"))
    if text := page.parameters.text("q"):
        rows = rows.filter(name__contains_text=text)
    table = questions_table([*rows], page.audience, may_change=page.may(Right.CURATE))
    cut = table.cut(request.GET.get("page", ""), ROWS_OF_QUESTIONS, ROWS_OF_QUESTIONS)
    return page.response(
        "lists/saved_questions.html",
        Presentation(meta=None, tables=(cut,)),
        total=cut.row_count,
        unit=("question", "questions"),
        is_filtered=bool(text),
        fields=[page.field("q", "Search", "search", hint="A part of the name")],
    )


def _rows(workspace: Workspace) -> QuerySet[SavedQuestion]:
    return SavedQuestion.objects.filter(workspace=workspace)


class QuestionForm(forms.Form):
    name = forms.CharField(max_length=200, validators=[one_line])
    report = forms.CharField(max_length=32)
    query = forms.CharField(max_length=100_000, required=False)


@login_required
@require_POST
def save_question_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps what a report's page shows, and goes back there; what is wrong is told there."""
    page = open_page(request, slug, "saved-questions", "Saved questions", Right.CURATE)
    form = QuestionForm(request.POST)
    if form.is_valid():
        with FormErrors(form):
            try:
                text = _posted_text(page.workspace, form.cleaned_data["report"], form.cleaned_data["query"])
            except ParameterError as error:
                raise forms.ValidationError(str(error.detail)) from None
            name = form.cleaned_data["name"]
            save_question(workspace=page.workspace, name=name, text=text, by=cast(User, request.user))
            messages.success(request, f"{name} is saved: it stands among the saved questions.")
    for problems in form.errors.values():
        messages.warning(request, f"The question was not saved. {' '.join(map(str, problems))}")
    return redirect(own_address(request, request.POST.get("back", ""), default=page.address("saved-questions")))


def _posted_text(workspace: Workspace, report: str, query: str) -> QuestionText:
    """Raises ParameterError."""
    text = text_of_address(report, QueryDict(query).lists())
    return whole_text(text, read_report(text, Asking(workspace, timezone.now())))


class QuestionNameForm(StoredForm):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), validators=[one_line])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def saved_question_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A question's name, to be changed, and what it is part of."""
    page = open_page(request, slug, "saved-questions", "Saved question", Right.CURATE)
    question = _question(page.workspace, pk)
    form = QuestionNameForm(request.POST if request.method == "POST" else None, stored={"name": question.name})
    if form.is_valid():
        with FormErrors(form):
            change_question(question=question, by=cast(User, request.user), name=form.cleaned_data["name"])
            messages.success(request, f"{question.name} is renamed.")
            return redirect("saved-questions", slug)
    return page.response(
        "lists/saved_question.html",
        status=400 if form.errors else 200,
        form=form,
        back=page.address("saved-questions"),
        uses=uses_of(question),
        deletion=page.address("saved-question-delete", str(pk)),
        sharing=page.address("settings-links", question=question.api_id) if page.may(Right.MANAGE) else "",
    )


def _question(workspace: Workspace, pk: int) -> SavedQuestion:
    question = _rows(workspace).filter(pk=pk).first()
    if question is None:
        raise Http404
    return question


@login_required
@require_POST
def delete_question_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """At once; the notice has the button that takes it back."""
    page = open_page(request, slug, "saved-questions", "Saved questions", Right.CURATE)
    question = _question(page.workspace, pk)
    names = ("pk", "name", "report", "parameters", "created_by_id")
    noted = {name: getattr(question, name) for name in names}
    try:
        delete_question(question=question, by=cast(User, request.user))
    except QuestionInUse as error:
        messages.warning(request, f"The question was not deleted. {error}")
    else:
        tell_undoable(request, f"{question.name} is deleted.", "question", page.workspace, **noted)
    return redirect("saved-questions", slug)
