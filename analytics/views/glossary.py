"""Every metric explained."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from analytics.metrics import METRICS


@login_required
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    return render(request, "metrics.html", {"metrics": METRICS.values()})
