"""Where the site is reached, for what goes out without a request: mails and webhooks."""

from django.conf import settings


def site_address(path: str = "") -> str:
    """The whole address of a path: of the first of CSRF_TRUSTED_ORIGINS, else of the first of ALLOWED_HOSTS."""
    if settings.CSRF_TRUSTED_ORIGINS:
        return f"{settings.CSRF_TRUSTED_ORIGINS[0]}{path}"
    host = next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost")
    return f"http{'s' if settings.HTTPS else ''}://{host}{path}"
