"""Which events count as conversions, where events say what they are worth, and the workspace's currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from analytics.lists.amounts import NEWEST_EVENTS, AmountSample, amount_sample, types_to_choose
from analytics.presentation.money import gaps_text, money_text
from analytics.views.page import Page, open_page
from campaignos.commas import comma_text, comma_values
from campaignos.conflicts import FormErrors
from campaignos.currencies import currency_names
from campaignos.page_parameters import PAGE, understands
from workspaces.changes import ChangedMeanwhile, change_settings
from workspaces.conversions import PATH_LISTS, MoneyKind, MoneyRule, default_rule, paths_problem
from workspaces.models import MAX_LOOKBACK_DAYS, User, Workspace
from workspaces.roles import Right
from workspaces.versions import SEEN, StoredForm, stored_fields
from workspaces.views.page import PAGE_ROWS, RowsPage, page_number, settings_page
from workspaces.views.start import CurrencyField

PAGE_TITLE = "Conversions and money"


def _lookback(label: str, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(label=f"{label}, in days", min_value=1, max_value=MAX_LOOKBACK_DAYS, help_text=help_text)


class CurrencyForm(StoredForm):
    currency = CurrencyField(help_text="Amounts that name no currency are in this one.")

    def __init__(self, data: QueryDict | None, *, workspace: Workspace) -> None:
        super().__init__(data, stored=stored_fields(workspace, self.base_fields))


class LookbackForm(StoredForm):
    """How long before a conversion touches of each kind count."""

    utm_lookback_days = _lookback("Visits with a UTM source")
    click_lookback_days = _lookback("Clicks in messages")
    open_lookback_days = _lookback("Opens of messages", "Where a report is asked to count them.")
    delivered_lookback_days = _lookback("Deliveries of messages", "Where a report is asked to count them.")

    def __init__(self, data: QueryDict | None, *, workspace: Workspace) -> None:
        super().__init__(data, stored=stored_fields(workspace, self.base_fields))
        self.auto_id = "id_lookbacks_%s"  # what both forms of the page have would stand twice


@dataclass(frozen=True)
class TypeRow:
    """A type of event in the table: what is read of its events, and what the newest say; empty where nothing is."""

    event_type: str
    is_conversion: bool
    kind: str
    paths: tuple[tuple[str, str], ...] = ()
    newest: str = ""
    newest_at: Any = None
    gaps: str = ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(page=PAGE)
def money_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Every member sees it; those who manage change it. A query for each type of the page that is money."""
    posted = request.method == "POST"
    page = open_page(request, slug, "settings-money", PAGE_TITLE, Right.MANAGE if posted else Right.READ)
    workspace = page.workspace
    kinds = (CurrencyForm, LookbackForm)
    sent = next(
        (kind for kind in reversed(kinds) if kind.base_fields.keys() & request.POST.keys() - {SEEN}), CurrencyForm
    )
    forms_shown = {kind: kind(request.POST if posted and kind is sent else None, workspace=workspace) for kind in kinds}
    form = forms_shown[sent]
    if posted and form.is_valid():
        try:
            change_settings(workspace=workspace, by=cast(User, request.user), as_seen=form.stored, **form.cleaned_data)
            messages.success(request, "Saved.")
            return redirect("settings-money", slug)
        except ChangedMeanwhile:
            workspace.refresh_from_db()
            form = forms_shown[sent] = sent(request.POST, workspace=workspace)
    names, number = list(workspace.rules_by_type), page_number(request.GET.get("page", ""))
    on_page = names[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
    return settings_page(
        request,
        page.membership,
        "money",
        status=400 if form.errors else 200,
        form=forms_shown[CurrencyForm],
        lookback_form=forms_shown[LookbackForm],
        currency_names=currency_names(),
        pages=RowsPage(cast(Any, list(_rows(page, on_page))), number, len(names)),
        newest_events=NEWEST_EVENTS,
        now=page.now,
    )


def _rows(page: Page, names: list[str]) -> Iterator[TypeRow]:
    workspace, rules = page.workspace, page.workspace.rules_by_type
    for name in names:
        rule, is_conversion = rules[name], name in workspace.conversion_types
        if rule.is_money:
            yield _money_row(page, name, rule, is_conversion, amount_sample(workspace, name, rule))
        else:
            yield TypeRow(page.audience.text(name), is_conversion, str(rule.kind.label))


def _money_row(page: Page, name: str, rule: MoneyRule, is_conversion: bool, sample: AmountSample) -> TypeRow:
    paths = ((name.capitalize(), page.audience.text(", ".join(getattr(rule, name)))) for name in PATH_LISTS)
    return TypeRow(
        page.audience.text(name),
        is_conversion,
        str(rule.kind.label),
        tuple(paths),
        money_text(sample.newest, page.audience) if sample.newest else "",
        sample.newest_at,
        gaps_text(sample),
    )


class TypeNameForm(forms.Form):
    eventType = forms.CharField(
        label="Event type",
        max_length=200,
        help_text="One of those that came in, or one that will.",
        widget=forms.TextInput(attrs={"list": "event-types", "autocomplete": "off", "spellcheck": "false"}),
    )


class PathsField(forms.CharField):
    """Properties, separated by commas."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(required=False, widget=widget, max_length=2_000, **options)

    def prepare_value(self, value: object) -> object:
        return ", ".join(comma_text([path]) for path in value) if isinstance(value, list) else value

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]
        return list(dict.fromkeys(filter(None, comma_values(str(value or "")))))

    def validate(self, value: object) -> None:
        if problem := paths_problem(value):
            raise ValidationError(problem[0].upper() + problem[1:])

    def run_validators(self, value: object) -> None:
        """Those of texts are for the whole of it."""


class TypeForm(StoredForm):
    is_conversion = forms.BooleanField(
        label="Counts as a conversion", required=False, help_text="Changes also apply to the past, at once."
    )
    kind = forms.ChoiceField(
        label="Money", choices=MoneyKind.choices, help_text="Whether its events earn money or give it back."
    )
    amount = PathsField(
        help_text="Properties with the amount, separated by commas; dots lead into nested ones. "
        "The first that an event has counts."
    )
    currency = PathsField(
        help_text="Properties with its currency, a code such as USD. Without one, amounts are in the workspace's."
    )
    order = PathsField(label="Order ID", help_text="Properties with the order's ID.")

    def __init__(self, data: QueryDict | None, *, workspace: Workspace, event_type: str) -> None:
        rule = workspace.rules_by_type.get(event_type) or default_rule(event_type, workspace.conversion_types)
        is_conversion = event_type in workspace.conversion_types
        super().__init__(data, stored={"is_conversion": is_conversion, **rule.data})
        for name in PATH_LISTS:
            self.fields[name].widget.attrs["list"] = f"{name}-properties"

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("kind") != MoneyKind.NONE and values.get("amount") == []:
            self.add_error("amount", "A sale or a refund needs a property for its amount.")
        return values


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands("eventType")
def money_type_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What counts and is read of a type of event, and what its newest events say by that. Without one, asks which."""
    page = open_page(request, slug, "settings-money", PAGE_TITLE, Right.MANAGE)
    choice, posted = TypeNameForm(request.GET if "eventType" in request.GET else None), request.method == "POST"
    if not choice.is_valid():
        return settings_page(
            request,
            page.membership,
            "money",
            template="money_choice",
            status=400 if choice.errors or posted else 200,
            form=choice,
            event_types=types_to_choose(page.workspace, page.now),
        )
    event_type = choice.cleaned_data["eventType"]
    form = TypeForm(request.POST if posted else None, workspace=page.workspace, event_type=event_type)
    if posted:
        form = _save(page, event_type)
        if not form.errors:
            messages.success(request, f"{event_type} is saved.")
            return redirect("settings-money", slug)
    rule = page.workspace.rules_by_type.get(event_type) or default_rule(event_type, page.workspace.conversion_types)
    sample = amount_sample(page.workspace, event_type, rule)
    return settings_page(
        request,
        page.membership,
        "money",
        template="money_type",
        status=400 if form.errors else 200,
        heading=event_type,
        form=form,
        sample=sample,
        newest_events=NEWEST_EVENTS,
        now=page.now,
        newest=money_text(sample.newest, page.audience) if sample.newest and rule.is_money else "",
        gaps=gaps_text(sample) if rule.is_money else "",
        offers={
            name: [comma_text([path]) for path in paths]
            for name, paths in zip(
                PATH_LISTS, (sample.number_paths, sample.currency_paths, sample.other_paths), strict=True
            )
        },
    )


@transaction.atomic
def _save(page: Page, event_type: str) -> TypeForm:
    """The form, with errors where it is not saved. A workspace's rules are kept together, so they are written one after
    the other."""
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=page.workspace.pk)
    page.membership.workspace = workspace
    form = TypeForm(page.request.POST, workspace=workspace, event_type=event_type)
    if not form.is_valid():
        return form
    rule = {name: form.cleaned_data[name] for name in ("kind", *PATH_LISTS)}
    if form.cleaned_data["is_conversion"]:
        types = [*workspace.conversion_types, event_type]
    else:
        types = [name for name in workspace.conversion_types if name != event_type]
    with FormErrors(form):
        change_settings(
            workspace=workspace,
            by=cast(User, page.request.user),
            conversion_types=types,
            money_rules={**workspace.money_rules, event_type: rule},
        )
    return form
