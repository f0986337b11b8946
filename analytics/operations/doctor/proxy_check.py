"""Whether the site can be reached by its public address, and the proxy hands on what the program must know."""

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from analytics.operations.doctor.diagnosis import Diagnosis, problem, warning, well
from campaignos.environment import Environment

_NOBODY = "192.0.2.123"
"""An address of documentation, that nobody has: a visitor who claims it must not be believed."""
_SECONDS = 10


class _Away(Exception):
    """There was no answer that could be read; says why."""


def check_proxy(environment: Environment, address: str = "") -> Iterator[Diagnosis]:
    """`address` is the site's origin; without one, the first of CSRF_TRUSTED_ORIGINS."""
    origin = address or next(iter(environment["CSRF_TRUSTED_ORIGINS"]), "")
    if not origin:
        text = "The site's address is not known, so nothing was asked of its proxy."
        yield warning("proxy", text, "Name it: `manage.py doctor --address https://…`.")
        return
    site = urlsplit(origin)
    try:
        found = [*_what_is_seen(site, environment), *_what_is_closed(site)]
    except _Away as error:
        yield problem("proxy", f"{origin}: {error}.", "Start the server and its proxy, or correct the address.")
        return
    yield from found or [well("proxy", f"{origin} answers, and hands on scheme, host and visitor.")]


def _what_is_seen(site: SplitResult, environment: Environment) -> Iterator[Diagnosis]:
    claims = {"X-Forwarded-For": _NOBODY} | ({"X-Forwarded-Proto": "http"} if site.scheme == "https" else {})
    token = {"Authorization": f"Bearer {environment['METRICS_TOKEN']}"}
    status, body, _ = _get(site, "/healthz", claims | token)
    if status != 200:
        yield problem("proxy", f"/healthz answers {status}.", "ALLOWED_HOSTS must have its name; see the proxy's log.")
        return
    seen: Mapping[str, str] = json.loads(body).get("seen", {})
    if not seen:
        text = "What the program sees of a request is told to METRICS_TOKEN alone."
        yield warning("proxy", text, "Set METRICS_TOKEN, the same here as for the server.")
        return
    if seen["client"] == _NOBODY:
        yield problem(
            "proxy",
            "A visitor's own X-Forwarded-For is believed.",
            "Have the proxy set it to the address it sees, and TRUSTED_PROXIES to the number of proxies.",
        )
    if seen["scheme"] != site.scheme:
        text = f"The program takes {site.scheme} for {seen['scheme']}."
        yield problem("proxy", text, "Have the proxy set X-Forwarded-Proto to its $scheme; set HTTPS.")
    if seen["host"] != site.netloc:
        text = f"The program sees the host {seen['host']}, not {site.netloc}."
        yield problem("proxy", text, "Have the proxy hand on Host.")


def _what_is_closed(site: SplitResult) -> Iterator[Diagnosis]:
    for path in ("/readyz", "/metrics"):
        if (status := _get(site, path, {})[0]) != 404:
            text = f"Strangers can ask for {path}: it answers {status}."
            yield warning("proxy", text, f"Have the proxy answer {path} with 404.")
    if site.scheme == "https" and not _get(site, "/", {})[2].get("strict-transport-security"):
        yield problem("proxy", "Browsers are not told to stay with https.", "Set HTTPS=true.")


def _get(site: SplitResult, path: str, headers: Mapping[str, str]) -> tuple[int, bytes, Mapping[str, Any]]:
    """The status, the body and the headers; no redirect is followed. Raises _Away."""
    kind = http.client.HTTPSConnection if site.scheme == "https" else http.client.HTTPConnection
    connection = kind(site.netloc, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    except ssl.SSLCertVerificationError as error:
        raise _Away(f"its certificate is refused ({error.verify_message})") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Away(str(error) or type(error).__name__) from error
    finally:
        connection.close()
