"""Log in and out by JSON, and workspaces."""

import zoneinfo
from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.middleware.csrf import get_token
from rest_framework import serializers, status
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workspaces.access import SessionAuthentication, memberships_of
from workspaces.changes import create_workspace
from workspaces.log_in import log_in
from workspaces.models import User, Workspace
from workspaces.roles import Role


class LogInSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    code = serializers.CharField(
        max_length=20, required=False, help_text="Of an authenticator app, or a recovery code; see `mfa_required`."
    )


class SessionView(APIView):
    """`POST` logs in, `GET` tells who is logged in, `DELETE` logs out."""

    def get_authenticators(self) -> list[Any]:
        """Logging in asks for no session: an old one must not stand in the way."""
        return [] if self.request.method == "POST" else [SessionAuthentication()]

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self.request.method == "POST" else [IsAuthenticated()]

    def get_authenticate_header(self, request: Request) -> str:
        """Also where no session is asked for: a refused log-in is a 401 and not a 403."""
        return SessionAuthentication().authenticate_header(request)

    def post(self, request: Request) -> Response:
        given = LogInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        log_in(
            request._request,
            email=given.validated_data["email"].strip().lower(),
            password=given.validated_data["password"],
            code=given.validated_data.get("code"),
        )
        return Response(_session(request, cast(User, request._request.user)))

    def get(self, request: Request) -> Response:
        return Response(_session(request, cast(User, request.user)))

    def delete(self, request: Request) -> Response:
        get_adapter().logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> Any:
        raise NotAuthenticated


def _session(request: Request, user: User) -> dict[str, Any]:
    return {
        "user": {"email": user.email, "name": user.name},
        "workspaces": [
            {**_workspace(membership.workspace), "role": membership.role} for membership in memberships_of(user)
        ],
        "csrfToken": get_token(request._request),
    }


def _workspace(workspace: Workspace) -> dict[str, Any]:
    return {
        "id": workspace.api_id,
        "name": workspace.name,
        "slug": workspace.slug,
        "timezone": workspace.time_zone,
        "conversionTypes": workspace.conversion_types,
    }


class WorkspaceSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    timezone = serializers.CharField(max_length=64, default="UTC")

    def validate_timezone(self, name: str) -> str:
        if name not in zoneinfo.available_timezones():
            raise serializers.ValidationError(
                f"{name!r} is not a time zone; allowed are IANA names such as Europe/Berlin."
            )
        return name


class WorkspacesView(APIView):
    def get(self, request: Request) -> Response:
        rows = memberships_of(cast(User, request.user))
        return Response({"results": [{**_workspace(row.workspace), "role": row.role} for row in rows], "next": None})

    def post(self, request: Request) -> Response:
        given = WorkspaceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        workspace = create_workspace(
            name=given.validated_data["name"],
            time_zone=given.validated_data["timezone"],
            by=cast(User, request.user),
        )
        return Response({**_workspace(workspace), "role": Role.OWNER}, status=status.HTTP_201_CREATED)
