"""A workspace's API keys."""

from datetime import datetime, time, timedelta
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from campaignos.days import DayField
from campaignos.page_parameters import PAGE, understands
from campaignos.texts import one_line
from workspaces.access import page_membership
from workspaces.changes import create_key, revoke_key, rotate_key
from workspaces.models import Key, KeyKind, Membership, User
from workspaces.models.keys import validate_end
from workspaces.roles import OF_PEOPLE_ONLY, Right
from workspaces.views.page import confirmation_page, page_of, settings_page

SCOPES = [(right.value, str(right.label)) for right in Right if right not in OF_PEOPLE_ONLY]


BROWSERS = "browsers"
KINDS = [
    (KeyKind.WRITE.value, "Write key: sends events from your servers"),
    (BROWSERS, "Write key for web pages and apps: everyone can read it, so it cannot change known contacts"),
    (KeyKind.SECRET.value, "Secret key: reads reports and works with data by the API"),
]


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=200, help_text="What it is for, so that you can tell it from others.", validators=[one_line]
    )
    kind = forms.ChoiceField(choices=KINDS, widget=forms.RadioSelect, initial=KeyKind.WRITE)
    scopes = forms.MultipleChoiceField(
        choices=SCOPES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        initial=[Right.READ],
        help_text="What a secret key may do. A write key only sends events.",
    )
    expires_on = DayField(
        label="Last day",
        required=False,
        help_text="The last day on which it works, in the workspace's time zone. Empty: it does not expire.",
    )

    @property
    def kind_of_key(self) -> KeyKind:
        return KeyKind.SECRET if self.cleaned_data["kind"] == KeyKind.SECRET else KeyKind.WRITE

    def clean_expires_on(self) -> datetime | None:
        """The midnight after it, in the time zone that is active."""
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        end = datetime.combine(day + timedelta(days=1), time(), timezone.get_current_timezone())
        validate_end(end)
        return end

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if data.get("kind") == KeyKind.SECRET and not data.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", "Choose at least one.")
        return data


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@understands(page=PAGE)
def keys(request: HttpRequest, slug: str) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    form = KeyForm(request.POST if request.method == "POST" else None)
    made: tuple[Key, str] | None = None
    with timezone.override(membership.workspace.zone):
        if form.is_valid():
            made = create_key(
                workspace=membership.workspace,
                kind=form.kind_of_key,
                allows_browsers=form.cleaned_data["kind"] == BROWSERS,
                name=form.cleaned_data["name"],
                by=cast(User, request.user),
                scopes=[Right(scope) for scope in form.cleaned_data["scopes"]],
                expires_at=form.cleaned_data["expires_on"],
            )
            form = KeyForm()
    return _keys_page(request, membership, form, made, status=400 if form.errors else 200)


def _keys_page(
    request: HttpRequest, membership: Membership, form: KeyForm, made: tuple[Key, str] | None, *, status: int = 200
) -> HttpResponse:
    """Four to six queries, with the door's. A new token is in this one answer and nowhere else."""
    rows = membership.workspace.keys.select_related("created_by", "successor")
    usable = rows.usable(timezone.now())
    pages = page_of(usable, request.GET.get("page", ""))
    ended = page_of(rows.exclude(pk__in=usable.values("pk")))
    return settings_page(
        request,
        membership,
        "keys",
        status=status,
        form=form,
        token=made[1] if made else None,
        for_browsers=made is not None and made[0].allows_browsers,
        keys=pages.rows,
        pages=pages,
        ended=ended.rows,
        ended_in_all=ended.total,
        ended_left_out=ended.left_out,
    )


@login_required
@require_POST
def rotate(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    key = get_object_or_404(membership.workspace.keys, pk=pk)
    try:
        made = rotate_key(key=key, by=cast(User, request.user))
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("settings-keys", slug)
    return _keys_page(request, membership, KeyForm(), made)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    membership = page_membership(request, slug, Right.MANAGE)
    key = get_object_or_404(membership.workspace.keys, pk=pk)
    if request.method != "POST":
        last_used = f"It was last used {naturaltime(key.last_used_at)}." if key.last_used_at else "It was never used."
        return confirmation_page(
            request,
            membership,
            "keys",
            heading=f"Revoke {key.name}",
            consequences=[
                f"Programs that use the key {key.prefix}… are refused at once. {last_used}",
                "This cannot be undone. To replace the key without a gap, rotate it instead.",
            ],
            button="Revoke key",
        )
    revoke_key(key=key, by=cast(User, request.user))
    messages.success(request, "The key was revoked and no longer works.")
    return redirect("settings-keys", slug)
