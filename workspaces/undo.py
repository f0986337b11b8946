"""What was done a moment ago and can be taken back: the notice that tells of it has the button.

Who owns an act registers what takes it back; nothing is stored but the notice, which carries it signed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from workspaces.models import User, Workspace
from workspaces.roles import Right

LIFE = timedelta(hours=1)
_MARK = "undo:"
_SALT = "workspaces.undo"

TakeBack = Callable[..., str]
"""Called with `workspace`, `by` and what was noted of the act; returns what is said then. Raises ValidationError."""


@dataclass(frozen=True)
class _Act:
    right: Right
    take_back: TakeBack


@dataclass(frozen=True)
class NotedAct:
    """Of the workspace with that slug; `take_back` is to be called with `workspace` and `by`."""

    slug: str
    right: Right
    take_back: TakeBack


_acts: dict[str, _Act] = {}


def register(name: str, right: Right, take_back: TakeBack) -> None:
    """`right` is what a member needs to take such an act back."""
    _acts[name] = _Act(right, take_back)


def tell_undoable(request: HttpRequest, text: str, act: str, workspace: Workspace, **noted: Any) -> None:
    """A notice with a button. `noted` is what taking it back needs to know, in JSON's types."""
    token = signing.dumps([act, workspace.slug, request.user.pk, noted], salt=_SALT, compress=True)
    messages.success(request, text, extra_tags=f"{_MARK}{token}")


def undo_token(message: Message) -> str:
    """Empty where what the message tells of cannot be taken back."""
    tags = message.extra_tags or ""
    return tags.removeprefix(_MARK) if tags.startswith(_MARK) else ""


def noted_act(token: str, user: User) -> NotedAct:
    """What the notice told the user of. Raises BadSignature, also where it is too late; PermissionDenied for the notice
    of somebody else."""
    name, slug, user_pk, noted = signing.loads(token, salt=_SALT, max_age=LIFE)
    if user.pk != user_pk:
        raise PermissionDenied
    act = _acts[name]
    return NotedAct(slug, act.right, partial(act.take_back, **noted))
