"""What workspaces show of this app, registered there with its pages' addresses.

Not as the apps are ready: what reads a file beside an import has no use for reports and pages.
"""

from analytics.destinations import (
    DATA,
    DROP,
    EXCHANGE_RATES,
    KEPT_DATA,
    KEPT_PARAMETERS,
    METRICS_HELP,
    MONEY,
    PROPERTIES,
)
from analytics.registry import REPORTS
from analytics.views.cards import week_cards
from workspaces import cards, navigation
from workspaces.navigation import Destination

navigation.register_group(
    "Reports",
    *(
        Destination(
            report.name,
            report.label,
            report.icon,
            report.shortcut,
            keeps=KEPT_PARAMETERS,
            is_of_money=report.is_of_money,
        )
        for report in REPORTS
    ),
)
navigation.register_group("Data", *DATA)
navigation.register_section(MONEY, place=1)
navigation.register_section(EXCHANGE_RATES, place=2)
navigation.register_section(PROPERTIES)
navigation.register_section(KEPT_DATA)
navigation.HELP.append(METRICS_HELP)
navigation.KEY_ACTS.append(DROP)
cards.register(week_cards)
