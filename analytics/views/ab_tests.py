"""A/B tests and holdouts on pages: made, changed, ended and deleted."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST

from analytics.ingest.ab_tests import TestInUse, delete_test, take_tests
from analytics.models import ABTest, ABTestGoal
from analytics.models.ab_tests import LONGEST_TEST_WINDOW
from analytics.periods import local_day, start_of_day
from analytics.questions.steps import MAX_TYPE_LENGTH
from analytics.views.page import Page, open_page
from campaignos.days import DayField
from campaignos.texts import one_line
from workspaces.models import User
from workspaces.roles import Right
from workspaces.undo import tell_undoable
from workspaces.versions import StoredForm

_LARGEST_HOLDOUT = 50


class ABTestLifeForm(StoredForm):
    """What can change of a test as long as it runs."""

    name = forms.CharField(max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}), validators=[one_line])
    goal = forms.ChoiceField(
        choices=ABTestGoal.choices, initial=ABTestGoal.CONVERSION.value, help_text="What decides it."
    )
    goal_event = forms.CharField(
        label="Type of events", max_length=MAX_TYPE_LENGTH, required=False, help_text="Only if events are the goal."
    )
    window_days = forms.IntegerField(
        label="Window, in days",
        min_value=1,
        max_value=LONGEST_TEST_WINDOW,
        initial=7,
        help_text="For how many days after getting their variant people are observed.",
    )
    planned_size = forms.IntegerField(
        label="Planned people",
        min_value=1,
        required=False,
        help_text="In all variants together: the test is decided when so many took part. Without it, intervals are "
        "wider and valid whenever you look.",
    )
    started_on = DayField(label="Starts on", required=False)
    ended_on = DayField(label="Ends on", required=False, help_text="Its last day.")

    def item(self, page: Page) -> dict[str, Any]:
        """As the API has it."""
        values, zone = self.cleaned_data, page.workspace.zone
        after = values["ended_on"] and start_of_day(values["ended_on"] + timedelta(days=1), zone)
        is_of_events = values["goal"] == ABTestGoal.EVENT
        return {
            "name": values["name"],
            "goal": values["goal"],
            "goalEvent": values["goal_event"] if is_of_events else None,
            "windowDays": values["window_days"],
            "plannedSize": values["planned_size"],
            **self._changed_day(
                "started_on", startedAt=values["started_on"] and start_of_day(values["started_on"], zone)
            ),
            **self._changed_day("ended_on", endedAt=after and after - timedelta(microseconds=1)),
        }

    def _changed_day(self, field: str, **stated: datetime | None) -> dict[str, str | None]:
        """A day that stays as it was says nothing: the instant may be within it."""
        if field not in self.changed_data:
            return {}
        return {name: None if at is None else at.isoformat() for name, at in stated.items()}


class ABTestForm(ABTestLifeForm):
    """A new one."""

    kind = forms.ChoiceField(
        choices=[("test", "Test of variants"), ("holdout", "Holdout: some people get nothing")], initial="test"
    )
    campaign = forms.ChoiceField(required=False, help_text="Of one campaign's messages, or of anything else.")
    variants = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        initial="A, 50\nB, 50",
        help_text="One per line: a name, a comma and its share. The others are compared with the first.",
    )
    held_out = forms.IntegerField(
        label="Held out, %", min_value=1, max_value=_LARGEST_HOLDOUT, initial=10, required=False,
        help_text="Only for a holdout: how many of a hundred people get nothing.",
    )  # fmt: skip
    field_order = ("name", "kind", "campaign", "variants", "held_out")

    def __init__(self, *args: Any, campaigns: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, stored={}, **options)
        cast(forms.ChoiceField, self.fields["campaign"]).choices = [("", "None"), *campaigns.items()]

    def item(self, page: Page) -> dict[str, Any]:
        values = self.cleaned_data
        is_holdout = values["kind"] == "holdout"
        return {
            **super().item(page),
            "externalId": f"{slugify(values['name'])[:200] or 'test'}-{timezone.now():%Y%m%d%H%M%S}",
            "campaign": values["campaign"] or None,
            "isHoldout": is_holdout,
            "variants": _arms(values["held_out"] or 10) if is_holdout else _variants(values["variants"]),
        }


def _arms(held_out: int) -> list[dict[str, Any]]:
    return [
        {"name": "Treated", "weight": 100 - held_out},
        {"name": "Held out", "weight": held_out, "isControl": True},
    ]


def _variants(text: str) -> list[dict[str, Any]]:
    """Raises ValidationError for a share that is no number."""
    found: list[dict[str, Any]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, comma, share = line.rpartition(",")
        try:
            weight = float(share) if comma else 1.0
        except ValueError:
            raise ValidationError({"variants": f"{line[:50]!r} has no number behind its last comma."}) from None
        found.append({"name": name.strip() or line, "weight": weight, "isControl": not found})
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_ab_test(request: HttpRequest, slug: str) -> HttpResponse:
    page = open_page(request, slug, "experiments", "New A/B test", Right.WRITE)
    campaigns = {campaign.external_id: campaign.name for campaign in page.campaigns}
    form = ABTestForm(request.POST if request.method == "POST" else None, campaigns=campaigns)
    if form.is_valid() and (test := _take(page, form)):
        messages.success(request, f"{test.name} is made.")
        return redirect(_address(page, test))
    return page.response(
        "lists/ab_test.html",
        status=400 if form.errors else 200,
        form=form,
        back=page.address("experiments"),
        button="Create",
    )


def _take(page: Page, form: ABTestLifeForm, **identity: str | None) -> ABTest | None:
    """The test as it is now; None where it was refused, for a reason that the form tells."""
    try:
        item = {**form.item(page), **identity}
    except ValidationError as error:
        form.add_error(None, error)
        return None
    by = cast(User, page.request.user)
    outcome = take_tests(page.workspace, [item], received_at=timezone.now(), by=by)
    if outcome.rejected:
        form.add_error(None, outcome.rejected[0].message)
        return None
    of = {"campaign__external_id": item["campaign"]} if item.get("campaign") else {"campaign": None}
    return ABTest.objects.get(workspace=page.workspace, external_id=item["externalId"], **of)


def _address(page: Page, test: ABTest) -> str:
    return f"{page.address('experiments')}?{urlencode({'test': test.api_id})}"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ab_test_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What can change of a test, and the ways to its end."""
    page = open_page(request, slug, "experiments", "Change A/B test", Right.WRITE)
    test = _test(page, pk)
    form = ABTestLifeForm(request.POST if request.method == "POST" else None, stored=_stored_values(page, test))
    if form.is_valid() and _take(page, form, **_identity(test)):
        messages.success(request, "Saved.")
        return redirect(_address(page, test))
    return page.response(
        "lists/ab_test.html",
        status=400 if form.errors else 200,
        form=form,
        test=test,
        back=_address(page, test),
        button="Save",
        may_end=test.ended_at is None or test.ended_at > timezone.now(),
    )


def _identity(test: ABTest) -> dict[str, str | None]:
    return {"externalId": test.external_id, "campaign": test.campaign.external_id if test.campaign else None}


def _stored_values(page: Page, test: ABTest) -> dict[str, Any]:
    def day(name: str) -> date | None:
        at: datetime | None = getattr(test, name)
        return None if at is None else local_day(at, page.workspace.zone)

    names = ("name", "goal", "goal_event", "window_days", "planned_size")
    days = {"started_on": day("started_at"), "ended_on": day("ended_at")}
    return {name: getattr(test, name) for name in names} | days


def _test(page: Page, pk: int) -> ABTest:
    test = ABTest.objects.filter(workspace=page.workspace, pk=pk).select_related("campaign").first()
    if test is None:
        raise Http404
    return test


@login_required
@require_POST
def end_ab_test(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Now. Whoever is in it stays so, and nobody comes to it any more."""
    page = open_page(request, slug, "experiments", "End A/B test", Right.WRITE)
    test = _test(page, pk)
    now = timezone.now()
    by = cast(User, request.user)
    outcome = take_tests(page.workspace, [{**_identity(test), "endedAt": now.isoformat()}], received_at=now, by=by)
    for remark in outcome.rejected:
        messages.warning(request, remark.message)
    if not outcome.rejected:
        noted = {"test_id": test.pk, "ended_at": now.isoformat(), "before": test.ended_at and test.ended_at.isoformat()}
        tell_undoable(request, f"{test.name} has ended.", "ab-test-end", page.workspace, **noted)
    return redirect(_address(page, test))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ab_test_deletion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What ends with a test; by its button, it is deleted. Only one that nobody is in can be."""
    page = open_page(request, slug, "experiments", "Delete A/B test", Right.WRITE)
    test = _test(page, pk)
    if request.method != "POST":
        return page.response(
            "lists/confirm.html",
            heading=f"Delete {test.name}?",
            consequences=["Its variants, goal and plan are gone.", "If people were given its variants, it stays."],
            button="Delete test",
            back=_address(page, test),
            back_label=test.name,
        )
    try:
        delete_test(test=test, by=cast(User, request.user))
    except TestInUse:
        messages.warning(request, f"{test.name} was not deleted: people were given its variants. End it instead.")
        return redirect(_address(page, test))
    messages.success(request, f"{test.name} is deleted.")
    return redirect(reverse("experiments", args=[slug]))
