"""Requests to addresses that users name: only to public ones, so that nobody reads an inner network through us.

The name is resolved once, all that it leads to must be public, and the connection goes to just that address. Redirects
are not followed, and an answer's body is not read.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from urllib.parse import urlsplit

from django.conf import settings

SECONDS = 15
"""How long a request may take in all."""
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
"""All that is given out for the public: the rest is local, reserved, or holds an address of IPv4 for a translator."""
_TUNNELS = [ipaddress.IPv6Network(network) for network in ("2002::/16", "2001::/32")]
"""Of these, addresses that hold others of IPv4 in them."""


class RefusedAddress(ValueError):
    """Why nothing is sent there, in words for who named it."""


@dataclass(frozen=True)
class PostAnswer:
    """`status` is None where there was none; `problem` says why not."""

    status: int | None = None
    problem: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def check_outgoing(url: str) -> None:
    """Raises RefusedAddress for what is no address of https, or names an address that is not public. What a name leads
    to is looked up when something is sent."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise RefusedAddress("The port is no number.") from None
    if not parts.hostname or parts.username or parts.fragment or not url.isascii() or not url.isprintable():
        raise RefusedAddress("Give an address such as https://hooks.example.com/campaignos, without a user or a #.")
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        literal = None
    if literal is not None and not _may_reach(literal):
        raise RefusedAddress("This address is not public.")
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.WEBHOOK_NETWORKS):
        raise RefusedAddress("The address begins with https://.")
    if port == 0:
        raise RefusedAddress("The port is no number.")


def post(url: str, body: bytes, headers: Mapping[str, str]) -> PostAnswer:
    """Posts once. Whatever goes wrong is in the answer."""
    try:
        check_outgoing(url)
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        connection = _connection(parts.scheme, host, port)
    except (RefusedAddress, OSError, UnicodeError) as error:
        return PostAnswer(problem=_words(error))
    timer = Timer(SECONDS, _stop, [connection])
    timer.daemon = True
    timer.start()
    try:
        connection.request("POST", _target(url), body=body, headers={**headers, "Connection": "close"})
        return PostAnswer(connection.getresponse().status)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return PostAnswer(problem=_words(error))
    finally:
        timer.cancel()
        connection.close()


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _connection(scheme: str, host: str, port: int) -> http.client.HTTPConnection:
    """Not yet open."""
    address = public_address(host, port, plain=scheme == "http")
    if scheme == "http":
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    else:
        connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())

    def create(_: object, timeout: float, source: object) -> socket.socket:
        return socket.create_connection((address, port), timeout)

    connection._create_connection = create  # type: ignore[attr-defined]  # the certificate is still checked by the name
    return connection


def public_address(host: str, port: int, *, plain: bool = False) -> str:
    """What the name leads to. Raises RefusedAddress where any of it is not public, OSError where it leads nowhere.

    Without encryption, only what WEBHOOK_NETWORKS name.
    """
    found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for text in found:
        address = ipaddress.ip_address(str(text).partition("%")[0])
        if not _may_reach(address) or (plain and not _is_named(address)):
            raise RefusedAddress("The name leads to an address that is not public.")
    return str(found[0])


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _may_reach(address: _Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    if _is_named(address):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        is_given_out = address in _PUBLIC_IPV6 and not any(address in network for network in _TUNNELS)
        return address.is_global and is_given_out
    return address.is_global and not address.is_multicast


def _is_named(address: _Address) -> bool:
    networks = [ipaddress.ip_network(network) for network in settings.WEBHOOK_NETWORKS]
    return any(address in network for network in networks if network.version == address.version)


def _stop(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _words(error: BaseException) -> str:
    """Never what the other side said."""
    match error:
        case RefusedAddress():
            return str(error)
        case socket.gaierror() | UnicodeError():
            return "The name leads nowhere."
        case ssl.SSLError():
            return "Its certificate or encryption is not right."
        case TimeoutError():
            return f"It did not answer within {SECONDS} seconds."
        case ConnectionRefusedError():
            return "Nothing listens there."
    return "The connection broke."
