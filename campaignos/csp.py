"""Where browsers tell what the Content-Security-Policy kept them from doing."""

import json
import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from campaignos.limits import Limit

logger = logging.getLogger(__name__)

LARGEST_REPORT = 8 * 1024
LONGEST_FIELD = 200
FIELDS = ("effective-directive", "blocked-uri", "document-uri", "source-file", "line-number")
REPORTS = Limit("csp-reports", times=20, seconds=60)


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Logs a browser's report, a bounded one and a bounded number of them; always 204, for nobody reads the answer."""
    if not REPORTS.is_reached(request) and (report := _report(request.read(LARGEST_REPORT + 1))):
        logger.warning("Content-Security-Policy violation: %s", json.dumps(report))
    return HttpResponse(status=204)


def _report(body: bytes) -> dict[str, str] | None:
    """What is worth logging, without query strings: they may hold what is nobody's business."""
    try:
        report = json.loads(body)["csp-report"] if len(body) <= LARGEST_REPORT else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(report, dict):
        return None
    return {name: str(report[name]).partition("?")[0][:LONGEST_FIELD] for name in FIELDS if name in report}
