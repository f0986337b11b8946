"""Log in and out by JSON, and workspaces."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.middleware.csrf import get_token
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from campaignos.absence import TextOrNull
from campaignos.conditional import answer, check_precondition
from campaignos.schema import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, NOT_MODIFIED
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from campaignos.views import ApiView
from workspaces.access import (
    SecretKeyAuthentication,
    SessionAuthentication,
    api_access,
    memberships_of,
)
from workspaces.changes import change_settings, create_workspace
from workspaces.conversions import (
    MAX_SHOWN_RULES,
    canonical_settings,
    check_rules,
    default_conversion_types,
    validate_event_types,
)
from workspaces.idempotency import KeyReused, form_id_of
from workspaces.log_in import log_in, prove
from workspaces.models import (
    DEFAULT_LOOKBACK_DAYS,
    MAX_LOOKBACK_DAYS,
    Key,
    User,
    Workspace,
    validate_currency,
    validate_time_zone,
)
from workspaces.money_api import MoneyRuleItem, MoneyRuleRecord, MoneyRulesField
from workspaces.roles import Right, Role
from workspaces.scope import at_the_door


class LogInSerializer(StrictSerializer):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    code = serializers.CharField(
        max_length=20, required=False, help_text="Of an authenticator app, or a recovery code; see `mfa_required`."
    )


class ProofSerializer(StrictSerializer):
    password = serializers.CharField(max_length=1000, trim_whitespace=False, required=False)
    code = serializers.CharField(
        max_length=20,
        required=False,
        help_text="Of an authenticator app, or a recovery code.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Send either the password or a code.")
        return attrs


class UserBody(serializers.Serializer[Any]):
    email = serializers.CharField()
    name = TextOrNull(help_text="Null if not given.")


class LookbackDaysRecord(serializers.Serializer[Any]):
    """By what attribution calls the kinds of touches."""

    utm = serializers.IntegerField(help_text="Visits with a UTM source.")
    click = serializers.IntegerField(help_text="People's clicks in messages.")
    open = serializers.IntegerField(help_text="People's opens of messages, where these count.")
    delivered = serializers.IntegerField(help_text="Deliveries of messages, where these count.")


class WorkspaceRecord(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Such as ws_1.")
    name = serializers.CharField()
    slug = serializers.CharField(help_text="Its name in the addresses of pages.")
    timeZone = serializers.CharField(help_text="Days begin and end in this zone, such as Europe/Berlin.")
    timezone = serializers.CharField(help_text="The former name of `timeZone`.")
    currency = serializers.CharField(help_text="That of amounts which name none; a code of ISO 4217 such as EUR.")
    conversionTypes = serializers.ListField(
        child=serializers.CharField(), help_text="The event types that count as conversions."
    )
    moneyRules = MoneyRuleRecord(
        many=True,
        help_text="Where events say what they are worth: of the conversions, of `Order Refunded`, and of each type of"
        " which that is stated.",
    )
    lookbackDays = LookbackDaysRecord(help_text="How many days before a conversion touches are credited with it.")
    role = serializers.ChoiceField(Role.choices, allow_null=True, help_text="Your role in it; null for a key.")


class SessionBody(serializers.Serializer[Any]):
    user = UserBody()
    workspaces = WorkspaceRecord(many=True, help_text="Those you are a member of, by name.")
    csrfToken = serializers.CharField(help_text="To be sent as X-CSRFToken with every request that writes.")


class WorkspaceList(serializers.Serializer[Any]):
    results = WorkspaceRecord(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null: the list has one page.")


@extend_schema(tags=["session"])
class SessionView(ApiView):
    """`POST` logs in, `GET` tells who is logged in, `DELETE` logs out."""

    def get_authenticators(self) -> list[Any]:
        """Logging in asks for no session: an old one must not stand in the way."""
        return [] if getattr(self.request, "method", None) == "POST" else [SessionAuthentication()]

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if getattr(self.request, "method", None) == "POST" else [IsAuthenticated()]

    def get_authenticate_header(self, request: Request) -> str:
        """Also where no session is asked for: a refused log-in is a 401 and not a 403."""
        return SessionAuthentication().authenticate_header(request)

    @extend_schema(
        operation_id="logIn", summary="Log in", auth=[], request=LogInSerializer, responses={200: SessionBody}
    )
    def post(self, request: Request) -> Response:
        """Begins a session: its cookie comes with the answer.

        Who has a second factor and sends no `code` gets a 401 with the code `mfa_required`.
        """
        item = LogInSerializer(data=request.data)
        item.is_valid(raise_exception=True)
        log_in(
            request._request,
            email=item.validated_data["email"].strip().lower(),
            password=item.validated_data["password"],
            code=item.validated_data.get("code"),
        )
        return Response(_session(request, cast(User, request._request.user)))

    @extend_schema(operation_id="getSession", summary="Get the session", responses={200: SessionBody})
    def get(self, request: Request) -> Response:
        """Who is logged in, and their workspaces."""
        return Response(_session(request, cast(User, request.user)))

    @extend_schema(
        operation_id="logOut", summary="Log out", responses={204: OpenApiResponse(description="Logged out.")}
    )
    def delete(self, request: Request) -> Response:
        """Ends the session."""
        get_adapter().logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> Any:
        raise NotAuthenticated


@extend_schema(tags=["session"])
class ProofView(ApiView):
    @extend_schema(
        operation_id="proveSession",
        summary="Prove who you are",
        request=ProofSerializer,
        responses={204: OpenApiResponse(description="Proved, for 5 minutes.")},
    )
    def post(self, request: Request) -> Response:
        """Before what is dangerous: changing roles, inviting somebody who manages. Without it such a request is
        answered with 403 and the code `proof_required`. A wrong password or code is a 403 with the code
        `proof_refused`. Who has neither proves it in the browser that has this session, at `/account/reauthenticate/`.
        """
        item = ProofSerializer(data=request.data)
        item.is_valid(raise_exception=True)
        prove(request._request, **item.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _session(request: Request, user: User) -> dict[str, Any]:
    return {
        "user": {"email": user.email, "name": user.name or None},
        "workspaces": [_record(membership.workspace, membership.role) for membership in memberships_of(user)],
        "csrfToken": get_token(request._request),
    }


def _record(workspace: Workspace, role: str | None) -> dict[str, Any]:
    return {
        "id": workspace.api_id,
        "name": workspace.name,
        "slug": workspace.slug,
        "timeZone": workspace.time_zone,
        "timezone": workspace.time_zone,
        "currency": workspace.currency,
        "conversionTypes": workspace.conversion_types,
        "moneyRules": [{"type": name, **rule.data} for name, rule in workspace.rules_by_type.items()],
        "lookbackDays": workspace.lookback_days,
        "role": role,
    }


def _time_zone(help_text: str) -> serializers.CharField:
    return serializers.CharField(
        source="time_zone", max_length=64, required=False, validators=[validate_time_zone], help_text=help_text
    )


def _lookback_days(name: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        source=f"{name}_lookback_days",
        min_value=1,
        max_value=MAX_LOOKBACK_DAYS,
        required=False,
        help_text=f"{DEFAULT_LOOKBACK_DAYS[name]}, if a new one does not say.",
    )


class LookbackDays(StrictSerializer):
    utm = _lookback_days("utm")
    click = _lookback_days("click")
    open = _lookback_days("open")
    delivered = _lookback_days("delivered")


class WorkspaceSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200, validators=[one_line])
    timeZone = _time_zone("An IANA name such as Europe/Berlin; UTC, if a new one does not say.")
    timezone = _time_zone("The former name of `timeZone`.")
    currency = serializers.CharField(
        required=False,
        validators=[validate_currency],
        help_text="That of amounts which name none; a code of ISO 4217; EUR, if a new one does not say.",
    )
    conversionTypes = serializers.ListField(
        source="conversion_types",
        child=serializers.CharField(max_length=200, trim_whitespace=False),
        required=False,
        validators=[validate_event_types],
        help_text="The event types that count as conversions; `purchase`, if a new one does not say.",
    )
    moneyRules = MoneyRulesField(
        source="money_rules",
        child=MoneyRuleItem(),
        max_length=MAX_SHOWN_RULES,
        required=False,
        validators=[check_rules],
        help_text="All of them: what is stated of other types before goes. A conversion that is not among them is a"
        " sale, and `Order Refunded` a refund.",
    )
    lookbackDays = LookbackDays(
        source="*",
        required=False,
        help_text="How many days before a conversion touches are credited with it; those that are said change.",
    )


@contextmanager
def _rules_refused() -> Iterator[None]:
    """What a workspace cannot keep of money rules as an error of their field."""
    try:
        yield
    except ValidationError as error:
        raise serializers.ValidationError({"moneyRules": error.messages}) from None


class WorkspaceChange(WorkspaceSerializer):
    name = serializers.CharField(max_length=200, required=False, validators=[one_line])


@extend_schema(tags=["workspaces"])
class WorkspacesView(ApiView):
    def get_authenticators(self) -> list[Any]:
        """A key may look, and people alone make workspaces."""
        if getattr(self.request, "method", None) == "POST":
            return [SessionAuthentication()]
        return [SecretKeyAuthentication(), SessionAuthentication()]

    @extend_schema(operation_id="listWorkspaces", summary="List workspaces", responses={200: WorkspaceList})
    def get(self, request: Request) -> Response:
        """Those you are a member of, by name. A secret key, whatever its scopes, finds the one that it opens."""
        if isinstance(request.auth, Key):
            records = [_record(request.auth.workspace, None)]
        else:
            records = [_record(row.workspace, row.role) for row in memberships_of(cast(User, request.user))]
        return Response({"results": records, "next": None})

    @extend_schema(
        operation_id="createWorkspace",
        summary="Create a workspace",
        parameters=[IDEMPOTENCY_KEY],
        request=WorkspaceSerializer,
        responses={201: WorkspaceRecord},
    )
    def post(self, request: Request) -> Response:
        """A new workspace, of which you are the owner."""
        item = WorkspaceSerializer(data=request.data)
        item.is_valid(raise_exception=True)
        user = cast(User, request.user)
        with _rules_refused():
            fields = canonical_settings(item.validated_data, default_conversion_types())
        form_id = form_id_of(request, user)
        try:
            workspace = create_workspace(by=user, form_id=form_id, **fields)
        except IntegrityError:
            with at_the_door():
                workspace = Workspace.objects.of_member(user).get(form_id=form_id)
            if any(getattr(workspace, name) != value for name, value in fields.items()):
                raise KeyReused from None
        return Response(_record(workspace, Role.OWNER), status=status.HTTP_201_CREATED)


@extend_schema(tags=["workspaces"])
class WorkspaceView(ApiView):
    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)

    @extend_schema(
        operation_id="getWorkspace",
        summary="Get a workspace",
        parameters=[IF_NONE_MATCH],
        responses={200: WorkspaceRecord, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, workspace_id: str) -> Response:
        """Its name, time zone, currency, conversions and money rules. A key finds the workspace that it is for."""
        access = api_access(request, workspace_id, Right.READ)
        return answer(request, _record(access.workspace, access.role))

    @extend_schema(
        operation_id="updateWorkspace",
        summary="Update a workspace",
        parameters=[IF_MATCH],
        request=WorkspaceChange,
        responses={200: WorkspaceRecord},
    )
    def patch(self, request: Request, workspace_id: str) -> Response:
        """Only the fields that are given change. With another time zone all days are counted anew: for millions of
        events that takes minutes, in which new events wait. Needs the right `manage`, which no key has.
        """
        access = api_access(request, workspace_id, Right.MANAGE)
        item = WorkspaceChange(data=request.data)
        item.is_valid(raise_exception=True)
        with transaction.atomic(), _rules_refused():
            workspace = Workspace.objects.select_for_update(no_key=True).get(pk=access.workspace.pk)
            check_precondition(request, _record(workspace, access.role))
            change_settings(workspace=workspace, by=cast(User, request.user), **item.validated_data)
        return answer(request, _record(workspace, access.role))
