"""Pages and JSON are sent compressed; answers that show a lasting secret are not (docs/decisions/0023).

The length of a compressed answer tells, to whoever can see it and choose a part of the answer, whether that part occurs
in the rest (BREACH). So every compressed answer has a header of random length, as Django's middleware makes it, and no
answer is compressed that shows a key, a token or a code.
"""

import re

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

MIN_BYTES = 1000

_COMPRESSED_TYPE = re.compile(r"text/|application/(?:[\w.+-]*\+)?(?:json|xml|yaml)\b|image/svg")
_SHOWS_SECRETS = re.compile(r"/account/|/w/[^/]+/settings/webhooks/|/api/workspaces/[^/]+/(?:webhooks|keys)\b")


class CompressionMiddleware(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return super().process_response(request, response) if _is_compressed(request, response) else response


def _is_compressed(request: HttpRequest, response: HttpResponseBase) -> bool:
    if isinstance(response, FileResponse) or not _COMPRESSED_TYPE.match(response.get("Content-Type", "")):
        return False
    is_page = response["Content-Type"].startswith("text/html")
    if (is_page and request.method == "POST") or _SHOWS_SECRETS.match(request.path):
        return False  # new keys and links of invitations are in the answer to the form that made them
    return not isinstance(response, HttpResponse) or len(response.content) >= MIN_BYTES
