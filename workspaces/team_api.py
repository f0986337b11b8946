"""Members, invitations and keys over the API. People alone manage them: no key makes or sees another."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from campaignos.absence import TextOrNull
from campaignos.body_fields import DayOrInstantField
from campaignos.conditional import answer, check_precondition
from campaignos.email_addresses import validate_email
from campaignos.errors import Conflict
from campaignos.filters import ChoicesFilter, ListFilter, Row, TextFilter
from campaignos.ids import number_of
from campaignos.strict import StrictSerializer
from campaignos.texts import one_line
from workspaces.access import SessionAuthentication
from workspaces.changes import create_key, revoke_key, rotate_key
from workspaces.invitation_mail import INVITATIONS, TOO_MANY, invitation_link, mail_invitation
from workspaces.models import Invitation, Key, KeyKind, Membership, User, Workspace
from workspaces.models.keys import validate_end
from workspaces.people import change_role, invite, remove_member, revoke_invitation
from workspaces.resources import ResourceViewSet
from workspaces.roles import OF_PEOPLE_ONLY, Right, Role

SCOPES = [right for right in Right if right not in OF_PEOPLE_ONLY]


class MemberRecord(serializers.Serializer[Membership]):
    id = serializers.CharField(source="user.api_id", help_text="The user's id, such as usr_1.")
    email = serializers.CharField(source="user.email")
    name = TextOrNull(source="user.name", help_text="Null if not given.")
    role = serializers.ChoiceField(Role.choices)
    joinedAt = serializers.DateTimeField(source="created_at", help_text="When they became a member.")
    lastSeenAt = serializers.DateTimeField(
        source="user.last_seen_at", allow_null=True, help_text="When they last used the product; null for never."
    )


class MemberChange(StrictSerializer):
    role = serializers.ChoiceField(Role.choices, help_text="One that you may give: admins give all but OWNER.")


class MemberFilter(ListFilter):
    q = TextFilter(method="with_text", help_text="A part of the name or the email address.")
    role = ChoicesFilter(choices=Role.values, help_text="The role, or several.")

    def with_text(self, rows: QuerySet[Row], name: str, value: str) -> QuerySet[Row]:
        return rows.filter(Q(user__name__contains_text=value) | Q(user__email__contains_text=value))


class MembersViewSet(ResourceViewSet):
    """Who belongs to the workspace. Others are invited."""

    authentication_classes = (SessionAuthentication,)
    resource, prefix = "members", "usr"
    filters = MemberFilter
    serializer_class = MemberRecord
    change_class = MemberChange
    can_fail = {"partial_update": ("409",), "destroy": ("409",)}
    orderings = {"joinedAt": "created_at"}
    rights = {"list": Right.READ, "retrieve": Right.READ, "partial_update": Right.MANAGE, "destroy": Right.READ}

    def rows(self) -> QuerySet[Membership]:
        return Membership.objects.filter(workspace=self.access.workspace).select_related("user", "workspace")

    def row(self, resource_id: str) -> Membership:
        member = self.rows().filter(user=number_of(self.prefix, resource_id)).first()
        if member is None:
            raise Http404
        return member

    def partial_update(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Give a member another role."""
        with _lock_members(self.access.workspace):
            member = self.row(resource_id)
            check_precondition(request, self.record(member))
            item = MemberChange(data=request.data)
            item.is_valid(raise_exception=True)
            change_role(membership=member, role=Role(item.validated_data["role"]), by=cast(User, request.user))
        return answer(request, self.record(self.row(resource_id)))

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Take a member out. Everybody may leave by themselves; the last owner may not."""
        with _lock_members(self.access.workspace):
            member = self.row(resource_id)
            check_precondition(request, self.record(member))
            remove_member(membership=member, by=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


@contextmanager
def _lock_members(workspace: Workspace) -> Iterator[None]:
    """A transaction in which nobody else changes who belongs to the workspace. What is not valid is a conflict."""
    try:
        with transaction.atomic():
            Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
            yield
    except ValidationError as error:
        raise Conflict(error.messages[0]) from None


class InvitationRecord(serializers.Serializer[Invitation]):
    id = serializers.CharField(source="api_id", help_text="Such as inv_1.")
    email = serializers.CharField(help_text="Whom it is for.")
    role = serializers.ChoiceField(Role.choices, help_text="What they will be.")
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.CharField(
        source="created_by.email",
        default=None,
        allow_null=True,
        help_text="The email of who invited them, if still a user.",
    )
    expiresAt = serializers.DateTimeField(source="expires_at", help_text="Until when it can be accepted.")


class NewInvitationRecord(InvitationRecord):
    link = serializers.CharField(
        allow_null=True,
        help_text="Where it is accepted, as the mail says it, to be passed on if that does not arrive. It is nowhere "
        "kept: null where the answer to an Idempotency-Key is given again.",
    )


class InvitationItem(StrictSerializer):
    email = serializers.EmailField(max_length=254, validators=[validate_email], help_text="Whom to invite.")
    role = serializers.ChoiceField(Role.choices, help_text="One that you may give: admins give all but OWNER.")


class InvitationFilter(ListFilter):
    q = TextFilter("email", "contains_text", help_text="A part of the email address.")
    role = ChoicesFilter(choices=Role.values, help_text="The role, or several.")


class InvitationsViewSet(ResourceViewSet):
    """Who is invited, and has neither accepted nor let the time pass."""

    resource, prefix = "invitations", "inv"
    filters = InvitationFilter
    serializer_class = InvitationRecord
    item_class, new_class, is_upsert, secret = InvitationItem, NewInvitationRecord, False, "link"
    can_fail = {"create": ("409",)}
    orderings = {"id": "pk"}
    rights = dict.fromkeys(("list", "retrieve", "create", "destroy"), Right.MANAGE)

    def rows(self) -> QuerySet[Invitation]:
        open_ones = Invitation.objects.open(timezone.now()).filter(workspace=self.access.workspace)
        return open_ones.select_related("workspace", "created_by")

    def create(self, request: Request, workspace_id: str) -> Response:
        """Invite somebody by mail. An open invitation to the same address ends."""
        item = InvitationItem(data=request.data)
        item.is_valid(raise_exception=True)
        return self.once(request, lambda: self._invite(request, **item.validated_data))

    def _invite(self, request: Request, email: str, role: str) -> Response:
        by = cast(User, request.user)
        if INVITATIONS.is_reached(request._request):
            raise Throttled(INVITATIONS.seconds, TOO_MANY)
        try:
            invitation, token = invite(workspace=self.access.workspace, email=email, role=Role(role), by=by)
        except ValidationError as error:
            raise Conflict(error.messages[0]) from None
        link = invitation_link(request._request, token)
        transaction.on_commit(lambda: mail_invitation(invitation, link, by=by))
        invitation.link = link  # type: ignore[attr-defined]  # for this answer alone
        return Response(NewInvitationRecord(invitation).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Revoke the invitation: its link leads nowhere any more."""
        invitation = self.row(resource_id)
        check_precondition(request, self.record(invitation))
        revoke_invitation(invitation=invitation, by=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


class KeyRecord(serializers.Serializer[Key]):
    id = serializers.CharField(source="api_id", help_text="Such as key_1.")
    kind = serializers.ChoiceField(KeyKind.choices)
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The key's beginning, to tell keys apart.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Right.choices), help_text="What a secret key may do; empty for a write key."
    )
    allowsBrowsers = serializers.BooleanField(
        source="allows_browsers", help_text="Whether web pages may send with it: a write key that changes nothing."
    )
    createdAt = serializers.DateTimeField(source="created_at")
    createdBy = serializers.CharField(
        source="created_by.email",
        default=None,
        allow_null=True,
        help_text="The email of who made it, if still a user.",
    )
    expiresAt = serializers.DateTimeField(source="expires_at", allow_null=True, help_text="Null for never.")
    revokedAt = serializers.DateTimeField(source="revoked_at", allow_null=True)
    lastUsedAt = serializers.DateTimeField(source="last_used_at", allow_null=True, help_text="To the minute.")


class NewKeyRecord(serializers.Serializer[Any]):
    id = serializers.CharField(source="api_id", help_text="Such as key_1.")
    kind = serializers.ChoiceField(KeyKind.choices)
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The key's beginning, to tell keys apart.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Right.choices), help_text="What a secret key may do; empty for a write key."
    )
    allowsBrowsers = serializers.BooleanField(
        source="allows_browsers", help_text="Whether web pages may send with it: a write key that changes nothing."
    )
    key = serializers.CharField(
        allow_null=True,
        help_text="The key itself. It is nowhere kept: null where the answer to an Idempotency-Key is given again.",
    )


class KeyItem(StrictSerializer):
    kind = serializers.ChoiceField(KeyKind.choices, help_text="Write keys send events, secret keys call this API.")
    name = serializers.CharField(max_length=200, help_text="What it is for.", validators=[one_line])
    scopes = serializers.ListField(
        child=serializers.ChoiceField([(right.value, right.label) for right in SCOPES]),
        required=False,
        allow_empty=False,
        help_text="What a secret key may do; read and write if not said.",
    )
    allowsBrowsers = serializers.BooleanField(
        required=False,
        help_text="Of a write key: whether web pages may send with it. It then names devices and fills what is empty, "
        "and neither changes what is known nor joins contacts nor reports on messages. False if not said.",
    )
    expiresAt = DayOrInstantField(
        required=False,
        allow_null=True,
        help_text="When it ends, such as 2026-12-31T12:00:00Z, or with the beginning of a day; never if not said.",
    )

    def validate(self, item: dict[str, Any]) -> dict[str, Any]:
        if item.get("allowsBrowsers") and item["kind"] != KeyKind.WRITE:
            raise serializers.ValidationError({"allowsBrowsers": "Only a write key may be in web pages."})
        if "scopes" in item and item["kind"] != KeyKind.SECRET:
            raise serializers.ValidationError({"scopes": "Only a secret key has scopes; a write key sends events."})
        return item

    def validate_expiresAt(self, at: Any) -> Any:
        if at is not None:
            validate_end(at)
        return at


class KeyFilter(ListFilter):
    q = TextFilter("name", "contains_text", help_text="A part of the name.")
    kind = ChoicesFilter(choices=KeyKind.values, help_text="The kind, or both.")


class KeysViewSet(ResourceViewSet):
    """Keys by which programs call: write keys send events, secret keys use this API within their scopes."""

    resource, prefix = "keys", "key"
    filters = KeyFilter
    serializer_class = KeyRecord
    item_class, new_class, is_upsert, secret = KeyItem, NewKeyRecord, False, "key"
    can_fail = {"rotate": ("409",)}
    orderings = {"id": "pk"}
    rights = dict.fromkeys(("list", "retrieve", "create", "destroy", "rotate"), Right.MANAGE)

    def rows(self) -> QuerySet[Key]:
        return Key.objects.filter(workspace=self.access.workspace).select_related("created_by")

    def create(self, request: Request, workspace_id: str) -> Response:
        """A new key. What it is stands in this answer only."""
        item = KeyItem(data=request.data, context={"zone": self.access.workspace.zone})
        item.is_valid(raise_exception=True)
        return self.once(request, lambda: self._make(request, item.validated_data))

    def _make(self, request: Request, item: dict[str, Any]) -> Response:
        key, token = create_key(
            workspace=self.access.workspace,
            kind=KeyKind(item["kind"]),
            name=item["name"],
            by=cast(User, request.user),
            scopes=[Right(scope) for scope in item.get("scopes", (Right.READ, Right.WRITE))],
            expires_at=item.get("expiresAt"),
            allows_browsers=item.get("allowsBrowsers", False),
        )
        return _shown_once(key, token)

    def rotate(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """A new key like this one, which goes on working for 24 hours at most."""
        key = self.row(resource_id)
        return self.once(request, lambda: self._rotate(request, key))

    def _rotate(self, request: Request, key: Key) -> Response:
        try:
            return _shown_once(*rotate_key(key=key, by=cast(User, request.user)))
        except ValidationError as error:
            raise Conflict(error.messages[0]) from None

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Revoke the key: it works no more, and stays in the list."""
        key = self.row(resource_id)
        check_precondition(request, self.record(key))
        revoke_key(key=key, by=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown_once(key: Key, token: str) -> Response:
    key.key = token  # type: ignore[attr-defined]  # for this answer alone
    return Response(NewKeyRecord(key).data, status=status.HTTP_201_CREATED)
