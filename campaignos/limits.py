"""How often an address may try: the doors that allauth does not guard."""

from dataclasses import dataclass
from time import monotonic

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.core.cache import caches
from django.http import HttpRequest


@dataclass(frozen=True)
class Limit:
    """How often an address (IPv6: a network) may do something in a period; counted by each process for itself.

    A count in the database would be exact, and would let anybody write to it at the price of a bad request.
    """

    name: str
    times: int
    seconds: int

    def is_reached(self, request: HttpRequest) -> bool:
        """Counts this request; true if it is one too many from its address."""
        return self.is_reached_of(network_of(request))

    def is_reached_of(self, counted: str) -> bool:
        """The same of something else than an address."""
        counts, period = caches["process"], int(monotonic()) // self.seconds
        key = f"limit:{self.name}:{counted}:{period}"
        counts.add(key, 0, self.seconds)
        return int(counts.incr(key)) > self.times


def network_of(request: HttpRequest) -> str:
    """The caller's IPv4 address, or the /64 of its IPv6 address: who has one address there has them all."""
    return str(truncate_ip(client_ip(request)))


def client_ip(request: HttpRequest) -> str:
    """The caller's address, as the proxies that TRUSTED_PROXIES counts tell it."""
    return str(get_adapter().get_client_ip(request))
