"""Segments: saved beside the filters that make them, listed, renamed and deleted."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.api import params
from analytics.api.resources.segments import described_segments, people_now
from analytics.models import SavedSegment
from analytics.presentation.kept.segments import COLUMN_TO_CHANGE, COLUMNS_OF_FILE, COLUMNS_OF_PAGE, segments_table
from analytics.presentation.presentation import Presentation
from analytics.questions.fields import Subject
from analytics.questions.filter_reader import FILTER_PARAMETERS, FilterParameters
from analytics.questions.filters import AllOf, InSegment
from analytics.segments import SegmentInUse, change_segment, delete_segment, save_segment, uses_of_segment
from analytics.views.listing import open_list
from analytics.views.page import Page, open_page
from analytics.views.table_files import TableFile, file_format
from campaignos.conflicts import FormErrors
from campaignos.errors import ParameterError
from campaignos.page_parameters import FILE, PAGE, understands
from campaignos.texts import CodePoints, one_line
from workspaces.models import User, Workspace
from workspaces.roles import Right
from workspaces.undo import tell_undoable
from workspaces.versions import StoredForm
from workspaces.views.page import own_address

ROWS_OF_SEGMENTS = 25
"""Of a page: for each of them its people are counted."""


@login_required
@require_safe
@understands("q", page=PAGE, format=FILE)
def segments_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """All of them, by name."""
    page = open_list(request, slug, "segments", "Segments")
    rows = _rows(page.workspace).select_related("created_by").order_by(CodePoints("name"))
    if text := page.parameters.text("q"):
        rows = rows.filter(name__contains_text=text)
    described = described_segments(page.workspace, rows, with_sizes=False)
    people = people_now(page.workspace)
    whole = segments_table(described, lambda key: len(people.people(InSegment(key))), page.audience)
    if kind := file_format(request):
        name = f"{page.workspace.slug}-segments"
        return TableFile(request, name, kind, page.workspace.zone).of_table(whole.only(COLUMNS_OF_FILE))
    columns = (*COLUMNS_OF_PAGE, *([COLUMN_TO_CHANGE] if page.may(Right.CURATE) else ()))
    table = whole.only(columns).cut(request.GET.get("page", ""), ROWS_OF_SEGMENTS, ROWS_OF_SEGMENTS)
    return page.response(
        "lists/segments.html",
        Presentation(meta=None, tables=(table,)),
        total=table.row_count,
        unit=("segment", "segments"),
        is_filtered=bool(text),
        csv=page.same(format="csv"),
        xlsx=page.same(format="xlsx"),
        fields=[page.field("q", "Search", "search", hint="A part of the name")],
    )


def _rows(workspace: Workspace) -> QuerySet[SavedSegment]:
    return SavedSegment.objects.filter(workspace=workspace)


class SegmentForm(StoredForm):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), validators=[one_line])


@login_required
@require_POST
def save_segment_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps the conditions of a report or a list, and goes back there; what is wrong is told beside the name."""
    page = open_page(request, slug, "segments", "Save as segment", Right.CURATE)
    back = own_address(request, request.POST.get("back", ""), default=page.address("segments"))
    form = SegmentForm(request.POST, stored={})
    if form.is_valid():
        with FormErrors(form, "name"):
            name = form.cleaned_data["name"]
            try:
                save_segment(
                    workspace=page.workspace, name=name, condition=_posted_condition(page), by=cast(User, request.user)
                )
            except ValueError as error:
                raise ValidationError(str(error)) from None
            messages.success(request, f"{name} is saved: it stands among the segments.")
            return redirect(back)
    given = [(key, value) for key in (*FILTER_PARAMETERS, "back") for value in request.POST.getlist(key)]
    return page.response("lists/segment.html", status=400, form=form, back=back, hidden=given, button="Save")


def _posted_condition(page: Page) -> AllOf:
    """Raises ValueError for what is no condition on people."""
    given, sees_addresses = FilterParameters.of(page.request.POST), page.audience.sees_addresses
    try:
        return params.conditions(given, page.workspace, subjects=(Subject.PEOPLE,), sees_addresses=sees_addresses)
    except ParameterError as error:
        raise ValueError(str(error.detail)) from None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def segment_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A segment's name, to be changed, and the way to its deletion."""
    page = open_page(request, slug, "segments", "Rename segment", Right.CURATE)
    segment = _segment(page.workspace, pk)
    form = SegmentForm(request.POST if request.method == "POST" else None, stored={"name": segment.name})
    if form.is_valid():
        with FormErrors(form):
            change_segment(segment=segment, by=cast(User, request.user), name=form.cleaned_data["name"])
            messages.success(request, f"{segment.name} is renamed.")
            return redirect("segments", slug)
    described = described_segments(page.workspace, [segment], with_sizes=False)[0]
    return page.response(
        "lists/segment.html",
        status=400 if form.errors else 200,
        form=form,
        sentence=page.audience.text(described.sentence),
        back=page.address("segments"),
        button="Rename",
        deletion=page.address("segment_delete", str(pk)),
    )


def _segment(workspace: Workspace, pk: int) -> SavedSegment:
    segment = _rows(workspace).filter(pk=pk).first()
    if segment is None:
        raise Http404
    return segment


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def segment_deletion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What ends with a segment; by its button, it is deleted."""
    page = open_page(request, slug, "segments", "Delete segment", Right.CURATE)
    segment = _segment(page.workspace, pk)
    if request.method == "POST":
        return _delete(request, page, segment)
    users = ", ".join(uses_of_segment(segment))
    consequences = [
        "Its people and what they did stay.",
        "Addresses with the segment, such as bookmarks of reports, leave it out and say so.",
    ]
    return page.response(
        "lists/confirm.html",
        heading=f"Delete {segment.name}?",
        consequences=[f"It is part of {users}: change or delete that first."] if users else consequences,
        button="Delete segment",
        back=page.address("segments"),
        back_label="Segments",
    )


def _delete(request: HttpRequest, page: Page, segment: SavedSegment) -> HttpResponse:
    noted = {name: getattr(segment, name) for name in ("pk", "name", "condition", "created_by_id")}
    try:
        delete_segment(segment=segment, by=cast(User, request.user))
    except SegmentInUse as error:
        messages.warning(request, f"The segment was not deleted. {error}")
    else:
        tell_undoable(request, f"{segment.name} is deleted.", "segment", page.workspace, **noted)
    return redirect("segments", page.workspace.slug)
