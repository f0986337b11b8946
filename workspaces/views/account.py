"""One's own account: profile and sessions. Password, email and second factor are django-allauth's pages."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaignos.texts import one_line
from workspaces.audit import record
from workspaces.models import Action, Session, User
from workspaces.proof import check_proved
from workspaces.sessions import public_id
from workspaces.user_agents import browser_named
from workspaces.versions import StoredForm, stored_fields
from workspaces.views.start import THEME_COOKIE, THEMES, keep_theme

MOST_SESSIONS = 50


class ProfileForm(StoredForm):
    name = forms.CharField(max_length=200, required=False, validators=[one_line])
    has_shortcuts = forms.BooleanField(
        label="Keyboard shortcuts",
        required=False,
        help_text="Single letters choose ranges and reports; ? lists them.",
    )
    theme = forms.ChoiceField(
        label="Colours",
        choices=[(name, name.capitalize()) for name in THEMES],
        widget=forms.RadioSelect,
        help_text="Auto follows your system. Kept in this browser.",
    )

    def __init__(self, data: QueryDict | None, *, user: User, theme: str) -> None:
        super().__init__(data, stored=stored_fields(user, ("name", "has_shortcuts")))
        self.initial["theme"] = theme


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    theme = request.COOKIES.get(THEME_COOKIE, "")
    posted = request.method == "POST"
    form = ProfileForm(request.POST if posted else None, user=user, theme=theme if theme in THEMES else THEMES[0])
    if posted and form.is_valid():
        user.name, user.has_shortcuts = form.cleaned_data["name"], form.cleaned_data["has_shortcuts"]
        user.save(update_fields=["name", "has_shortcuts"])
        messages.success(request, "Saved.")
        response = redirect("profile")
        keep_theme(request, response, form.cleaned_data["theme"])
        return response
    return render(request, "account/profile.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the user is logged in, the newest use first. One query besides the session's own."""
    user = cast(User, request.user)
    rows = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-last_seen_at")[:MOST_SESSIONS]
    listed = [
        {
            "id": public_id(row.session_key),
            "browser": browser_named(row.user_agent),
            "started_at": row.started_at,
            "last_seen_at": row.last_seen_at,
            "is_this": row.session_key == request.session.session_key,
        }
        for row in rows
    ]
    return render(request, "account/sessions.html", {"sessions": listed})


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Ends the session named, or without a name all but this one."""
    check_proved()
    user, named = cast(User, request.user), request.POST.get("session")
    with transaction.atomic():
        others = Session.objects.filter(user=user).exclude(session_key=request.session.session_key)
        chosen = [session.pk for session in others if named is None or public_id(session.session_key) == named]
        Session.objects.filter(pk__in=chosen).delete()
        if chosen:
            record(Action.SESSION_ENDED, by=user, account=user, after={"sessions": len(chosen)})
    messages.success(request, f"Sessions ended: {len(chosen)}.")
    return redirect("sessions")
