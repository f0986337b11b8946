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
    "canceled no false 0 unsubscribe donotcontact suppressed archived blocked",
    Subscription.UNCONFIRMED: "unconfirmed pending notconfirmed doubleoptin waiting",
    Subscription.NEVER: "neversubscribed nonsubscribed notsubscribed transactional nonmarketing notset",
    Subscription.BOUNCED: "bounced cleaned hardbounced bounce invalid undeliverable",
    Subscription.COMPLAINED: "complained complaint spam markedasspam junk",
}
_BY_WORD = {word: state for state, words in _WORDS.items() for word in words.split()}


_OF_TOOLS = {
    "Kit": {"cold": Subscription.SUBSCRIBED, "inactive": Subscription.UNCONFIRMED},
}
"""Words that mean something else in a tool, or nothing elsewhere."""


def subscription_of(text: str, tool: str = "") -> Subscription | None:
    """None for a word that is not known."""
    word = re.sub(r"[\W_]", "", text).lower()
    return _OF_TOOLS.get(tool, {}).get(word) or _BY_WORD.get(word)
