"""Whose mailboxes an email address is one of: what a provider does, it does to all of its domains alike."""

from collections.abc import Mapping
from functools import lru_cache

_DOMAINS = {
    "google": "gmail.com googlemail.com",
    "microsoft": "msn.com passport.com windowslive.com",
    "yahoo": "ymail.com rocketmail.com myyahoo.com aol.com aim.com",
    "apple": "icloud.com me.com mac.com",
    "gmx": "web.de email.de",
}
_NAMES = {"outlook": "microsoft", "hotmail": "microsoft", "live": "microsoft", "yahoo": "yahoo", "gmx": "gmx"}
"""What stands before the country, as in `hotmail.co.uk`."""
MAILBOX_GROUPS = {
    "google": "Google",
    "microsoft": "Microsoft",
    "yahoo": "Yahoo and AOL",
    "apple": "Apple",
    "gmx": "GMX and web.de",
}
"""What the providers are called that have several domains."""
_GROUPS: Mapping[str, str] = {domain: group for group, domains in _DOMAINS.items() for domain in domains.split()}


def mailbox_group(email: str) -> str | None:
    """`google`, `microsoft`, `yahoo`, `apple`, `gmx` (with web.de), or else the domain; None without an address."""
    _, at, domain = email.rpartition("@")
    return _group(domain.rstrip().lower()) if at else None


@lru_cache(maxsize=10_000)
def _group(domain: str) -> str | None:
    if not domain:
        return None
    name, _, rest = domain.partition(".")
    is_of_country = 0 < len(rest) <= len("com.br")
    return _GROUPS.get(domain) or (_NAMES.get(name) if is_of_country else None) or domain
