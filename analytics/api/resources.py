"""The resource API: campaigns to read, and all six resources to write in bulk."""

from collections.abc import Callable

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import ingest
from analytics.api.ingest import batch_items, outcome_body
from analytics.api.serializers import CampaignSerializer
from analytics.models import Campaign
from campaignos.errors import BodyError
from workspaces.access import SecretKeyAuthentication, SessionAuthentication, api_workspace
from workspaces.roles import Right


class ResourceView(APIView):
    authentication_classes = (SecretKeyAuthentication, SessionAuthentication)


class CampaignFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """Campaigns by status, by channel, and by a part of their name."""

    name = django_filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = Campaign
        fields = ["status", "channel", "name"]


class NewestFirst(CursorPagination):
    page_size = 50
    max_page_size = 200
    page_size_query_param = "pageSize"
    ordering = "-id"


class CampaignsView(ResourceView):
    """`{"results": [ … ], "next"}`, newest first; `next` is the address of the next page or null."""

    def get(self, request: Request, workspace_id: str) -> Response:
        workspace = api_workspace(request, workspace_id, Right.READ)
        rows: QuerySet[Campaign] = Campaign.objects.filter(workspace=workspace)
        found = CampaignFilter(request.query_params, queryset=rows)
        pages = NewestFirst()
        page: list[Campaign] | None = pages.paginate_queryset(found.qs, request, view=self)
        return Response({"results": CampaignSerializer(page, many=True).data, "next": pages.get_next_link()})


_Take = Callable[..., ingest.Outcome]

_TAKE: dict[str, _Take] = {
    "contacts": ingest.take_contacts,
    "campaigns": ingest.take_campaigns,
    "enrollments": ingest.take_enrolments,
    "messages": ingest.take_messages,
    "message-events": ingest.take_message_events,
    "events": ingest.take_events,
}


class BulkView(ResourceView):
    """`{"items": [ … ]}` of one resource, up to 1,000. A bad item never spoils the others."""

    def post(self, request: Request, workspace_id: str, resource: str) -> Response:
        workspace = api_workspace(request, workspace_id, Right.WRITE)
        if resource not in _TAKE:
            raise Http404
        received_at, source = timezone.now(), f"bulk/{resource}"
        try:
            items = _items(request)
        except BodyError as error:
            ingest.keep_refusal(workspace, error, source=source, received_at=received_at)
            raise
        outcome = _TAKE[resource](workspace, items, received_at=received_at)
        ingest.keep_remarks(workspace, outcome, items, source=source, received_at=received_at)
        return Response(outcome_body(outcome))


def _items(request: Request) -> list[object]:
    body = request.data
    if not isinstance(body, dict):
        raise BodyError("invalid_body", 'The body must be a JSON object {"items": [ … ]}.')
    return batch_items(body, "items")
