"""Who was joined to whom over the API: joining two contacts, and parting them again."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.filters.base import WorkspaceListFilter
from analytics.api.filters.catalogue import same_contacts
from analytics.api.resources.viewsets import DataViewSet
from analytics.ingest.edits import people_held
from analytics.ingest.fields import MAX_ID_LENGTH
from analytics.ingest.outcome import ItemError
from analytics.ingest.people.joins import join_contacts, undo_join
from analytics.ingest.references import contacts_by_external_id
from analytics.lists.joins import JoinedPerson, joined_people, joins
from analytics.lists.people import roots
from analytics.models import Contact, Join, JoinCause
from campaignos.conditional import answer, check_precondition
from campaignos.errors import Conflict, FieldsError
from campaignos.filters import ReferenceFilter, Row
from campaignos.strict import StrictSerializer
from workspaces.access import caller


class JoinRecord(serializers.Serializer[JoinedPerson]):
    id = serializers.CharField(source="api_id", help_text="Such as join_1.")
    kind = serializers.ChoiceField(["contact", "device"], help_text="What was joined to the contact.")
    contactId = serializers.CharField(source="contact.api_id", help_text="The contact that stays, such as ct_1.")
    contact = serializers.CharField(source="contact.external_id", help_text="Its externalId.")
    joinedId = serializers.CharField(
        source="gone.api_id", default=None, allow_null=True, help_text="The contact that was joined; null for a device."
    )
    ids = serializers.ListField(
        child=serializers.CharField(), help_text="The ids, of users or devices, that led to whom was joined."
    )
    cause = serializers.ChoiceField(
        [cause.name.lower() for cause in JoinCause], help_text="What joined them; `member` is by hand or over this API."
    )
    joinedAt = serializers.DateTimeField(
        source="joined_at", allow_null=True, help_text="When it was said; null if that was not kept."
    )
    receivedAt = serializers.DateTimeField(source="received_at", allow_null=True, help_text="When it was received.")


class JoinItem(StrictSerializer):
    """Two contacts that are the same person."""

    contact = serializers.CharField(max_length=MAX_ID_LENGTH, help_text="The externalId of the contact that stays.")
    joined = serializers.CharField(
        max_length=MAX_ID_LENGTH, help_text="The externalId of the contact that turned out to be the same person."
    )


class JoinFilter(WorkspaceListFilter):
    contact = ReferenceFilter(method="of_contact", prefix="ct", help_text="What was joined to this contact.")

    def of_contact(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        numbers = [contact.person_number for contact in same_contacts(self.workspace, value)]
        return rows.filter(gone__in=list(roots(self.workspace, numbers)))


class JoinsViewSet(DataViewSet):
    """Devices and contacts that turned out to be another contact, and are counted as one person with it.

    Each can be undone: then both are counted by themselves again, all reports follow, and no call joins them again.
    """

    resource, prefix = "joins", "join"
    filters = JoinFilter
    serializer_class = JoinRecord
    item_class, new_class, is_upsert = JoinItem, JoinRecord, False
    can_fail = {"create": ("409",)}
    orderings = {"id": "gone"}

    def rows(self) -> QuerySet[Join]:
        return joins(self.access.workspace)

    def row(self, resource_id: str) -> Join:
        number = self.key(resource_id)
        join = None if number is None else self.rows().filter(gone=number).first()
        if join is None:
            raise Http404
        return join

    def records(self, rows: Any) -> list[dict[str, Any]]:
        return super().records(joined_people(self.access.workspace, rows))  # type: ignore[arg-type]

    def create(self, request: Request, workspace_id: str) -> Response:
        """Make one contact of two. The one that stays takes what it has not itself; what was sent is not changed."""
        item = JoinItem(data=request.data)
        item.is_valid(raise_exception=True)
        return self.once(request, lambda: self._create(request, item.validated_data))

    def _create(self, request: Request, item: dict[str, str]) -> Response:
        with people_held(self.access.workspace):
            kept, gone = (self._contact(item, name) for name in ("contact", "joined"))
            if kept == gone:
                raise Conflict("The two are one contact already.")
            try:
                join = join_contacts(
                    self.access.workspace, gone=gone, kept=kept, by=caller(request), now=timezone.now()
                )
            except ItemError as error:
                raise Conflict(str(error)) from None
        return answer(request, self.record(join), status_code=status.HTTP_201_CREATED)

    def _contact(self, item: dict[str, str], name: str) -> Contact:
        """The contact that the id is known as now. Raises FieldsError."""
        contacts = contacts_by_external_id(self.access.workspace.pk, [item[name]])
        if item[name] not in contacts:
            message = f"There is no contact with the externalId {item[name]!r}."
            raise FieldsError("unknown_contact", message, {name: [message]})
        return contacts[item[name]]

    def destroy(self, request: Request, workspace_id: str, resource_id: str) -> Response:
        """Undo the join. What happened stays with whom it happened to; each contact shows what was said of it."""
        with people_held(self.access.workspace):
            join = self.row(resource_id)
            check_precondition(request, self.record(join))
            undo_join(self.access.workspace, gone=join.gone, by=caller(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
