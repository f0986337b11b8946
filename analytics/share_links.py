"""Links to saved questions and boards: made, revoked and followed. Each write is one transaction, with its line in the
audit trail."""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from analytics.addresses import hidden_value
from analytics.audited import DataAction
from analytics.boards import register_board_use
from analytics.models import Board, SavedQuestion, ShareLink
from analytics.models.share_links import LONGEST_LIFE
from analytics.saved_questions import register_use
from campaignos.bookkeeping import note_in_passing
from workspaces.audit import record
from workspaces.models import User
from workspaces.scope import act_for, scope

TOKEN_BYTES = 16
IN_FRAMES = "A link that asks for one cannot be shown within other pages."
_TOKEN = re.compile(r"(?P<workspace>[0-9]{1,18})-(?P<secret>[A-Za-z0-9_-]{20,30})")
"""In which workspace it is looked for, and what nobody guesses."""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def create_link(
    *,
    question: SavedQuestion | None = None,
    board: Board | None = None,
    by: User,
    expires_at: datetime,
    name: str = "",
    password: str = "",
    locks: Mapping[str, Any] | None = None,
    origins: Sequence[str] = (),
    is_rounded: bool = False,
    may_choose_days: bool = False,
) -> tuple[ShareLink, str]:
    """A link to a question or to a board, and its token with 128 bits that nobody guesses, told here and nowhere else.

    `locks` were read before. Raises ValidationError for an end that is not ahead, or more than a year, and for a
    password within frames, where no browser would keep that it was given.
    """
    now = timezone.now()
    if not now < expires_at <= now + LONGEST_LIFE:
        raise ValidationError({"expires_at": f"It must lie ahead, at most {LONGEST_LIFE.days} days."})
    if password and origins:
        raise ValidationError({"password": IN_FRAMES})
    shown = question or board
    assert shown is not None
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    link = ShareLink.objects.create(
        workspace=shown.workspace,
        question=question,
        board=board,
        name=name,
        digest=_digest(secret),
        password=make_password(password) if password else "",
        locks={**(locks or {})},
        origins=[*origins],
        is_rounded=is_rounded,
        may_choose_days=may_choose_days,
        expires_at=expires_at,
        created_by=by,
    )
    after = _summary(link, shown)
    record(DataAction.LINK_MADE, by=by, workspace=shown.workspace, target=link.api_id, after=after)
    return link, f"{link.workspace_id}-{secret}"


@transaction.atomic
def revoke_link(*, link: ShareLink, by: User) -> None:
    """It shows nothing from now on. One that is revoked already is left alone."""
    rows = ShareLink.objects.filter(pk=link.pk, workspace=link.workspace_id, revoked_at=None)
    if rows.update(revoked_at=timezone.now()):
        record(DataAction.LINK_REVOKED, by=by, workspace=link.workspace, target=link.api_id)


def usable_link(token: str, now: datetime) -> ShareLink | None:
    """The link of a token with its workspace, for which the request acts from here on; None where there is none, or it
    is over. One query."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    with scope(int(found["workspace"])):
        rows = ShareLink.objects.filter(workspace=int(found["workspace"]), digest=_digest(found["secret"]))
        link = rows.select_related("workspace").first()
    if link is None or not link.is_usable(now):
        return None
    act_for(link.workspace_id)
    return link


def note_view(link: ShareLink, now: datetime) -> None:
    rows = ShareLink.objects.filter(pk=link.pk, workspace=link.workspace_id)
    note_in_passing(lambda: rows.update(views=F("views") + 1, last_viewed_at=now))


def _links_of(shown: SavedQuestion | Board) -> list[str]:
    """Those that still show it."""
    of = {"board": shown} if isinstance(shown, Board) else {"question": shown}
    rows = ShareLink.objects.filter(workspace=shown.workspace_id, revoked_at=None, **of)
    return [f"the link {link}" for link in rows.filter(expires_at__gt=timezone.now()).order_by("pk")]


register_use(_links_of)
register_board_use(_links_of)


def _summary(link: ShareLink, shown: SavedQuestion | Board) -> dict[str, Any]:
    """Without addresses, for it is kept for ever."""
    return {
        "board" if isinstance(shown, Board) else "question": shown.api_id,
        "name": hidden_value(link.name),
        "locks": hidden_value(link.locks),
        "origins": link.origins,
        "rounded": link.is_rounded,
        "choosesDays": link.may_choose_days,
        "password": bool(link.password),
        "expiresAt": link.expires_at.isoformat(),
    }
