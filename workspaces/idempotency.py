"""Requests that are carried out once, however often they are sent: `Idempotency-Key` on POST."""

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from campaignos.errors import ParameterError, too_deep
from workspaces.access import Access
from workspaces.kept_answers import ERASED, KEPT
from workspaces.models import KeptAnswer, User
from workspaces.roles import Right, may_see_addresses

LONGEST_LEFT = timedelta(days=3)
"""An answer that is older should be gone. It is not where that job waits, since the clock has jumped."""
MAX_KEY_LENGTH = 255
HEADER = "Idempotency-Key"

_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY_LENGTH}}}")
_FORMS = uuid.UUID("5d8f3c4e-0f3a-4b7e-9a55-7c0b7d1c2a10")
_HEADERS = ("ETag", "Location")


class KeyReused(exceptions.APIException):
    """422: the key has come before with another request."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key came with another request in the last 24 hours: use a new one."


class AnswerErased(exceptions.APIException):
    """410: the request was carried out; whom the answer named has been erased since."""

    status_code = ERASED
    default_code = "answer_erased"
    default_detail = (
        "The request with this Idempotency-Key was carried out. What it was answered has been erased with a contact; "
        "it is not carried out again."
    )


def answered_once(access: Access, request: Request, make: Callable[[], Response], *, secret: str = "") -> Response:
    """What `make` answers; for a key that came in the last 24 hours, what was answered then.

    The answer is kept in the transaction of what it tells of, and a second request waits for the first. A refusal is
    not kept: nothing was done, and the request may be mended. Without a key just `make`. Of `secret`, the name of a
    field, null is kept: what it is stands in the first answer only. Whoever may see less than the first caller sent
    another request. Raises KeyReused and AnswerErased.
    """
    key = _key_of(request)
    if key is None:
        return make()
    workspace, now, fingerprint = access.workspace, timezone.now(), _fingerprint(request, access.rights)
    with transaction.atomic():
        digest = hashlib.sha256(key.encode()).hexdigest()
        of_key = KeptAnswer.objects.filter(workspace=workspace, key=digest)
        of_key.filter(created_at__lte=now - KEPT, created_at__gt=now - LONGEST_LEFT).delete()
        kept, is_first = KeptAnswer.objects.get_or_create(
            workspace=workspace, key=digest, defaults={"fingerprint": fingerprint, "created_at": now}
        )
        if kept.fingerprint != fingerprint:
            raise KeyReused
        if kept.status == ERASED:
            raise AnswerErased
        if not is_first:
            return Response(kept.body, status=kept.status, headers=kept.headers)
        response = make()
        headers = {name: response[name] for name in _HEADERS if response.has_header(name)}
        body = {**response.data, secret: None} if secret else response.data
        of_key.update(status=response.status_code, body=body, headers=headers)
    return response


def form_id_of(request: Request, user: User) -> uuid.UUID | None:
    """What stands for the key where there is no workspace yet that could keep an answer: see `Workspace.form_id`."""
    key = _key_of(request)
    return None if key is None else uuid.uuid5(_FORMS, f"{user.pk}:{key}")


def _key_of(request: Request) -> str | None:
    """Raises ParameterError."""
    key = request.headers.get(HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise ParameterError(HEADER, given=key, allowed=f"1 to {MAX_KEY_LENGTH} visible ASCII characters")
    return key


def _fingerprint(request: Request, rights: Collection[Right]) -> str:
    """The same for all who see addresses, and else for the same rights: what they are answered differs."""
    seen_by = [] if may_see_addresses(rights) else sorted(rights)
    try:
        text = json.dumps([request.method, request.get_full_path(), request.data, *seen_by], sort_keys=True)
    except RecursionError:  # items may be nested as deep as the parser went, which began with an empty stack
        raise too_deep() from None
    return hashlib.sha256(text.encode()).hexdigest()
