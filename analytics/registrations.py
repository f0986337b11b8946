"""What workspaces show and keep of this app, registered there as the program starts."""

from analytics.audited import DataAction
from analytics.destinations import DATA, DROP, KEPT, KEPT_DATA, METRICS_HELP
from analytics.registry import REPORTS
from analytics.views.cards import week_cards
from workspaces import cards, navigation
from workspaces.models.audit import register_actions
from workspaces.navigation import Destination

navigation.register_group(
    "Reports", *(Destination(report.name, report.label, report.icon, report.shortcut, keeps=KEPT) for report in REPORTS)
)
navigation.register_group("Data", *DATA)
navigation.register_section(KEPT_DATA)
navigation.HELP.append(METRICS_HELP)
navigation.KEY_ACTS.append(DROP)
cards.register(week_cards)
register_actions(DataAction)
