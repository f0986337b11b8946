"""Exchange rates among the settings: listed, added one by one or by a file, and deleted."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from analytics.ingest.files.problems import FileError
from analytics.ingest.files.rates import RatesFile, take_rates_of_file
from analytics.ingest.rates import delete_rate, take_rates
from analytics.models import ExchangeRate
from analytics.presentation.formats import count, count_of
from campaignos.currencies import currency_names
from campaignos.days import DayField
from campaignos.page_parameters import PAGE, understands
from campaignos.uploads import is_too_large
from workspaces.access import page_membership
from workspaces.models import Membership, User
from workspaces.roles import Right
from workspaces.undo import tell_undoable
from workspaces.views.page import page_of, settings_page
from workspaces.views.start import CurrencyField

REFUSALS_SHOWN = 20


class RateForm(forms.Form):
    day = DayField()
    source = CurrencyField(label="From", max_length=3)
    target = CurrencyField(label="To", max_length=3)
    rate = forms.CharField(
        max_length=40,
        help_text="What one unit of the first currency is worth in the second: 1.0845.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    @property
    def item(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "day": str(values["day"]),
            "from": values["source"],
            "to": values["target"],
            "rate": values["rate"],
        }


class RatesFileForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="CSV with the columns day, from, to and rate, such as 2026-01-15, EUR, USD, 1.0845; or JSON Lines.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.jsonl,.ndjson,.json,.gz"}),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(page=PAGE)
def rates_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest first. Every member sees them; those who manage add some."""
    posted = request.method == "POST"
    membership = page_membership(request, slug, Right.MANAGE if posted else Right.READ)
    form = RateForm(request.POST if posted else None)
    if posted and form.is_valid():
        by = cast(User, request.user)
        outcome = take_rates(membership.workspace, [form.item], received_at=timezone.now(), by=by)
        if not outcome.rejected:
            messages.success(request, "Saved.")
            return redirect("settings-rates", slug)
        form.add_error(None, outcome.rejected[0].message)
    return _page(request, membership, form, RatesFileForm())


@login_required
@require_POST
def rates_upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Rows that are good are taken, and the others told."""
    membership = page_membership(request, slug, Right.MANAGE)
    form = RatesFileForm(request.POST, request.FILES)
    if is_too_large(request):
        form.errors.clear()
        form.add_error("file", f"The file is larger than {settings.MAX_UPLOAD_BYTES // 1024**2} MB. Split it.")
    elif form.is_valid():
        try:
            content = form.cleaned_data["file"].read()
            taken = take_rates_of_file(membership.workspace, content, by=cast(User, request.user))
        except FileError as error:
            form.add_error("file", str(error))
        else:
            if not taken.rejected:
                messages.success(request, _words(taken))
                return redirect("settings-rates", slug)
            return _page(request, membership, RateForm(), form, taken)
    return _page(request, membership, RateForm(), form)


def _words(taken: RatesFile) -> str:
    """3 new rates, 1 changed, 20 as before."""
    new = count_of(taken.new, "new rate", "new rates")
    return f"{new}, {count(taken.changed)} changed, {count(taken.unchanged)} as before."


def _page(
    request: HttpRequest, membership: Membership, form: RateForm, upload: RatesFileForm, taken: RatesFile | None = None
) -> HttpResponse:
    rates = ExchangeRate.objects.filter(workspace=membership.workspace).order_by("-day", "source", "target")
    return settings_page(
        request,
        membership,
        "rates",
        status=400 if form.errors or upload.errors or taken else 200,
        form=form,
        upload=upload,
        pages=page_of(rates, request.GET.get("page", "")),
        currency_names=currency_names(),
        taken=_words(taken) if taken else "",
        rejected=taken.rejected[:REFUSALS_SHOWN] if taken else (),
        rejected_in_all=len(taken.rejected) if taken else 0,
        csv=reverse("api-rates-csv", args=[membership.workspace.api_id]),
        xlsx=reverse("api-rates", args=[membership.workspace.api_id], query={"format": "xlsx"}),
    )


@login_required
@require_POST
def rate_deletion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Can be taken back from the notice."""
    membership = page_membership(request, slug, Right.MANAGE)
    rate = get_object_or_404(ExchangeRate, workspace=membership.workspace, pk=pk)
    delete_rate(rate=rate, by=cast(User, request.user))
    noted = {"day": str(rate.day), "source": rate.source, "target": rate.target, "rate": rate.rate_text}
    tell_undoable(request, f"The rate {rate} is deleted.", "rate", membership.workspace, **noted)
    return redirect("settings-rates", slug)
