"""What workspaces show of this app, registered there with its pages' addresses.

Not as the apps are ready: what reads a file beside an import has no use for reports and pages.
"""

from analytics.destinations import (
    ALERTS,
    BOARDS,
    CAMPAIGN_LIST,
    DATA,
    DROP,
    EMAILS,
    ENDPOINTS,
    EXCHANGE_RATES,
    KEPT_DATA,
    KEPT_PARAMETERS,
    METRICS_HELP,
    MONEY,
    NOTES,
    PROPERTIES,
    SAVED,
    SHARE_LINKS,
    Topic,
)
from analytics.registry import REPORTS, Report
from analytics.views.cards import week_cards
from workspaces import cards, navigation
from workspaces.navigation import Destination

BESIDE_REPORTS = {Topic.SUMMARY: (BOARDS, SAVED, NOTES, ALERTS, EMAILS), Topic.PEOPLE: DATA}
TABS_OF_LISTS = {"campaign": (CAMPAIGN_LIST,)}


def _entry(report: Report) -> Destination:
    of_reports = (_entry(other) for other in REPORTS if other.tab_of == report.name)
    return Destination(
        report.name,
        report.label,
        report.icon,
        report.shortcut,
        keeps=KEPT_PARAMETERS,
        is_of_money=report.is_of_money,
        tab=report.tab,
        tabs=(*of_reports, *TABS_OF_LISTS.get(report.name, ())),
    )


for topic in Topic:
    reports = (_entry(report) for report in REPORTS if report.topic is topic and not report.tab_of)
    navigation.register_group(topic, *reports, *BESIDE_REPORTS.get(topic, ()))
navigation.register_section(MONEY, place=1)
navigation.register_section(EXCHANGE_RATES, place=2)
navigation.register_section(ENDPOINTS)
navigation.register_section(PROPERTIES)
navigation.register_section(SHARE_LINKS)
navigation.register_section(KEPT_DATA)
navigation.HELP.append(METRICS_HELP)
navigation.KEY_ACTS.append(DROP)
cards.register(week_cards)
