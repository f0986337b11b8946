"""How often somebody may try to log in: slow for who guesses, and no way to keep a user out.

Failures are counted for an account together with the network they come from (of IPv4 an address, of IPv6 a /64), so
that a stranger uses up a count of their own. A browser in which the user has logged in before has its own count,
wherever it is. All counts are in the database, for all processes.
"""

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from django.http import HttpRequest

from campaignos.limits import network_of
from workspaces.known_browsers import known_browser
from workspaces.models import User

RATES = {
    "log_ins": "30/m/ip",
    "log_ins_of_browser": "30/m/key",
    "failures_of_network": "10/m/ip",
    "failures_here": "5/5m/key",
    "failures_of_browser": "5/5m/key",
    "failures_anywhere": "1000/h/key",
    "codes": "5/5m/key",
    "codes_of_browser": "5/5m/key",
    "reset_mails": "5/10m/key",
}
LOCKED_SECONDS = 300
"""How long an account or network that failed too often has to wait at most."""


def may_log_in(request: HttpRequest, user: User | None) -> bool:
    """Counts an attempt; false if it is one too many from its network, or from a browser that the user is known in."""
    if browser := known_browser(request, user):
        return bool(_use(request, log_ins_of_browser=browser))
    return bool(_use(request, log_ins=""))


def use_failure(request: HttpRequest, email: str, user: User | None) -> list[RateLimitUsage]:
    """Counts a failed log-in before it is tried, to be taken back where it succeeds. Empty if there were too many.

    Guesses from very many networks at once are slowed down, too; that strikes only browsers that are not known.
    """
    if browser := known_browser(request, user):
        return _use(request, failures_of_browser=f"{browser} {email}")
    return _use(request, failures_of_network="", failures_here=_here(request, email), failures_anywhere=email)


def use_code(request: HttpRequest, user: User) -> list[RateLimitUsage]:
    """As `use_failure`, for a code after the password was right. Codes are short: unknown browsers have one count."""
    if browser := known_browser(request, user):
        return _use(request, codes_of_browser=f"{browser} {user.pk}")
    return _use(request, codes=str(user.pk))


def take_back(usages: list[RateLimitUsage]) -> None:
    for usage in usages:
        usage.rollback()


def forget_failures(request: HttpRequest, email: str) -> None:
    """Forgets the failures of somebody who has proved by mail that the account is theirs."""
    for action, key in (("failures_here", _here(request, email)), ("failures_anywhere", email)):
        ratelimit.clear(request, app=__name__, action=action, config=RATES, key=key)


def may_mail(request: HttpRequest, email: str) -> bool:
    """Counts a mail that anybody can have sent to the address; false if it is one too many."""
    return bool(_use(request, reset_mails=email))


def _use(request: HttpRequest, **keys: str) -> list[RateLimitUsage]:
    """One use of each of these counts; none where one of them is used up."""
    usages: list[RateLimitUsage] = []
    for action, key in keys.items():
        usage = ratelimit.consume(request, app=__name__, action=action, config=RATES, key=key)
        if usage is None:
            return []
        usages.append(usage)
    return usages


def _here(request: HttpRequest, email: str) -> str:
    return f"{email} {network_of(request)}"
