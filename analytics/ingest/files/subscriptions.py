"""Whether a contact wants emails, in the words of the tools that say so."""

import re
from enum import StrEnum


class Subscription(StrEnum):
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    UNCONFIRMED = "unconfirmed"
    NEVER = "never subscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


_WORDS = {
    Subscription.SUBSCRIBED: "subscribed active enabled optedin optin yes true 1 confirmed marketing accepted allowed",
    Subscription.UNSUBSCRIBED: "unsubscribed inactive disabled blocklisted blacklisted optedout optout cancelled "
    "canceled no false 0 unsubscribe donotcontact suppressed usersuppressed archived blocked",
    Subscription.UNCONFIRMED: "unconfirmed pending notconfirmed doubleoptin waiting",
    Subscription.NEVER: "neversubscribed nonsubscribed notsubscribed transactional nonmarketing notset",
    Subscription.BOUNCED: "bounced cleaned hardbounced hardbounce bounce invalid invalidemail undeliverable",
    Subscription.COMPLAINED: "complained complaint spam spamcomplaint markedasspam junk",
}
_BY_WORD = {word: state for state, words in _WORDS.items() for word in words.split()}


_OF_TOOLS = {
    "Kit": {"cold": Subscription.SUBSCRIBED, "inactive": Subscription.UNCONFIRMED},
}
"""Words that mean something else in a tool, or nothing elsewhere."""
_OF_WILL = (Subscription.UNSUBSCRIBED, Subscription.COMPLAINED)
"""What people said themselves, which counts before what became of an address."""


def subscription_of(text: str, tool: str = "") -> Subscription | None:
    """None for a word that is not known."""
    word = re.sub(r"[\W_]", "", text).lower()
    return _OF_TOOLS.get(tool, {}).get(word) or _BY_WORD.get(word)


def state_of_suppressed(text: str) -> Subscription:
    """Of whom emails are kept from, by the reason: by any other than unsubscribing and complaining the address bounced.

    Tools give the provider's words, a list of their own, or when it was.
    """
    states = {subscription_of(reason) for reason in re.split(r"[,;|]", text)}
    return next((state for state in _OF_WILL if state in states), Subscription.BOUNCED)
