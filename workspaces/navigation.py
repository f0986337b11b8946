"""Where one can go inside a workspace: the entries of the shell's navigation. To add one, add it to NAVIGATION."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from workspaces.roles import RIGHTS, Right, Role


@dataclass(frozen=True)
class Destination:
    """An entry: `name` is that of an address with the workspace's slug as its only argument.

    `name` is also what a page gives the shell as `nav`; `right` is what a member needs to be shown it; `shortcut` is
    the key that leads to it after G. `has_days` says whether its address has days and comparisons that mean the same on
    each such page: those of a list are of other things (signups, messages), and stay there.
    """

    name: str
    label: str
    icon: str
    shortcut: str = ""
    right: Right = Right.READ
    has_days: bool = False

    def address(self, slug: str) -> str | None:
        """Where it leads in the workspace; None as long as nothing answers there."""
        try:
            return reverse(self.name, args=[slug])
        except NoReverseMatch:
            return None

    def is_for(self, role: str) -> bool:
        return self.right in RIGHTS[Role(role)]


NAVIGATION: tuple[tuple[str, tuple[Destination, ...]], ...] = (
    (
        "Reports",
        (
            Destination("overview", "Overview", "layout-dashboard", "o", has_days=True),
            Destination("campaign", "Campaign report", "megaphone", "c", has_days=True),
            Destination("timeseries", "Trends", "chart-line", "t", has_days=True),
            Destination("attribution", "Attribution", "signpost", "a", has_days=True),
            Destination("funnel", "Funnels", "funnel", "f", has_days=True),
            Destination("retention", "Retention", "repeat", "r", has_days=True),
        ),
    ),
    (
        "Data",
        (
            Destination("campaigns", "Campaigns", "send"),
            Destination("contacts", "Contacts", "contact"),
            Destination("events", "Events", "activity", "e"),
        ),
    ),
    ("Workspace", (Destination("settings", "Settings", "settings"),)),
)
"""The groups, each with its name for screen readers, in the order shown."""

SETTINGS = (
    Destination("settings", "General", "settings"),
    Destination("settings-members", "Members", "users"),
    Destination("settings-keys", "API keys", "key-round", right=Right.MANAGE),
    Destination("settings-webhooks", "Webhooks in", "webhook", right=Right.MANAGE),
    Destination("settings-audit", "Audit log", "activity", right=Right.MANAGE),
    Destination("settings-data", "Data kept", "calendar", right=Right.OWN),
    Destination("settings-delete", "Delete", "trash-2", right=Right.OWN),
)
"""The sections of a workspace's settings."""

ACCOUNT = (
    ("profile", "Profile", "contact"),
    ("account_email", "E-mail", "mail"),
    ("account_change_password", "Password", "key-round"),
    ("mfa_index", "Second factor", "shield"),
    ("sessions", "Sessions", "log-out"),
)
"""The pages of one's own account: name, label, icon."""
