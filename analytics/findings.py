"""What a chart shows, in a sentence: its caption, and what a screen reader says of it."""

from collections.abc import Sequence

from analytics.formats import count, day, percent
from analytics.metrics import rate
from analytics.reports.attribution import AttributionReport
from analytics.reports.campaign import CampaignReport
from analytics.reports.campaigns import CampaignsReport
from analytics.reports.cohorts import CohortsReport
from analytics.reports.funnel import FunnelReport
from analytics.reports.timeseries import DayTotals


def peak(series: Sequence[DayTotals], counted: str, label: str) -> str:
    """`Events peaked on Tue 12 May 2026 at 9,812.`"""
    highest = max(series, key=lambda row: getattr(row, counted))
    number = getattr(highest, counted)
    return (
        f"{label} peaked on {day(highest.day)} at {count(number)}." if number else f"No {label.lower()} in these days."
    )


def best_source(report: AttributionReport) -> str:
    if not report.sources:
        return "No event in these days says where it came from."
    best = report.sources[0]
    name = " / ".join(part for part in (best.source, best.medium, best.campaign) if part)
    share = percent(rate(best.total_events, report.total_attributed_events))
    return f"{name} brought the most: {count(best.total_events)} of the attributed events, {share}."


def furthest(report: FunnelReport) -> str:
    first, last = report.steps[0], report.steps[-1]
    if not first.count:
        return f"Nobody did {first.step} in these days."
    told = f"{count(last.count)} of {count(first.count)} people went all the way: {percent(report.overall_conversion)}."
    if len(report.steps) == 1 or last.count == first.count:
        return told
    worst = max(report.steps, key=lambda step: step.dropoff)
    return f"{told} Most were lost before {worst.step}: {count(worst.dropoff)}."


def retained(report: CohortsReport) -> str:
    if not report.weeks:
        return "No cohort has ended its first week yet."
    last = report.weeks[-1]
    return (
        f"{percent(report.weeks[0].retention_rate)} of the contacts were active in their first week, "
        f"{percent(last.retention_rate)} in week {last.week}."
    )


def delivered_and_opened(report: CampaignReport) -> str:
    messages = report.messages
    if not messages.total:
        return "No messages of this campaign in these days."
    return (
        f"Of {count(messages.total)} messages {count(messages.delivered)} were delivered; "
        f"of these {percent(messages.open_rate)} were opened and {percent(messages.click_rate)} clicked."
    )


def busiest_campaign(report: CampaignsReport) -> str:
    if not report.campaigns or not report.campaigns[0].messages.total:
        return "No campaign sent anything in these days."
    first = report.campaigns[0]
    return f"{first.name} sent the most: {count(first.messages.total)} messages."
