"""Resources of a workspace: who may do what with them, and what is done once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from campaignos.resources.viewset import Resource
from workspaces.access import Access, SecretKeyAuthentication, SessionAuthentication, api_access
from workspaces.idempotency import answered_once
from workspaces.models import Workspace
from workspaces.roles import Right

CURATED: Mapping[str, Right] = {
    **dict.fromkeys(("list", "retrieve"), Right.READ),
    **dict.fromkeys(("create", "partial_update", "destroy"), Right.CURATE),
}
"""The rights of what everybody in a workspace sees, and some may make and change."""


class ResourceViewSet(Resource):
    """A resource below `/api/workspaces/{workspaceId}/`."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (SecretKeyAuthentication, SessionAuthentication)
    rights: ClassVar[Mapping[str, Right]] = {"list": Right.READ, "retrieve": Right.READ}
    """By action; WRITE for those not named."""

    access: Access

    def right(self, action: str) -> Right:
        return self.rights.get("list" if action == "export" else action, Right.WRITE)

    def requirement(self, action: str) -> str:
        right = self.right(action)
        return f"Needs the right `{right.value}`: {right.label.lower()}."

    @property
    def owner(self) -> Workspace:
        return self.access.workspace

    def let_in(self, request: Request, action: str, **names: Any) -> None:
        self.access = api_access(request, names["workspace_id"], self.right(action))

    def once(self, request: Request, make: Callable[[], Response]) -> Response:
        """What `make` answers, or answered when the request with the same Idempotency-Key came first."""
        return answered_once(self.access, request, make, secret=self.secret)
