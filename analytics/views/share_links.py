"""Share links among the settings: made, listed with how often they were opened, and revoked."""

from datetime import datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from analytics.api.questions.locks import locks_data
from analytics.api.questions.share_links import ORIGIN_ALLOWED, checked_locks, validate_origin
from analytics.models import Board, SavedQuestion, SavedSegment, ShareLink
from analytics.models.share_links import DAYS_OF_LINK, LONGEST_LIFE, MOST_ORIGINS
from analytics.share_links import create_link, revoke_link
from campaignos.days import DayField
from campaignos.errors import ParameterError
from campaignos.page_parameters import PAGE, AllowedValues, understands
from campaignos.texts import CodePoints, one_line
from workspaces.access import page_membership
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Right
from workspaces.views.page import confirmation_page, page_of, settings_page

MOST_CHOICES = 500
BOARD_CHOSEN = AllowedValues("a board such as brd_1", "brd_[0-9]{1,18}")
QUESTION = AllowedValues("a saved question such as qst_1", "qst_[0-9]{1,18}")


class ShareLinkForm(forms.Form):
    question = forms.ChoiceField(label="What it shows", help_text="A saved question, or a board.")
    name = forms.CharField(
        label="For whom",
        max_length=200,
        required=False,
        help_text="So that you can tell it from others.",
        validators=[one_line],
    )
    expires_on = DayField(
        label="Last day",
        required=False,
        help_text=f"In the workspace's time zone. Empty: {DAYS_OF_LINK.days} days from now; "
        f"at most {LONGEST_LIFE.days}.",
    )
    password = forms.CharField(
        required=False,
        min_length=8,
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Empty: whoever has the link sees it.",
    )
    segment = forms.ChoiceField(
        label="Only people in", required=False, help_text="Holds whatever the question asks, now or later."
    )
    where = forms.CharField(
        label="Only what meets",
        required=False,
        max_length=8192,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Conditions that hold as well, one a line, such as channel:email.",
    )
    may_choose_days = forms.BooleanField(label="Other days may be chosen", required=False)
    is_rounded = forms.BooleanField(label="Round numbers to tens, and tell none of fewer than ten", required=False)
    origins = forms.CharField(
        label="May be shown within pages of",
        required=False,
        max_length=4096,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=f"One a line: {ORIGIN_ALLOWED}. Not with a password. Empty: within none.",
    )

    def __init__(self, data: Any, workspace: Workspace, chosen: str = "") -> None:
        super().__init__(data, initial={"question": chosen})
        questions = SavedQuestion.objects.filter(workspace=workspace).order_by(CodePoints("name"))
        boards = Board.objects.filter(workspace=workspace).select_related("workspace").order_by(CodePoints("name"))
        self.questions: dict[str, SavedQuestion | Board] = {one.api_id: one for one in questions[:MOST_CHOICES]}
        self.questions.update({board.api_id: board for board in boards[:MOST_CHOICES]})
        segments = SavedSegment.objects.filter(workspace=workspace).order_by(CodePoints("name"))[:MOST_CHOICES]
        fields: dict[str, Any] = self.fields
        fields["question"].choices = [
            (key, f"{shown.name} (board)" if isinstance(shown, Board) else shown.name)
            for key, shown in self.questions.items()
        ]
        fields["segment"].choices = [("", "Everybody"), *((segment.api_id, segment.name) for segment in segments)]

    def clean_expires_on(self) -> datetime:
        """The midnight after it, in the time zone that is active."""
        day = self.cleaned_data["expires_on"]
        if day is None:
            return timezone.now() + DAYS_OF_LINK
        return datetime.combine(day + timedelta(days=1), time(), timezone.get_current_timezone())

    def clean_origins(self) -> list[str]:
        origins = self.cleaned_data["origins"].split()
        for origin in origins:
            validate_origin(origin)
        if len(origins) > MOST_ORIGINS:
            raise ValidationError(f"At most {MOST_ORIGINS}.")
        return list(dict.fromkeys(origins))

    def make(self, by: User) -> tuple[ShareLink, str] | None:
        """None where something is wrong, which its fields tell."""
        given, shown = self.cleaned_data, self.questions[self.cleaned_data["question"]]
        stated = {"where": given["where"].splitlines(), "segment": [given["segment"]]}
        try:
            return create_link(
                question=shown if isinstance(shown, SavedQuestion) else None,
                board=shown if isinstance(shown, Board) else None,
                by=by,
                expires_at=given["expires_on"],
                name=given["name"],
                password=given["password"],
                locks=locks_data(checked_locks(shown, stated, timezone.now())),
                origins=given["origins"],
                is_rounded=given["is_rounded"],
                may_choose_days=given["may_choose_days"],
            )
        except ParameterError as error:
            self.add_error("segment" if error.parameter == "segment" else "where", str(error.detail))
        except ValidationError as error:
            for name, problems in error.message_dict.items():
                self.add_error({"expires_at": "expires_on"}.get(name, name), problems)
        return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(page=PAGE, question=QUESTION, board=BOARD_CHOSEN)
def share_links_page(request: HttpRequest, slug: str) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    workspace, data = membership.workspace, request.POST if request.method == "POST" else None
    made = None
    with timezone.override(workspace.zone):
        form = ShareLinkForm(data, workspace, request.GET.get("board", "") or request.GET.get("question", ""))
        if form.is_valid():
            made = form.make(cast(User, request.user))
            form = ShareLinkForm(None, workspace) if made else form
    return _response(request, membership, form, made)


def _response(
    request: HttpRequest, membership: Membership, form: ShareLinkForm, made: tuple[ShareLink, str] | None
) -> HttpResponse:
    """A new link's address is in this one answer and nowhere else."""
    rows = ShareLink.objects.filter(workspace=membership.workspace).select_related("question", "board", "created_by")
    now = timezone.now()
    usable = rows.filter(revoked_at=None, expires_at__gt=now).order_by("-pk")
    pages = page_of(usable, request.GET.get("page", ""))
    ended = page_of(rows.exclude(pk__in=usable.values("pk")).order_by("-pk"))
    return settings_page(
        request,
        membership,
        "links",
        status=400 if form.errors else 200,
        form=form,
        can_make=bool(form.questions),
        address=request.build_absolute_uri(reverse("shared", args=[made[1]])) if made else "",
        made=made[0] if made else None,
        links=[(link, _terms(link)) for link in pages.rows],
        pages=pages,
        ended=ended.rows,
        ended_in_all=ended.total,
        ended_left_out=ended.left_out,
    )


def _terms(link: ShareLink) -> str:
    """How it is shown, in words."""
    terms = {
        "with a password": link.password,
        "conditions locked": link.locks,
        "rounded": link.is_rounded,
        "other days may be chosen": link.may_choose_days,
        f"within {' '.join(link.origins)}": link.origins,
    }
    return ", ".join(words for words, holds in terms.items() if holds)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def share_link_revocation(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    rows = ShareLink.objects.filter(workspace=membership.workspace)
    link = get_object_or_404(rows.select_related("workspace", "question", "board"), pk=pk)
    if request.method == "POST":
        revoke_link(link=link, by=cast(User, request.user))
        messages.success(request, "The link is revoked: it shows nothing any more.")
        return redirect("settings-links", slug)
    return confirmation_page(
        request,
        membership,
        "links",
        heading=f"Revoke the link to {link.subject}",
        consequences=["Whoever has it sees nothing from now on.", "What it shows stays.", "This cannot be undone."],
        button="Revoke",
    )
