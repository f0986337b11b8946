"""What a sender may do to people, and how it names them: decided at the door, carried by each of its calls."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sender:
    """What whoever sends calls may do.

    `may_join_contacts`: an alias makes one of two contacts that are both known. `may_reserve_users`: an alias also
    holds for its previous id when that is seen later as a user's. `fills_only`: what is said of contacts fills what is
    empty, and changes nothing that is known. `names_provisionally`: a user id may be a device's that nobody is known
    behind yet, as PostHog's `distinct_id`; `joins_provisional`: an anonymous id may be such a one. `is_by_hand`: what
    was separated may be joined again. `browser_key` is the key by which anybody may send who has opened a page: what
    it sends is kept apart from what others do, by its ids, and can be dropped.
    """

    may_join_contacts: bool = False
    may_reserve_users: bool = True
    fills_only: bool = False
    names_provisionally: bool = False
    joins_provisional: bool = False
    is_by_hand: bool = False
    may_report_on_messages: bool = True
    browser_key: int | None = None


WRITE_KEY = Sender()
BROWSER = Sender(may_reserve_users=False, fills_only=True, may_report_on_messages=False)
TRUSTED = Sender(may_join_contacts=True)
"""A secret key or a member with the right to write, and the program itself."""

JOINS_NOBODY = Sender()
"""The sender of former ids: where one turns out to be a known contact's, the two stay apart."""

BY_HAND = Sender(may_join_contacts=True, may_reserve_users=False, is_by_hand=True)
