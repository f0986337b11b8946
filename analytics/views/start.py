"""The way to the first event: a key, a snippet to copy, and a panel that shows what arrives; or demo data."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from analytics.destinations import DATA, Topic
from analytics.models import Contact, Event, IngestRemark, Message, RemarkKind
from analytics.sample import has_sample, load_sample, remove_sample
from analytics.views.page import Page, open_page
from analytics.views.remarks import fix
from campaignos.page_parameters import understands
from workspaces.access import page_membership
from workspaces.changes import create_key
from workspaces.models import KeyKind, User, Workspace
from workspaces.navigation import NAVIGATION
from workspaces.roles import Right

PLACEHOLDER = "YOUR_WRITE_KEY"
CLOCKS_DIFFER_BY = timedelta(days=1)
"""An event that arrives now may have occurred so much earlier; the time of receipt has no index."""

SNIPPETS: tuple[tuple[str, str, str], ...] = (
    (
        "curl",
        "",
        """curl {host}/v1/track -u {key}: \\
  -H 'Content-Type: application/json' \\
  -d '{{"userId": "user-1", "event": "signup"}}'""",
    ),
    (
        "Python",
        "pip install segment-analytics-python",
        """from segment.analytics.client import Client

client = Client("{key}", host="{host}")
client.track("user-1", "signup")
client.flush()""",
    ),
    (
        "Node",
        "npm install @segment/analytics-node",
        """import {{ Analytics }} from "@segment/analytics-node";

const client = new Analytics({{ writeKey: "{key}", host: "{host}" }});
client.track({{ userId: "user-1", event: "signup" }});
await client.closeAndFlush();""",
    ),
    (
        "RudderStack",
        "npm install @rudderstack/rudder-sdk-node",
        """import Analytics from "@rudderstack/rudder-sdk-node";

const client = new Analytics("{key}", {{ dataPlaneUrl: "{host}" }});
client.track({{ userId: "user-1", event: "signup" }});
client.flush();""",
    ),
    (
        "PostHog",
        "npm install posthog-node",
        """import {{ PostHog }} from "posthog-node";

const client = new PostHog("{key}", {{ host: "{host}" }});
client.capture({{ distinctId: "user-1", event: "signup" }});
await client.shutdown();""",
    ),
)
"""Name, how to install it, and a first event. The test suite runs each of these clients as it is."""

PAGE_SNIPPET = (
    "Web page",
    "npm install @segment/analytics-next",
    """import {{ AnalyticsBrowser }} from "@segment/analytics-next";

const settings = {{ apiKey: "{key}", apiHost: "{name}/v1", protocol: "{scheme}" }};
const analytics = AnalyticsBrowser.load({{
  writeKey: "{key}",
  cdnSettings: {{ integrations: {{ "Segment.io": settings }} }},
}});
analytics.page();""",
)
"""The snippet for a key for web pages. The other clients take such a key, too, with fewer rights."""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A POST makes a write key, for servers or `pages`, and shows it, this once, in the snippets."""
    page = open_page(request, slug, "start", "Send your first event")
    for_pages = "pages" in request.POST
    token = _new_key(page, cast(User, request.user), for_pages) if request.method == "POST" else None
    since = page.now if request.method == "POST" else None
    keys = page.workspace.keys.usable(page.now).filter(kind=KeyKind.WRITE)
    address = {"host": f"{request.scheme}://{request.get_host()}", "name": request.get_host(), "scheme": request.scheme}
    snippets = (PAGE_SNIPPET,) if token and for_pages else SNIPPETS if token else (*SNIPPETS, PAGE_SNIPPET)
    return page.response(
        "lists/start.html",
        token=token,
        for_pages=for_pages,
        keys=list(keys.order_by("-id")[:5]),
        may_manage=page.may(Right.MANAGE),
        may_write=page.may(Right.WRITE),
        snippets=[
            (name, install, text.format(key=token or PLACEHOLDER, **address), f"snippet-{number}")
            for number, (name, install, text) in enumerate(snippets)
        ],
        arrived=_newest_arrival(page, since),
        since=page.now.isoformat(),
        has_sample=has_sample(page.workspace),
        reports=[entry for topic in Topic for entry in dict(NAVIGATION)[topic] if entry not in DATA],
        webhooks_address=_webhooks_address(page),
    )


def _webhooks_address(page: Page) -> str:
    """The address of the page of webhooks, for those who may make some."""
    return page.address("settings-webhooks") if page.may(Right.MANAGE) else ""


def _new_key(page: Page, by: User, for_pages: bool) -> str:
    page_membership(page.request, page.workspace.slug, Right.MANAGE)
    name = "Web pages" if for_pages else "First events"
    return create_key(workspace=page.workspace, kind=KeyKind.WRITE, name=name, by=by, allows_browsers=for_pages)[1]


@login_required
@never_cache
@require_safe
@understands("since")
def first_arrived(request: HttpRequest, slug: str) -> HttpResponse:
    """What arrived since the instant asked for, as a piece of the page; 204 as long as there is nothing."""
    page = open_page(request, slug, "start", "Send your first event")
    arrived = _newest_arrival(page, _instant(request.GET.get("since", "")) or page.now)
    return page.response("lists/_arrived.html", arrived=arrived) if arrived else HttpResponse(status=204)


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


@dataclass(frozen=True)
class Arrival:
    """The newest of what arrived; `fix` tells what to do where it was refused."""

    what: str
    name: str
    at: datetime
    address: str
    fix: str = ""


def _newest_arrival(page: Page, since: datetime | None) -> Arrival | None:
    """The newest event, message or contact received since, or else what was last refused; None since ever is any.

    Up to four queries.
    """
    workspace = page.workspace
    if event := _newest(Event, workspace, "occurred_at", since):
        return Arrival("event", event.type, event.received_at, page.address("events"))
    if message := _newest(Message, workspace, "created_at", since):
        name = page.audience.text(message.external_id)
        return Arrival("message", name, message.received_at, page.address("messages"))
    if contact := _newest(Contact, workspace, "signed_up_at", since):
        name = page.audience.text(contact.label)
        return Arrival("contact", name, contact.received_at, page.address("contact", contact.api_id))
    refused = IngestRemark.objects.filter(workspace_id=workspace.pk, kind=RemarkKind.REJECTED)
    if since is not None:
        refused = refused.filter(received_at__gte=since)
    if remark := refused.order_by("-received_at").first():
        address = page.address("events", tab="rejected")
        return Arrival("rejected", remark.message, remark.received_at, address, fix(remark.code))
    return None


def _newest(model: Any, workspace: Workspace, instant: str, since: datetime | None) -> Any:
    rows = model.objects.filter(workspace_id=workspace.pk)
    if since is not None:
        rows = rows.filter(received_at__gte=since, **{f"{instant}__gte": since - CLOCKS_DIFFER_BY})
    return rows.order_by(f"-{instant}").first()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sample_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Loads demo data or, with `remove`, takes it away; without being posted, says what goes."""
    page = open_page(request, slug, "start", "Remove the demo data", Right.WRITE)
    workspace = page.workspace
    if request.method != "POST":
        return page.response("lists/remove_sample.html")
    if "remove" in request.POST:
        remove_sample(workspace=workspace)
        messages.success(request, "The demo data was removed. All numbers are as if it had never been loaded.")
        return redirect("start", slug)
    load_sample(workspace=workspace, now=timezone.now())
    messages.success(request, "The demo data is loaded: a made-up coffee shop's last 30 days.")
    return redirect("overview", slug)
