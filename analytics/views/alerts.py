"""Alerts: listed with their state, set up with what they would have told, snoozed, changed and deleted."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.alerts import AlertItem, change_alert, delete_alert, save_alert, snooze_alert
from analytics.api.questions.alert_questions import OF_ALERTS, alert_question, part_text
from analytics.api.questions.forms import read_report
from analytics.api.questions.reading import Asking
from analytics.ledger import Ledger
from analytics.metrics import METRICS, Unit
from analytics.models import Alert, AlertChange, MailTo
from analytics.presentation.kept.alerts import AlertWords, tried_text
from analytics.questions.questions import TREND_METRICS, TrendsQuestion
from analytics.questions.ranges import Comparison
from analytics.questions.saved import QuestionText
from analytics.reports.alert_days import silence, tried_rule
from analytics.statistics.alarms import AlertKind, AlertRule, DayJudgement, Direction
from analytics.views.page import Page, open_page
from campaignos.conflicts import FormErrors
from campaignos.currencies import exponent
from campaignos.errors import ParameterError
from campaignos.page_parameters import understands
from campaignos.texts import CodePoints, one_line
from workspaces.models import User
from workspaces.roles import Right

MOST_CHANGES_SHOWN = 50
SNOOZE_DAYS = (1, 7, 30)
_KINDS = {
    AlertKind.ANOMALY: "Is far from what is usual for the weekday",
    AlertKind.THRESHOLD: "Passes a limit",
    AlertKind.CHANGE: "Changes against the same weekday a week before",
    AlertKind.SILENCE: "Stops coming in",
}
_DIRECTIONS = {Direction.BOTH: "Up or down", Direction.UP: "Up", Direction.DOWN: "Down"}


class AlertForm(forms.Form):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), validators=[one_line])
    metric = forms.ChoiceField(choices=[(key, METRICS[key].label) for key in TREND_METRICS])
    kind = forms.ChoiceField(label="Alert when it", choices=[(kind.value, text) for kind, text in _KINDS.items()])
    direction = forms.ChoiceField(choices=[(each.value, text) for each, text in _DIRECTIONS.items()])
    amount = forms.DecimalField(
        label="Limit or change",
        required=False,
        max_digits=15,
        decimal_places=4,
        help_text="For a limit its number, in percent for rates; for a change percent. Leave it empty for the others.",
    )
    mailed = forms.ChoiceField(label="Email to", choices=MailTo.choices)

    def item(self, parameters: dict[str, Any], currency: str) -> AlertItem:
        values = self.cleaned_data
        kind, direction = AlertKind(values["kind"]), Direction(values["direction"])
        if kind is AlertKind.SILENCE:
            direction = Direction.DOWN
        amount = values["amount"] if kind in (AlertKind.THRESHOLD, AlertKind.CHANGE) else None
        if amount is not None:
            amount = float(amount * _scale(kind, values["metric"], currency))
        return AlertItem(
            values["name"],
            values["metric"],
            AlertRule(kind, direction, amount),
            parameters,
            MailTo(values["mailed"]),
        )


def _scale(kind: AlertKind, metric: str, currency: str) -> Decimal:
    """By what the number of the form is multiplied: per cent, or the currency's minor units."""
    if kind is AlertKind.CHANGE or METRICS[metric].unit is Unit.SHARE:
        return Decimal("0.01")
    return Decimal(10 ** exponent(currency)) if METRICS[metric].unit is Unit.MONEY else Decimal(1)


@login_required
@require_safe
@understands()
def alerts_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Those that are open first, then by name."""
    page = open_page(request, slug, "alerts", "Alerts")
    rows = Alert.objects.filter(workspace=page.workspace).order_by("-is_open", CodePoints("name"))
    alerts = [(alert, _words(page, alert).sentence) for alert in rows]
    return page.response("lists/alerts.html", alerts=alerts, can_change=page.may(Right.CURATE))


def _words(page: Page, alert: Alert) -> AlertWords:
    return AlertWords(
        alert.metric, alert.rule, page.workspace.currency, _part_text(page, alert.metric, alert.parameters)
    )


def _part_text(page: Page, metric: str, parameters: dict[str, Any]) -> str:
    return page.audience.text(part_text(metric, parameters, page.workspace, page.now))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands("metric", *OF_ALERTS)
def alert_setup(request: HttpRequest, slug: str) -> HttpResponse:
    """A new alert on what the address says; tried first, then saved."""
    page = open_page(request, slug, "alerts", "New alert", Right.CURATE)
    parameters = _parameters(request) if request.method == "POST" else _understood_parameters(page)
    initial = {"metric": _metric(page), "kind": AlertKind.ANOMALY.value}
    form = AlertForm(request.POST if request.method == "POST" else None, initial=initial)
    item, trial = _trial_of(page, form, parameters)
    if item and "save" in request.POST:
        with FormErrors(form, "name"):
            alert = _save(page, form, item)
            if alert is not None:
                messages.success(request, f"{alert.name} is set up.")
                return redirect("alert", slug, alert.pk)
    return _form_page(page, form, parameters, trial)


def _save(page: Page, form: AlertForm, item: AlertItem) -> Alert | None:
    try:
        return save_alert(workspace=page.workspace, item=item, by=cast(User, page.request.user))
    except ValueError as error:
        form.add_error(None, str(error))
        return None


def _metric(page: Page) -> str:
    """That of the address, or one that everybody has; what is none is told."""
    given = page.request.GET.get("metric", "events")
    if given in TREND_METRICS:
        return given
    page.notices.append(f"metric cannot be {given[:100]!r}; allowed: {', '.join(TREND_METRICS)}. It is left out.")
    return "events"


def _understood_parameters(page: Page) -> dict[str, Any]:
    """Those of the address that say something; the others are told."""
    found = {}
    for name, said in _parameters(page.request).items():
        asking = Asking(page.workspace, page.now, page.audience.sees_addresses)
        try:
            read_report(QuestionText("timeseries", {name: said, "compare": Comparison.OFF}), asking)
        except ParameterError as error:
            page.notices.append(f"{error.detail} It is left out.")
        else:
            found[name] = said
    return found


def _parameters(request: HttpRequest) -> dict[str, Any]:
    given = request.POST if request.method == "POST" else request.GET
    several = {name: given.getlist(name) for name in OF_ALERTS if given.get(name)}
    return {name: said if name in ("where", "segment") else said[-1] for name, said in several.items()}


def _trial_of(page: Page, form: AlertForm, parameters: dict[str, Any]) -> tuple[AlertItem | None, str]:
    """What the form asks for, and how often it would have rung; None where something is wrong with it."""
    if not form.is_valid():
        return None, ""
    item = form.item(parameters, page.workspace.currency)
    if problem := item.problem():
        form.add_error(*problem)
        return None, ""
    try:
        question = alert_question(
            item.metric, parameters, page.workspace, page.now, sees_addresses=page.audience.sees_addresses
        )
    except ParameterError as error:
        form.add_error(None, str(error.detail))
        return None, ""
    return item, _trial_text(page, question, item.rule)


def _trial_text(page: Page, question: TrendsQuestion, rule: AlertRule) -> str:
    source = Ledger(page.workspace)
    if rule.kind is AlertKind.SILENCE:
        return _silence_text(silence(source, question))
    return tried_text(tried_rule(source, question, rule), rule.kind)


def _silence_text(judgement: DayJudgement) -> str:
    if judgement.high is None:
        return "Too little has come in the last 28 days to say what is usual: it would stay silent."
    return f"It would ring after {int(judgement.high)} hours without any."


def _form_page(page: Page, form: AlertForm, parameters: dict[str, Any], trial: str, **context: Any) -> HttpResponse:
    hidden = [(name, each) for name, said in parameters.items() for each in ([said] if isinstance(said, str) else said)]
    return page.response(
        "lists/alert_form.html",
        status=400 if form.errors else 200,
        form=form,
        hidden=hidden,
        part=_part_text(page, str(form["metric"].value()), parameters),
        trial=trial,
        back=page.address("alerts"),
        **context,
    )


@login_required
@require_safe
def alert_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """An alert's state, and each time it opened or was resolved."""
    page = open_page(request, slug, "alerts", "Alert")
    alert = _alert(page, pk)
    page.title = page.audience.text(alert.name)
    words = _words(page, alert)
    changes = AlertChange.objects.filter(workspace=page.workspace, alert=alert).order_by("-at")[:MOST_CHANGES_SHOWN]
    return page.response(
        "lists/alert.html",
        alert=alert,
        sentence=words.sentence,
        is_snoozed=alert.snoozed_until is not None and alert.snoozed_until > page.now,
        changes=[(change, words.change(change.opened, change.day, _judgement(change))) for change in changes],
        can_change=page.may(Right.CURATE),
        snooze_days=SNOOZE_DAYS,
        trend=page.address("timeseries", metric=alert.metric, **_of_address(alert)),
        back=page.address("alerts"),
    )


def _of_address(alert: Alert) -> dict[str, Any]:
    return dict(alert.parameters)


def _judgement(change: AlertChange) -> DayJudgement:
    return DayJudgement(change.value, change.expected, change.low, change.high)


def _alert(page: Page, pk: int) -> Alert:
    alert = Alert.objects.filter(workspace=page.workspace, pk=pk).first()
    if alert is None:
        raise Http404
    return alert


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alert_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """With another rule it begins anew."""
    page = open_page(request, slug, "alerts", "Change alert", Right.CURATE)
    alert = _alert(page, pk)
    scale = _scale(alert.rule.kind, alert.metric, page.workspace.currency)
    initial = {name: getattr(alert, name) for name in ("name", "metric", "kind", "direction", "mailed")}
    initial["amount"] = None if alert.amount is None else round(alert.amount / float(scale), 4)
    form = AlertForm(request.POST if request.method == "POST" else None, initial=initial)
    item, trial = _trial_of(page, form, alert.parameters)
    if item and "save" in request.POST:
        with FormErrors(form, "name"):
            change_alert(alert=alert, item=item, by=cast(User, request.user))
            messages.success(request, f"{alert.name} is saved.")
            return redirect("alert", slug, alert.pk)
    return _form_page(page, form, alert.parameters, trial)


@login_required
@require_POST
def alert_snooze(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """For some days, or no longer."""
    page = open_page(request, slug, "alerts", "Snooze alert", Right.CURATE)
    alert = _alert(page, pk)
    given = request.POST.get("days", "")
    days = int(given) if given in map(str, SNOOZE_DAYS) else 0
    until: datetime | None = page.now + timedelta(days=days) if days else None
    snooze_alert(alert=alert, until=until, by=cast(User, request.user))
    messages.success(request, f"{alert.name} tells nobody for {days} d." if days else f"{alert.name} tells again.")
    return redirect("alert", slug, pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alert_deletion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What ends with an alert; by its button, it is deleted."""
    page = open_page(request, slug, "alerts", "Delete alert", Right.CURATE)
    alert = _alert(page, pk)
    if request.method == "POST":
        delete_alert(alert=alert, by=cast(User, request.user))
        messages.success(request, f"{alert.name} is deleted.")
        return redirect("alerts", slug)
    return page.response(
        "lists/confirm.html",
        heading=f"Delete {alert.name}?",
        consequences=["Nobody is told of this number any more.", "What it has told is deleted, too."],
        button="Delete alert",
        back=page.address("alert", str(pk)),
        back_label=alert.name,
    )
