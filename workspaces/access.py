"""The one door through which a page, an endpoint or an ingest route gets a workspace.

A workspace that the caller is no member of is not there: 404, the same as for one that does not exist. A member or a
key without the right gets 403. Who is let in acts for that workspace until the request ends (`workspaces.scope`).
"""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, cast

from allauth.core import context
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.exceptions import PermissionDenied as DRFPermissionDenied
from rest_framework.request import Request

from campaignos import logs
from campaignos.bookkeeping import note_in_passing
from campaignos.errors import MissingRight, TooOften
from campaignos.fixed_rows import FixedRows, Placeholder
from campaignos.ids import number_of
from campaignos.limits import Limit, network_of
from campaignos.texts import CodePoints
from workspaces.models import SECOND_FACTORS, Key, KeyKind, Membership, User, Webhook, Workspace, token_digest
from workspaces.rates import spend_request
from workspaces.roles import OF_PEOPLE_ONLY, RIGHTS, Right, Role
from workspaces.scope import act_for, at_the_door

LAST_USE_PRECISION = timedelta(minutes=1)
UNKNOWN_KEY_SECONDS = 5
"""How long a token that is no key is refused without asking the database."""
KEY_GUESSES = Limit("key-guesses", times=100, seconds=60)
"""Different unknown keys from one address; known ones are let in all the same."""


class SecondFactorRequired(PermissionDenied):
    """The workspace asks its owners and admins for a second factor, and this one has none yet."""


class MovedWorkspace(Http404):
    """The workspace has another address now, and the caller may know it."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self.old, self.new = old, new


class KeyRefused(DRFPermissionDenied):
    default_detail = (
        "A key may not do this: sessions, members, invitations and keys are for people, who log in. "
        "GET /api/workspaces says which workspace the key opens."
    )


class SessionAuthentication(authentication.SessionAuthentication):
    """DRF's, with a challenge, so that a missing session is a 401 and not a 403.

    A good key is told where only people may: a 401 would say that it is no key.
    """

    def authenticate(self, request: Request) -> Any:
        token = authorization_token(request._request)
        if token is not None and usable_key(token, KeyKind.SECRET) is not None:
            raise KeyRefused
        return super().authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class KeyHolder(AnonymousUser):
    """Who calls with a secret key: no user, but let in."""

    is_authenticated = True  # type: ignore[assignment]


class SecretKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer sk_…`, or the key as the user name of Basic."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, Key] | None:
        token = authorization_token(request._request)
        if token is None:
            return None
        key = usable_key(token, KeyKind.SECRET)
        if key is None:
            raise AuthenticationFailed("The key is unknown, revoked or no secret key.")
        return KeyHolder(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="CampaignOS"'


def authorization_token(request: HttpRequest) -> str | None:
    """The key in the Authorization header: Basic's user name or Bearer. None without one."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip()
        case "basic":
            try:
                return base64.b64decode(credentials).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                return ""
    return None


_KEY = FixedRows(
    lambda: (
        Key.objects.usable(Placeholder("now", Key._meta.get_field("expires_at")))
        .filter(digest=Placeholder("digest"), kind=Placeholder("kind"))
        .select_related("workspace")
        .order_by()
    )
)


def usable_key(token: str, kind: KeyKind) -> Key | None:
    """The key of that token and kind, neither revoked nor expired; its last use is noted in passing. One query.

    Raises Throttled where the key is used more often than it may be, or keys are being guessed.
    """
    now = timezone.now()
    refused = f"no-key:{kind}:{int(monotonic()) // UNKNOWN_KEY_SECONDS}:{token_digest(token)}"
    if caches["process"].get(refused):
        return None
    with at_the_door():
        key = _KEY.first(now=now, digest=token_digest(token), kind=kind.value)
    if key is None:
        caches["process"].set(refused, True, UNKNOWN_KEY_SECONDS)
        if context.request and KEY_GUESSES.is_reached(context.request):
            raise TooOften(
                "Too many unknown keys came from this address. Try again in a minute.", wait=KEY_GUESSES.seconds
            )
        return None
    logs.bind(key=key.pk, workspace=key.workspace_id)
    act_for(key.workspace_id)
    network = network_of(context.request) if key.allows_browsers and context.request else ""
    spend_request(key.digest, network=network)
    if key.last_used_at is None or abs(now - key.last_used_at) > LAST_USE_PRECISION:
        note_in_passing(lambda: Key.objects.filter(pk=key.pk).update(last_used_at=now))
    return key


def usable_webhook(token: str, provider: str) -> Webhook:
    """The webhook of an address. Raises Http404 if there is no such webhook, or it is revoked. One query."""
    with at_the_door():
        usable = Webhook.objects.usable().filter(token=token, provider=provider)
        webhook = usable.select_related("workspace").first()
    if webhook is None:
        raise Http404
    logs.bind(webhook=webhook.pk, workspace=webhook.workspace_id)
    act_for(webhook.workspace_id)
    return webhook


def note_webhook_use(webhook: Webhook, now: datetime) -> None:
    """Rarely a query."""
    if webhook.last_event_at is None or abs(now - webhook.last_event_at) > LAST_USE_PRECISION:
        note_in_passing(lambda: Webhook.objects.filter(pk=webhook.pk).update(last_event_at=now))


@dataclass(frozen=True)
class Access:
    """A workspace, and what the caller may do in it."""

    workspace: Workspace
    rights: frozenset[Right]
    role: Role | None
    """None for a key."""


def api_workspace(request: Request, api_id: str, right: Right) -> Workspace:
    """The workspace an API request names, if the caller's session or secret key has the right in it."""
    return api_access(request, api_id, right).workspace


def api_access(request: Request, api_id: str, right: Right) -> Access:
    """As `api_workspace`, with all rights that the caller has there."""
    pk = number_of("ws", api_id)
    if pk is None:
        raise Http404
    if isinstance(request.auth, Key):
        if request.auth.workspace_id != pk:
            raise Http404
        if right not in request.auth.rights:
            raise MissingRight(_lacking_scope(right, request.auth.rights))
        return Access(request.auth.workspace, request.auth.rights, role=None)
    membership = _of_member(cast(User, request.user), right, pk=pk)
    role = Role(membership.role)
    return Access(membership.workspace, RIGHTS[role], role)


def caller(request: Request) -> User | Key:
    """Who calls the API, for the audit trail."""
    return caller_key(request) or cast(User, request.user)


def caller_key(request: Request) -> Key | None:
    """The secret key by which the API is called; None for a session."""
    return request.auth if isinstance(request.auth, Key) else None


def page_membership(request: HttpRequest, slug: str, right: Right = Right.READ) -> Membership:
    """The membership (with its workspace) by which a logged-in user sees a page.

    One query, two where the workspace asks for a second factor; raises MovedWorkspace for a member who comes by a
    former address, after two.
    """
    user = cast(User, request.user)
    try:
        return _of_member(user, right, slug=slug)
    except Http404:
        with at_the_door():
            moved = Workspace.objects.of_member(user).filter(former_slugs__slug=slug).first()
        if moved is None:
            raise
        raise MovedWorkspace(slug, moved.slug) from None


_MEMBERSHIPS = FixedRows(
    lambda: (
        Membership.objects.filter(user_id=Placeholder("user_id"))
        .select_related("workspace")
        .order_by(CodePoints("workspace__name"), "workspace_id")
    )
)


def memberships_of(user: User) -> list[Membership]:
    """The user's workspaces with their roles, by name."""
    with at_the_door():
        return _MEMBERSHIPS.all(user_id=user.pk)


def _lacking_scope(right: Right, rights: Collection[Right]) -> str:
    if right in OF_PEOPLE_ONLY:
        return "No key may do this: it is for people, who log in."
    return f"This needs the scope {right.value}; the key has {', '.join(sorted(rights))}."


def _lacking_role(right: Right, role: Role) -> str:
    able = [other.label.lower() for other in Role if right in RIGHTS[other]]
    return f"You don't have permission to do this: your role here is {role.label.lower()}. Ask an {' or '.join(able)}."


def _membership_by(name: str) -> FixedRows[Membership]:
    lookup = {"user_id": Placeholder("user_id"), f"workspace__{name}": Placeholder(name)}
    return FixedRows(lambda: Membership.objects.filter(**lookup).select_related("workspace"))


_MEMBERSHIP = {"pk": _membership_by("pk"), "slug": _membership_by("slug")}


def _of_member(user: User, right: Right, **workspace: object) -> Membership:
    """`workspace` has one name of `_MEMBERSHIP`."""
    [name] = workspace
    with at_the_door():
        membership = _MEMBERSHIP[name].first(user_id=user.pk, **workspace)
    if membership is None:
        raise Http404
    logs.bind(user=user.pk, workspace=membership.workspace_id)
    if right not in RIGHTS[Role(membership.role)]:
        raise MissingRight(_lacking_role(right, Role(membership.role)))
    if membership.needs_second_factor and not is_mfa_enabled(user, types=SECOND_FACTORS):
        raise SecondFactorRequired(
            f"{membership.workspace.name} requires two-factor authentication of owners and admins. "
            "Set it up, and come back."
        )
    act_for(membership.workspace_id)
    return membership
