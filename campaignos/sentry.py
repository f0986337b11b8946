"""Reports of errors to Sentry, where the operator has set SENTRY_DSN and installed `sentry-sdk`."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from campaignos import __version__
from campaignos.logs import current_request_id, without_secrets


def report_errors(dsn: str, *, environment: str) -> None:
    """Errors only, and of them where they happened: no user, no body, no headers, no address, no local variables."""
    try:
        import sentry_sdk
    except ImportError:
        raise ImproperlyConfigured("SENTRY_DSN is set: install sentry-sdk==2.75.0, or leave it unset.") from None
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=f"campaignos-analytics@{__version__}",
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=without_data,
    )


def without_data(event: Any, hint: dict[str, Any]) -> Any:
    """With the id of the request, which the log and the answer have, too."""
    if request_id := current_request_id():
        event.setdefault("tags", {})["request_id"] = request_id
    event.pop("request", None)
    event.pop("user", None)
    for raised in event.get("exception", {}).get("values", []):
        raised["value"] = without_secrets(str(raised.get("value", "")))
    if "logentry" in event:  # a message with the request's address
        event["logentry"] = {"message": event["logentry"].get("message", "")}
    return event
