"""Where one can go inside a workspace: the entries of the shell's navigation, and of the pages of settings and keys.

What stands here is of this app. Others register theirs as the program starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from workspaces.models import Key, Membership
from workspaces.roles import RIGHTS, Right, Role


@dataclass(frozen=True)
class Destination:
    """An entry: `name` is that of an address with the workspace's slug as its only argument.

    `name` is also what a page gives the shell as `nav`; `right` is what a member needs to be shown it; `shortcut` is
    the key that leads to it after G. `keeps` are the parameters of its address that mean the same on each page that
    keeps them, and go along to these. What `is_of_money` is there where a workspace's events say what they are worth.
    `words` are what else people call it, by which it is found. `tabs` are more pages of the same entry, shown beside
    its own; `tab` is what its own is called there, where not `label`.
    """

    name: str
    label: str
    icon: str
    shortcut: str = ""
    right: Right = Right.READ
    keeps: tuple[str, ...] = ()
    is_of_money: bool = False
    words: str = ""
    tab: str = ""
    tabs: tuple[Destination, ...] = ()

    @property
    def pages(self) -> tuple[Destination, ...]:
        return (self, *self.tabs)

    def address(self, slug: str) -> str | None:
        """Where it leads in the workspace; None as long as nothing answers there."""
        try:
            return reverse(self.name, args=[slug])
        except NoReverseMatch:
            return None

    def is_for(self, role: str) -> bool:
        return self.right in RIGHTS[Role(role)]


NAVIGATION: list[tuple[str, tuple[Destination, ...]]] = [
    ("Workspace", (Destination("settings", "Settings", "settings"),)),
]
"""The groups in the order shown, each with its name: above it in a wide window, but for the first and the last."""

SETTINGS = [
    Destination("settings", "General", "settings", words="name address time zone"),
    Destination("settings-members", "Members", "users", words="invite team role"),
    Destination("settings-keys", "API keys", "key-round", right=Right.MANAGE, words="create write secret token"),
    Destination("settings-webhooks", "Incoming webhooks", "webhook", right=Right.MANAGE),
    Destination("settings-audit", "Audit log", "activity", right=Right.MANAGE),
    Destination("settings-delete", "Delete workspace", "trash-2", right=Right.OWN),
]
"""The sections of a workspace's settings."""

ACCOUNT = (
    ("profile", "Profile", "contact"),
    ("account_email", "Email", "mail"),
    ("account_change_password", "Password", "key-round"),
    ("mfa_index", "Two-factor", "shield"),
    ("sessions", "Sessions", "log-out"),
)
"""The pages of one's own account: name, label, icon."""


@dataclass(frozen=True)
class Help:
    """A page that explains, for whoever is in a workspace. Its address has no arguments."""

    name: str
    label: str
    icon: str


HELP: list[Help] = []


@dataclass(frozen=True)
class KeyAct:
    """What can be done about a key besides ending it. Its address has the workspace's slug and the key's number.

    The texts hold the key's name as `{key}`; `phrase` is the label within a sentence.
    """

    name: str
    label: str
    description: str
    phrase: str
    is_for: Callable[[Key], bool]


KEY_ACTS: list[KeyAct] = []


@dataclass(frozen=True)
class Place:
    """A page that a member can go to: `part` is the part of the workspace, or of their account, that it belongs to."""

    label: str
    part: str
    address: str
    words: str = ""


def pages_of(membership: Membership) -> Iterator[Place]:
    """The entries of the navigation with their tabs, and the pages that explain."""
    workspace = membership.workspace
    for _, entries in NAVIGATION:
        for entry in entries:
            for page in entry.pages:
                is_shown = page.is_for(membership.role) and (workspace.tells_money or not page.is_of_money)
                if is_shown and (address := page.address(workspace.slug)):
                    yield Place(page.label, entry.label if page is not entry else "", address, page.words)
    yield from (Place(page.label, "Help", reverse(page.name)) for page in HELP)


def settings_of(membership: Membership) -> Iterator[Place]:
    """The sections of the settings that the member sees, and the pages of their account."""
    for section in SETTINGS:
        if section.is_for(membership.role) and (address := section.address(membership.workspace.slug)):
            yield Place(section.label, "", address, section.words)
    yield from (Place(label, "Your account", reverse(name)) for name, label, _ in ACCOUNT)


def register_group(name: str, *destinations: Destination) -> None:
    """Before the group of this app, which is the last."""
    NAVIGATION.insert(-1, (name, destinations))


def register_section(destination: Destination, *, place: int = -2) -> None:
    """A section of the settings; without a place before the last two, what was done and the workspace's deletion."""
    SETTINGS.insert(place, destination)
