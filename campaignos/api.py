"""The API's addresses. A trailing slash is optional and never a redirect."""

from collections.abc import Callable, Iterator
from typing import Any

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, include, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularSwaggerSplitView

from analytics.api.metrics import MetricsView
from analytics.api.questions.alerts import AlertChangesViewSet, AlertsViewSet
from analytics.api.questions.boards import BoardAnswerView, BoardsViewSet
from analytics.api.questions.saved_questions import SavedAnswerView, SavedQuestionsViewSet
from analytics.api.questions.scheduled_emails import ScheduledEmailsViewSet
from analytics.api.questions.share_links import ShareLinksViewSet
from analytics.api.reports.queries import query_view
from analytics.api.reports.view import file_of
from analytics.api.resources import bulk, viewsets
from analytics.api.resources.ab_tests import ABTestsViewSet, ArmView, AssignmentsViewSet
from analytics.api.resources.conversions import ConversionsViewSet
from analytics.api.resources.event_properties import EventPropertiesViewSet, EventTypesViewSet
from analytics.api.resources.funnels import FunnelsViewSet
from analytics.api.resources.joins import JoinsViewSet
from analytics.api.resources.key_drops import KeyDropView
from analytics.api.resources.notes import NotesViewSet
from analytics.api.resources.orders import OrdersViewSet
from analytics.api.resources.rates import RatesViewSet
from analytics.api.resources.removals import RemovalsViewSet
from analytics.api.resources.segments import SegmentsViewSet
from analytics.api.resources.webhook_endpoints import WebhookDeliveriesViewSet, WebhookEndpointsViewSet
from analytics.machines.http import mcp_endpoint
from analytics.registry import REPORTS, Endpoint
from campaignos.schema import openapi
from workspaces.api import ProofView, SessionView, WorkspacesView, WorkspaceView
from workspaces.resources import ResourceViewSet
from workspaces.team_api import InvitationsViewSet, KeysViewSet, MembersViewSet


def _route(pattern: str, view: Callable[..., Any], name: str) -> URLPattern:
    return re_path(rf"^{pattern}/?$", view, name=name)


@csrf_exempt
def unknown_address(request: HttpRequest) -> HttpResponse:
    """A 404, also for programs that post without a CSRF token: they would get a 403 otherwise."""
    raise Http404


_WORKSPACE = r"workspaces/(?P<workspace_id>[^/]+)"

_OF_LIST = {"get": "list", "post": "create"}
_OF_ROW = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}


def _resource(view: type[ResourceViewSet]) -> list[URLPattern]:
    """The addresses of a resource's list and of its rows, with the methods that it has."""
    return [
        _route(rf"{_WORKSPACE}/{view.resource}", view.as_view(_actions_of(view, _OF_LIST)), f"api-{view.resource}"),
        _route(rf"{_WORKSPACE}/{view.resource}\.csv", view.as_view({"get": "export"}), f"api-{view.resource}-csv"),
        _route(
            rf"{_WORKSPACE}/{view.resource}/(?P<resource_id>[^/]+)",
            view.as_view(_actions_of(view, _OF_ROW)),
            f"api-{view.resource}-row",
        ),
    ]


def _actions_of(view: type[ResourceViewSet], methods: dict[str, str]) -> dict[str, Any]:
    return {method: action for method, action in methods.items() if hasattr(view, action)}


_RESOURCES: tuple[type[ResourceViewSet], ...] = (
    MembersViewSet,
    InvitationsViewSet,
    KeysViewSet,
    FunnelsViewSet,
    SegmentsViewSet,
    NotesViewSet,
    SavedQuestionsViewSet,
    BoardsViewSet,
    ShareLinksViewSet,
    AlertsViewSet,
    AlertChangesViewSet,
    ScheduledEmailsViewSet,
    WebhookEndpointsViewSet,
    WebhookDeliveriesViewSet,
    EventTypesViewSet,
    EventPropertiesViewSet,
    *viewsets.RESOURCES,
    ABTestsViewSet,
    AssignmentsViewSet,
    OrdersViewSet,
    ConversionsViewSet,
    RatesViewSet,
    JoinsViewSet,
    RemovalsViewSet,
)


_docs = SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="api_docs.html")


def _report(endpoint: Endpoint) -> Iterator[URLPattern]:
    """As a file and asked by a body first: an identifier takes any text."""
    address = endpoint.place
    yield _route(f"{address}/query", query_view(endpoint.view).as_view(), f"{endpoint.name}-query")
    yield _route(rf"{address}\.csv", file_of(endpoint.view).as_view(), f"{endpoint.name}-csv")
    yield _route(address, endpoint.view.as_view(), endpoint.name)


urlpatterns = [
    _route(r"openapi\.yaml", openapi, "api-schema"),
    _route(r"docs", csp_update({"img-src": ["data:"]})(_docs), "api-docs"),  # Swagger's style sheet has its icons in it
    _route(r"metrics", MetricsView.as_view(), "api-metrics"),
    _route(r"mcp", mcp_endpoint, "api-mcp"),
    _route(r"session", SessionView.as_view(), "api-session"),
    _route(r"session/proof", ProofView.as_view(), "api-session-proof"),
    _route(r"workspaces", WorkspacesView.as_view(), "api-workspaces"),
    _route(_WORKSPACE, WorkspaceView.as_view(), "api-workspace"),
    _route(
        rf"{_WORKSPACE}/keys/(?P<resource_id>[^/]+)/rotate", KeysViewSet.as_view({"post": "rotate"}), "api-key-rotation"
    ),
    _route(rf"{_WORKSPACE}/keys/(?P<resource_id>[^/]+)/drop", KeyDropView.as_view(), "api-key-drop"),
    _route(
        rf"{_WORKSPACE}/webhook-deliveries/(?P<resource_id>[^/]+)/resend",
        WebhookDeliveriesViewSet.as_view({"post": "resend"}),
        "api-webhook-delivery-resend",
    ),
    _route(
        rf"{_WORKSPACE}/saved-questions/(?P<resource_id>[^/]+)/answer",
        SavedAnswerView.as_view(),
        "api-saved-question-answer",
    ),
    _route(rf"{_WORKSPACE}/boards/(?P<resource_id>[^/]+)/answer", BoardAnswerView.as_view(), "api-board-answer"),
    _route(rf"{_WORKSPACE}/ab-tests/(?P<resource_id>[^/]+)/arm", ArmView.as_view(), "api-ab-test-arm"),
    re_path(
        f"^{_WORKSPACE}/analytics",
        include([route for report in REPORTS for endpoint in report.endpoints for route in _report(endpoint)]),
    ),
    *(_route(rf"{_WORKSPACE}/{name}/bulk", view, f"api-{name}-bulk") for name, view in bulk.VIEWS.items()),
    *(route for view in _RESOURCES for route in _resource(view)),
]
