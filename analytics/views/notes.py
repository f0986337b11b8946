"""Notes on days: listed, written, changed and deleted."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from analytics.models import Campaign, Note
from analytics.notes import change_note, delete_note, write_note
from analytics.periods import local_day
from analytics.presentation.formats import short_name
from analytics.presentation.kept.notes import NoteDescription, notes_table
from analytics.presentation.presentation import Presentation
from analytics.views.listing import ListPage, open_list
from analytics.views.page import Page, open_page
from analytics.views.table_files import TableFile, file_format
from campaignos.days import DayField
from campaignos.page_parameters import FILE, PAGE, understands
from campaignos.texts import one_line
from workspaces.models import User, Workspace
from workspaces.roles import Right
from workspaces.undo import tell_undoable
from workspaces.versions import StoredForm

ROWS_OF_NOTES = 50


class NoteForm(StoredForm):
    day = DayField()
    text = forms.CharField(
        label="Note", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), validators=[one_line]
    )
    campaign = forms.ChoiceField(required=False, help_text="Without one, the note stands on all charts of days.")

    def __init__(self, *args: Any, campaigns: list[Campaign], **options: Any) -> None:
        super().__init__(*args, **options)
        names = [(str(campaign.pk), short_name(campaign.name)) for campaign in campaigns]
        cast(forms.ChoiceField, self.fields["campaign"]).choices = [("", "None"), *names]

    def note_fields(self, campaigns: list[Campaign]) -> dict[str, Any]:
        chosen = self.cleaned_data["campaign"]
        campaign = next((each for each in campaigns if str(each.pk) == chosen), None)
        return {"day": self.cleaned_data["day"], "text": self.cleaned_data["text"], "campaign": campaign}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands("from", "to", page=PAGE, format=FILE)
def notes_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The newest days first, and a form for another one."""
    page = open_list(request, slug, "notes", "Notes")
    if request.method == "POST":
        open_page(request, slug, "notes", "Notes", Right.CURATE)
    campaigns = [*page.campaigns]
    today = {"day": local_day(page.now, page.workspace.zone), "campaign": ""}
    form = NoteForm(request.POST if request.method == "POST" else None, stored={}, campaigns=campaigns)
    form.initial = {**form.initial, **today}
    if form.is_valid():
        write_note(workspace=page.workspace, by=cast(User, request.user), **form.note_fields(campaigns))
        messages.success(request, "The note is saved: it stands on the charts of its day.")
        return redirect("notes", slug)
    return _list_response(page, form)


def _list_response(page: ListPage, form: NoteForm) -> HttpResponseBase:
    can_change = page.may(Right.CURATE)
    today = local_day(page.now, page.workspace.zone)
    first, last = page.parameters.day("from", default=today), page.parameters.day("to", default=today)
    rows = _rows(page.workspace).order_by("-day", "-pk")
    rows = rows.filter(day__gte=first) if page.request.GET.get("from") else rows
    rows = rows.filter(day__lte=last) if page.request.GET.get("to") else rows
    whole = notes_table(map(_description, rows), page.audience, can_change=can_change)
    if kind := file_format(page.request):
        return TableFile(page.request, f"{page.workspace.slug}-notes", kind, page.workspace.zone).of_table(whole)
    table = whole.cut(page.request.GET.get("page", ""), ROWS_OF_NOTES, ROWS_OF_NOTES)
    return page.response(
        "lists/notes.html",
        Presentation(meta=None, tables=(table,)),
        status=400 if form.errors else 200,
        total=table.row_count,
        unit=("note", "notes"),
        is_filtered=bool(page.request.GET.get("from") or page.request.GET.get("to")),
        csv=page.same(format="csv"),
        xlsx=page.same(format="xlsx"),
        fields=page.dates("From", "To"),
        form=form if can_change else None,
    )


def _description(note: Note) -> NoteDescription:
    return NoteDescription(
        key=note.pk,
        day=note.day,
        text=note.text,
        author=note.created_by.get_short_name() if note.created_by else "",
        campaign_id=note.campaign_api_id or "",
        campaign=note.campaign.name if note.campaign else "",
    )


def _rows(workspace: Workspace) -> QuerySet[Note]:
    return Note.objects.filter(workspace=workspace).select_related("created_by", "campaign")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def note_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A note, to be changed or deleted."""
    page = open_page(request, slug, "notes", "Change note", Right.CURATE)
    note = _note(page, pk)
    campaigns = [*page.campaigns]
    if note.campaign and note.campaign not in campaigns:
        campaigns.append(note.campaign)
    stored = {"day": note.day, "text": note.text, "campaign": str(note.campaign_id or "")}
    form = NoteForm(request.POST if request.method == "POST" else None, stored=stored, campaigns=campaigns)
    if form.is_valid():
        change_note(note=note, by=cast(User, request.user), **form.note_fields(campaigns))
        messages.success(request, "The note is saved.")
        return redirect("notes", slug)
    return page.response(
        "lists/note.html",
        status=400 if form.errors else 200,
        form=form,
        back=page.address("notes"),
        deletion=page.address("note_delete", str(pk)),
    )


def _note(page: Page, pk: int) -> Note:
    note = _rows(page.workspace).filter(pk=pk).first()
    if note is None:
        raise Http404
    return note


@login_required
@require_POST
def note_deletion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Can be taken back from the notice."""
    page = open_page(request, slug, "notes", "Delete note", Right.CURATE)
    note = _note(page, pk)
    fields = ("pk", "campaign_id", "created_by_id")
    noted = {"day": str(note.day), "words": note.text, **{name: getattr(note, name) for name in fields}}
    delete_note(note=note, by=cast(User, request.user))
    tell_undoable(request, "The note is deleted.", "note", page.workspace, **noted)
    return redirect("notes", slug)
