"""What every report page knows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from analytics.api import params
from analytics.metrics import Metric
from analytics.periods import Window
from campaignos.errors import ParameterError
from workspaces.access import page_membership
from workspaces.models import Membership, Workspace

RANGES = {
    "1d": "Today",
    "7d": "7 days",
    "28d": "28 days",
    "30d": "30 days",
    "91d": "91 days",
    "365d": "12 months",
}
DEFAULT_RANGE = "30d"


@dataclass
class Page:
    """What every report page knows: whose it is, which days it is about, and what of the address was not understood."""

    request: HttpRequest
    name: str
    membership: Membership
    now: datetime
    days: int
    notices: list[str]
    title: str
    metrics_named: dict[str, Metric] = field(default_factory=dict)
    ranges = RANGES

    @property
    def workspace(self) -> Workspace:
        return self.membership.workspace

    @property
    def window(self) -> Window:
        return Window.last_days(self.days, zone=self.workspace.zone, now=self.now)

    @property
    def range(self) -> str:
        return f"{self.days}d"

    @property
    def range_label(self) -> str:
        return RANGES.get(self.range, f"{self.days} days")

    @property
    def utc_offset(self) -> str:
        return self.now.astimezone(self.workspace.zone).isoformat()[-6:]

    def response(self, template: str = "", **context: Any) -> HttpResponse:
        shell = {"membership": self.membership, "nav": self.name, "title": self.title}
        with timezone.override(self.workspace.zone):
            return render(self.request, f"reports/{template or self.name}.html", {**shell, "page": self, **context})


def opened(request: HttpRequest, slug: str, name: str, title: str) -> Page:
    membership = page_membership(request, slug)
    given = request.GET.get("range", DEFAULT_RANGE)
    notices: list[str] = []
    try:
        days = params.period({"period": given})
    except ParameterError as error:
        days = params.period({})
        notices.append(f"range cannot be {given[:100]!r}; allowed: {error.allowed}. The default is shown.")
    return Page(
        request=request,
        name=name,
        title=title,
        membership=membership,
        now=timezone.now(),
        days=days,
        notices=notices,
    )
