"""Where one can go in a workspace to see its data: what the shell, its settings and its keys lead to of this app."""

from enum import StrEnum

from workspaces.navigation import Destination, Help, KeyAct
from workspaces.roles import Right

KEPT_PARAMETERS = (
    "range", "from", "to", "compare", "compareFrom", "compareTo", "match", "interval", "opens",
    "where", "segment", "filter",
)  # fmt: skip
"""The parameters that go along from one report of a workspace to another: those that mean the same on each.

A list has days as well, but those of other things (signups, messages): they stay there.
"""


class Topic(StrEnum):
    """The groups of the navigation, in its order: each by what one asks there."""

    SUMMARY = "Summary"
    MESSAGES = "Messages"
    CONVERSIONS = "Conversions"
    PEOPLE = "People"


CAMPAIGN_LIST = Destination("campaigns", "All campaigns", "send")
"""A tab of the campaigns of a period."""
DATA = (
    Destination("contacts", "Contacts", "contact"),
    Destination("segments", "Segments", "users"),
    Destination("events", "Events", "activity", "e"),
)
SAVED = Destination("saved-questions", "Saved questions", "bookmark", words="kept share link")
BOARDS = Destination("boards", "Boards", "presentation", words="dashboard tiles")
SHARE_LINKS = Destination("settings-links", "Share links", "link", right=Right.MANAGE, words="embed public password")
NOTES = Destination("notes", "Notes", "pencil", words="annotation remark day")
"""Of the days that the summary is of."""
ALERTS = Destination("alerts", "Alerts", "triangle-alert", words="alarm notify threshold")
EMAILS = Destination("scheduled-emails", "Scheduled emails", "mail", words="mail newsletter briefing weekly subscribe")
ENDPOINTS = Destination("settings-endpoints", "Outgoing webhooks", "webhook", right=Right.MANAGE, words="alerts post")
PROPERTIES = Destination("settings-properties", "Event properties", "sliders-horizontal")
KEPT_DATA = Destination("settings-data", "Data retention", "calendar", right=Right.OWN, words="delete privacy days")
MONEY = Destination("settings-money", "Conversions and money", "chart-line", words="currency revenue purchase")
EXCHANGE_RATES = Destination("settings-rates", "Exchange rates", "repeat")
METRICS_HELP = Help("metrics_help", "Metrics explained", "circle-question-mark")
DROP = KeyAct(
    "key-drop",
    "Delete data …",
    description="Delete the data of {key} …",
    phrase="delete its data …",
    is_for=lambda key: key.allows_browsers,
)
