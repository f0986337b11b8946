"""Scheduled emails: listed, set up, looked at as they would be sent, paused and deleted."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.api.questions.email_answers import email_answer, email_content, question_problem, send_now
from analytics.email_periods import Frequency, newest_period, next_due_at
from analytics.models import EmailDays, EmailRecipient, SavedQuestion, ScheduledEmail
from analytics.models.scheduled_emails import LAST_HOUR
from analytics.presentation.kept.emails import EmailReport
from analytics.scheduled_emails import (
    EmailItem,
    change_email,
    delete_email,
    pause_email,
    save_briefing,
    save_email,
    subscribe,
    unsubscribe,
)
from analytics.views.page import Page, open_page
from campaignos.conflicts import FormErrors
from campaignos.errors import ParameterError, too_many_requests
from campaignos.limits import Limit
from campaignos.page_parameters import AllowedValues, understands
from campaignos.texts import CodePoints, one_line
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Right

_FREQUENCIES = {
    Frequency.DAILY: "Daily, of the day before",
    Frequency.WEEKLY: "Weekly, on Mondays, of Monday to Sunday",
    Frequency.MONTHLY: "Monthly, on the 1st, of the month before",
}
TO_ME = Limit("emails-to-me", times=20, seconds=3600)
_DOCUMENT_CSP = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "script-src": None,
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
}
"""Emails have their styles within: nothing else of them is let in."""


class EmailForm(forms.Form):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), validators=[one_line])
    question = forms.TypedChoiceField(label="What it shows", coerce=int)
    frequency = forms.ChoiceField(label="How often", choices=[(key.value, text) for key, text in _FREQUENCIES.items()])
    hour = forms.TypedChoiceField(
        label="From", coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(LAST_HOUR + 1)]
    )
    days = forms.ChoiceField(label="Of which days", choices=EmailDays.choices)
    members = forms.TypedMultipleChoiceField(
        label="To", coerce=int, widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, page: Page, email: ScheduledEmail | None, initial: dict[str, Any]) -> None:
        super().__init__(page.request.POST if page.request.method == "POST" else None, initial=initial)
        self.questions = {question.pk: question for question in _questions(page.workspace)}
        self.choosable = {member.pk: member for member in _choosable_members(page.workspace, email)}
        fields: dict[str, Any] = self.fields
        fields["question"].choices = [(pk, question.name) for pk, question in self.questions.items()]
        fields["members"].choices = [(pk, member.user.email) for pk, member in self.choosable.items()]
        fields["hour"].help_text = f"By the clock of {page.workspace.time_zone}."

    def item(self) -> EmailItem:
        said = self.cleaned_data
        return EmailItem(
            said["name"],
            self.questions[said["question"]],
            Frequency(said["frequency"]),
            said["hour"],
            EmailDays(said["days"]),
            [self.choosable[pk] for pk in said["members"]],
        )


def _questions(workspace: Workspace) -> QuerySet[SavedQuestion]:
    return SavedQuestion.objects.filter(workspace=workspace).order_by(CodePoints("name"))


def _choosable_members(workspace: Workspace, email: ScheduledEmail | None) -> QuerySet[Membership]:
    """All but those who have unsubscribed from it."""
    members = Membership.objects.filter(workspace=workspace, user__is_active=True).select_related("user")
    if email is not None:
        gone = EmailRecipient.objects.filter(workspace=workspace, scheduled_email=email, unsubscribed_at__isnull=False)
        members = members.exclude(pk__in=gone.values("member"))
    return members.order_by("user__email")


@login_required
@require_safe
@understands()
def emails_page(request: HttpRequest, slug: str) -> HttpResponse:
    """All of them, by name. Three queries."""
    page = open_page(request, slug, "scheduled-emails", "Scheduled emails")
    rows = ScheduledEmail.objects.filter(workspace=page.workspace).select_related("question")
    rows = rows.order_by(CodePoints("name"))
    mine = EmailRecipient.objects.filter(workspace=page.workspace, member=page.membership).that_take()
    subscribed = {*mine.values_list("scheduled_email", flat=True)}
    return page.response(
        "lists/scheduled_emails.html",
        emails=[(email, _rhythm(email), email.pk in subscribed) for email in rows],
        can_change=page.may(Right.CURATE),
        has_questions=page.may(Right.CURATE) and _questions(page.workspace).exists(),
    )


def _rhythm(email: ScheduledEmail) -> str:
    return f"{_FREQUENCIES[Frequency(email.frequency)]}, from {email.hour:02}:00"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(question=AllowedValues("a saved question such as qst_1", "(?:qst_)?[0-9]{1,18}"))
def email_setup(request: HttpRequest, slug: str) -> HttpResponse:
    page = open_page(request, slug, "scheduled-emails", "New scheduled email", Right.CURATE)
    initial = {"frequency": Frequency.WEEKLY.value, "hour": 7, "members": [page.membership.pk]}
    if question := _questions(page.workspace).filter(pk=_number(request.GET.get("question", ""))).first():
        initial |= {"question": question.pk, "name": question.name}
    form = EmailForm(page, None, initial)
    if _is_askable(page, form):
        with FormErrors(form, "name"):
            try:
                by = cast(User, request.user)
                email = save_email(workspace=page.workspace, item=form.item(), by=by, now=page.now)
            except ValueError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{email.name} is set up.")
                return redirect("scheduled-email", slug, email.pk)
    return _form_page(page, form, page.address("scheduled-emails"))


def _number(text: str) -> int:
    text = text.removeprefix("qst_")
    return int(text[:18]) if text.isascii() and text.isdigit() else 0


def _is_askable(page: Page, form: EmailForm) -> bool:
    """Whether all is well with what was sent, the question as it would be asked included."""
    if not form.is_valid():
        return False
    if problem := question_problem(page.workspace, form.item(), page.now):
        form.add_error("question", problem)
    return not form.errors


def _form_page(page: Page, form: EmailForm, back: str) -> HttpResponse:
    return page.response("lists/scheduled_email_form.html", status=400 if form.errors else 200, form=form, back=back)


@login_required
@require_POST
def email_briefing(request: HttpRequest, slug: str) -> HttpResponse:
    """The overview of the week, on Mondays, to whoever asks; where there is one already, that one."""
    page = open_page(request, slug, "scheduled-emails", "Monday briefing", Right.CURATE)
    email = save_briefing(member=page.membership, now=page.now)
    messages.success(request, f"{email.name} goes to you on Mondays from {email.hour:02}:00.")
    return redirect("scheduled-email", slug, email.pk)


@login_required
@require_safe
def email_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """When it is sent next, and to whom it goes."""
    page = open_page(request, slug, "scheduled-emails", "Scheduled email")
    email = _email(page, pk)
    page.title = page.audience.text(email.name)
    of = {"workspace": page.workspace, "scheduled_email": email}
    recipients = [*EmailRecipient.objects.filter(**of).select_related("member__user").order_by("member__user__email")]
    mine = next((each for each in recipients if each.member_id == page.membership.pk), None)
    next_at = next_due_at(Frequency(email.frequency), email.hour, page.now, page.workspace.zone)
    return page.response(
        "lists/scheduled_email.html",
        email=email,
        rhythm=_rhythm(email),
        next_at=next_at,
        recipients=recipients,
        is_mine=mine is not None and mine.state == "subscribed",
        can_change=page.may(Right.CURATE),
        back=page.address("scheduled-emails"),
    )


def _email(page: Page, pk: int) -> ScheduledEmail:
    rows = ScheduledEmail.objects.filter(workspace=page.workspace, pk=pk).select_related("question", "workspace")
    email = rows.first()
    if email is None:
        raise Http404
    return email


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def email_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    page = open_page(request, slug, "scheduled-emails", "Change scheduled email", Right.CURATE)
    email = _email(page, pk)
    chosen = EmailRecipient.objects.filter(workspace=page.workspace, scheduled_email=email, unsubscribed_at=None)
    initial = {name: getattr(email, name) for name in ("name", "frequency", "hour", "days")}
    initial |= {"question": email.question_id, "members": [*chosen.values_list("member", flat=True)]}
    form = EmailForm(page, email, initial)
    if _is_askable(page, form):
        with FormErrors(form, "name"):
            try:
                change_email(email=email, item=form.item(), by=cast(User, request.user), now=page.now)
            except ValueError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{email.name} is saved.")
                return redirect("scheduled-email", slug, pk)
    return _form_page(page, form, page.address("scheduled-email", str(pk)))


@login_required
@require_safe
def email_preview(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The email as it would be sent now, by itself."""
    page = open_page(request, slug, "scheduled-emails", "Preview")
    report = _answer(page, _email(page, pk))
    if report is None:
        return redirect("scheduled-email", slug, pk)
    response = HttpResponse(email_content(report).html)
    guarded: Any = response
    guarded._csp_replace = _DOCUMENT_CSP
    return response


def _answer(page: Page, email: ScheduledEmail) -> EmailReport | None:
    """Of the newest period; where there is none, why is told."""
    period = newest_period(Frequency(email.frequency), email.hour, page.now, page.workspace.zone)
    try:
        return email_answer(page.workspace, email, period, page.now)
    except (ParameterError, ObjectDoesNotExist) as error:
        why = page.audience.text(str(getattr(error, "detail", "What it is about is gone.")))
        messages.warning(page.request, f"{email.name} cannot be answered. {why}")
        return None


@login_required
@require_POST
def email_pause(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    page = open_page(request, slug, "scheduled-emails", "Pause", Right.CURATE)
    email, is_paused = _email(page, pk), request.POST.get("paused") == "true"
    pause_email(email=email, is_paused=is_paused, by=cast(User, request.user), now=page.now)
    goes_on = "is paused: nobody is sent it." if is_paused else "goes on with the next period."
    messages.success(request, f"{email.name} {goes_on}")
    return redirect("scheduled-email", slug, pk)


@login_required
@require_POST
def email_to_me(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    page = open_page(request, slug, "scheduled-emails", "Send")
    email = _email(page, pk)
    if TO_ME.is_reached(request):
        return too_many_requests(request)
    try:
        send_now(email, page.membership, page.now)
    except (ParameterError, ObjectDoesNotExist) as error:
        why = page.audience.text(str(getattr(error, "detail", "What it is about is gone.")))
        messages.warning(request, f"{email.name} was not sent. {why}")
    else:
        messages.success(request, f"{email.name} is on its way to {page.membership.user.email}.")
    return redirect("scheduled-email", slug, pk)


@login_required
@require_POST
def email_subscription(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """For oneself: everybody who may look at the numbers may be sent them."""
    page = open_page(request, slug, "scheduled-emails", "Subscribe")
    email = _email(page, pk)
    if request.POST.get("on") == "true":
        subscribe(email=email, member=page.membership)
        messages.success(request, f"{email.name} goes to you, too.")
    else:
        of = {"workspace": page.workspace, "scheduled_email": email, "member": page.membership}
        for recipient in EmailRecipient.objects.filter(**of):
            unsubscribe(recipient=recipient, now=page.now)
        messages.success(request, f"{email.name} does not go to you any more.")
    return redirect("scheduled-email", slug, pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def email_deletion(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What ends with it; by its button, it is deleted."""
    page = open_page(request, slug, "scheduled-emails", "Delete scheduled email", Right.CURATE)
    email = _email(page, pk)
    if request.method == "POST":
        delete_email(email=email, by=cast(User, request.user))
        messages.success(request, f"{email.name} is deleted.")
        return redirect("scheduled-emails", slug)
    return page.response(
        "lists/confirm.html",
        heading=f"Delete {email.name}?",
        consequences=["Nobody is sent it any more.", "Who unsubscribed from it is forgotten."],
        button="Delete scheduled email",
        back=page.address("scheduled-email", str(pk)),
        back_label=email.name,
    )
