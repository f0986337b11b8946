"""Importing contacts or campaigns from a file: what would change is shown first, and done when that is confirmed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.ingest.files.problems import FileError
from analytics.ingest.files.uploads import UPLOADS_KEPT_FOR, import_upload, keep_upload, map_upload
from analytics.models import Upload, UploadedResource
from analytics.presentation.audience import Audience
from analytics.views.import_columns import ColumnsForm, columns_form, target_label
from analytics.views.import_format import as_cell, columns_to_fill_in, format_columns
from analytics.views.page import Page, open_page
from campaignos.csv_export import spreadsheet_response
from campaignos.page_parameters import one_of, understands
from campaignos.uploads import is_too_large
from workspaces.models import User, Workspace
from workspaces.roles import Right

IMPORT_SECONDS = 10
"""How long one request goes on importing; what is left takes another one."""
REJECTIONS_SHOWN = 20
SHOWN_LENGTH = 120
"""How much is shown of a value that changes."""

_LISTS = {
    "contacts": "contacts",
    "campaigns": "campaigns",
    "messages": "messages",
    "message-events": "messages",
    "events": "events",
}
"""The page on which what was imported is listed."""
_COUNTS = ("new", "updated", "unchanged", "rejected")


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text=f"CSV, Excel (.xlsx) or JSON, packed or not, up to {settings.MAX_UPLOAD_BYTES // 1024**2} MB.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.jsonl,.ndjson,.json,.gz,.zip,.xlsx"}),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(resource=one_of(UploadedResource.values))
def import_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A file that is posted is kept, and leads on to what it would change."""
    resource = _resource(request.GET.get("resource"))
    page = open_page(request, slug, resource, f"Import {resource.label.lower()}", Right.WRITE)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and is_too_large(request):
        form.errors.clear()
        form.add_error("file", _too_large(page.workspace, resource))
    elif form.is_valid() and (upload := _keep(page, resource, form)):
        return redirect("import_upload", slug, upload.pk)
    return page.response(
        "imports/start.html",
        status=400 if form.errors else 200,
        form=form,
        resource=resource,
        template_address=reverse("import_template", args=[page.workspace.slug, resource.value]),
        tabs=[
            (one.label, page.address("import", resource=one.value), None, one == resource) for one in UploadedResource
        ],
        columns=list(format_columns(resource)),
        all_of_them=reverse(f"api-{resource}-csv", args=[page.workspace.api_id]),
        pending=_uploads(page).filter(finished_at=None).order_by("-pk"),
    )


def _resource(name: str | None) -> UploadedResource:
    return UploadedResource(name) if name in UploadedResource.values else UploadedResource.CONTACTS


def _too_large(workspace: Workspace, resource: str) -> str:
    return (
        f"The file is larger than {settings.MAX_UPLOAD_BYTES // 1024**2} MB. Split it, or have it imported on "
        f"the server: manage.py import {resource} FILE --workspace {workspace.api_id}"
    )


def _keep(page: Page, resource: str, form: UploadForm) -> Upload | None:
    """None where the form says why not."""
    file = form.cleaned_data["file"]
    try:
        return keep_upload(
            workspace=page.workspace,
            user=cast(User, page.request.user),
            resource=resource,
            file_name=file.name,
            content=file.read(),
            now=page.now,
        )
    except FileError as error:
        form.add_error("file", str(error))
        return None


def _uploads(page: Page) -> Any:
    """The user's own, and of them those that are still kept and have been looked through."""
    own = Upload.objects.filter(workspace=page.workspace, user=cast(User, page.request.user))
    return own.filter(uploaded_at__gt=page.now - UPLOADS_KEPT_FOR).exclude(expected={}).defer("content")


def _upload(page: Page, pk: int) -> Upload:
    upload = _uploads(page).filter(pk=pk).first()
    if upload is None:
        raise Http404
    return cast(Upload, upload)


@login_required
@require_safe
def import_template(request: HttpRequest, slug: str, resource: str) -> HttpResponseBase:
    open_page(request, slug, "contacts", "Import", Right.WRITE)
    if resource not in UploadedResource.values:
        raise Http404
    columns = columns_to_fill_in(resource)
    examples = [column.example for column in columns]
    return spreadsheet_response(f"{resource}-template.csv", [column.name for column in columns], [examples])


@login_required
@require_safe
def upload_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What the file would change; while it is imported, how far that is; and afterwards, what became of it."""
    page = open_page(request, slug, "contacts", "Import", Right.WRITE)
    upload = _upload(page, pk)
    return _shown_upload(page, upload, columns_form(upload) if not upload.handled else None)


def _shown_upload(page: Page, upload: Upload, columns: ColumnsForm | None, *, status: int = 200) -> HttpResponse:
    page.name = upload.resource
    page.title = _title(upload)
    return page.response(
        "imports/upload.html",
        status=status,
        upload=upload,
        words=_words(upload),
        list=page.address(_LISTS[upload.resource]),
        columns=columns,
        is_open=upload.expected.get("isOpen", False),
        things=_things(upload),
        counts=[(name.capitalize(), upload.expected[name], upload.done.get(name, 0)) for name in _COUNTS],
        is_otherwise=any(upload.expected[name] != upload.done.get(name, 0) for name in _COUNTS),
        rows=sum(upload.expected[name] for name in _COUNTS),
        rows_in_file=sum(upload.done.get(name, 0) for name in (*_COUNTS, "empty")),
        rows_done=sum(upload.done.get(name, 0) for name in _COUNTS),
        tables=[
            (title, shown, upload.expected[name])
            for name, title in (("updated", "Rows that change something"), ("new", f"New {_words(upload)}"))
            if (
                shown := [
                    _change(change, page.audience) for change in upload.changes if change["is_new"] == (name == "new")
                ]
            )
        ],
        rejected=upload.rejected[:REJECTIONS_SHOWN],
        expires_at=upload.uploaded_at + UPLOADS_KEPT_FOR,
    )


def _words(upload: Upload) -> str:
    return str(UploadedResource(upload.resource).label).lower()


def _things(upload: Upload) -> str:
    words = _words(upload)
    return words if upload.expected["things"] != 1 else words.removesuffix("s")


def _title(upload: Upload) -> str:
    if upload.finished_at is not None:
        return f"Imported {_words(upload)}"
    return f"Importing {_words(upload)}" if upload.handled else f"Preview import of {_words(upload)}"


def _change(change: Mapping[str, Any], audience: Audience) -> tuple[int, str, list[tuple[str, str, str]]]:
    """A line of the file, whom it is about, and each field with what it was and would be."""
    fields = [
        (
            target_label(each["name"]),
            _shown_text(each["name"], each["before"], audience),
            _shown_text(each["name"], each["after"], audience),
        )
        for each in change["fields"]
    ]
    return change["line"], change["external_id"], fields


def _shown_text(name: str, value: Any, audience: Audience) -> str:
    if value is None or value == "":
        return ""
    if name.endswith("At") and isinstance(value, str) and "." not in name:
        return audience.instant(datetime.fromisoformat(value))
    text = as_cell(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}…"


@login_required
@require_POST
def import_confirm(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Imports the file, or as much as a request may take; once it is imported, does nothing."""
    page = open_page(request, slug, "contacts", "Import", Right.WRITE)
    try:
        import_upload(_upload(page, pk), by=cast(User, request.user), seconds=IMPORT_SECONDS)
    except Upload.DoesNotExist:
        raise Http404 from None
    return redirect("import_upload", slug, pk)


@login_required
@require_POST
def import_columns(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Reads the file by what its columns are said to mean, and leads back to what it would change then."""
    page = open_page(request, slug, "contacts", "Import", Right.WRITE)
    upload = _upload(page, pk)
    form = columns_form(upload, request.POST)
    if form is None or upload.handled:
        return redirect("import_upload", slug, pk)
    mapping = form.chosen_mapping()
    if mapping is None:
        return _shown_upload(page, upload, form, status=400)
    try:
        map_upload(upload, mapping, now=page.now)
    except FileError as error:
        form.problems.append(str(error))
        return _shown_upload(page, _upload(page, pk), form, status=400)
    return redirect("import_upload", slug, pk)


@login_required
@require_POST
def import_discard(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    page = open_page(request, slug, "contacts", "Import", Right.WRITE)
    upload = _upload(page, pk)
    _uploads(page).filter(pk=pk).delete()
    messages.info(
        request, f"{upload.file_name} was discarded." if upload.handled else "Discarded. Nothing was imported."
    )
    return redirect(page.address("import", resource=upload.resource))


@login_required
@require_safe
def import_rejected(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """Every row that is not taken, as a file."""
    upload = _upload(open_page(request, slug, "contacts", "Import", Right.WRITE), pk)
    name = f"{slug}-{upload.resource}-rejected.csv"
    return spreadsheet_response(name, ["line", "code", "message"], upload.rejected)
