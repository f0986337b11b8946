"""Unsubscribing from a scheduled email, without an account."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from analytics.addresses import hidden_value
from analytics.scheduled_emails import recipient_of_token, unsubscribe
from campaignos.errors import too_many_requests
from campaignos.limits import Limit

UNSUBSCRIBING = Limit("unsubscribing", times=120, seconds=60)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the address stops the email: by a button, or by one click in a mail program (RFC 8058), which posts.
    Looking changes nothing, for programs look at what stands in emails."""
    if UNSUBSCRIBING.is_reached(request):
        return too_many_requests(request)
    recipient = recipient_of_token(token)
    if recipient is None:
        raise Http404
    if request.method == "POST":
        unsubscribe(recipient=recipient, now=timezone.now())
    is_over = request.method == "POST" or recipient.unsubscribed_at is not None
    email = recipient.scheduled_email
    context = {"name": hidden_value(email.name), "workspace": email.workspace.name, "is_over": is_over}
    response = render(request, "shared/unsubscribe.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response
