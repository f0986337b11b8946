"""What a chart shows, in a sentence: its caption, and what a screen reader says of it."""

from collections.abc import Sequence

from analytics.metrics import mean_units, rate
from analytics.money import Amount
from analytics.presentation.conditions import NO_NAMES, ConditionNames
from analytics.presentation.formats import amount_text, count, count_of, percent
from analytics.presentation.steps import quoted_step, step_phrase
from analytics.questions.fields import Subject
from analytics.reports.campaigns.credit import CampaignCredits
from analytics.reports.campaigns.detail import CampaignDetail
from analytics.reports.campaigns.one import CampaignReport
from analytics.reports.campaigns.side_by_side import CampaignsReport
from analytics.reports.credit.shares import CONVERSION
from analytics.reports.funnel.report import FunnelReport, StepTotals
from analytics.reports.revenue.ltv import LtvReport, payback
from analytics.statistics import FEW, leads


def furthest(report: FunnelReport, names: ConditionNames = NO_NAMES) -> str:
    """How many completed the funnel, and before which step most dropped off, where that is clear: of people whose
    window is over, for others may still go on."""
    first, last = report.steps[0], report.steps[-1]
    if not first.count:
        did = "did " if first.step.subject is Subject.EVENTS else ""
        return f"Nobody {did}{step_phrase(first.step, names)} in this period."
    share = percent(report.overall_conversion)
    if report.mature is not None and report.mature[0].count:
        over = rate(report.mature[-1].count, report.mature[0].count)
        share = f"{percent(over)} of those whose window is over"
    all_the_way = f"{count(last.count)} of {count(first.count)} people completed the funnel: {share}."
    if len(report.steps) == 1 or last.count == first.count:
        return all_the_way
    return " ".join(filter(None, (all_the_way, _worst_step(report.mature or report.steps, names))))


def _worst_step(steps: Sequence[StepTotals], names: ConditionNames) -> str:
    """Nothing where few dropped off: which step is worst is chance then."""
    worst, *others = sorted(steps[1:], key=lambda step: -step.dropoff)
    if worst.dropoff < FEW:
        return ""
    before = f"before {quoted_step(worst.step, names)}"
    if not others:
        return f"{count(worst.dropoff)} dropped off {before}."
    if leads(worst.dropoff, others[0].dropoff):
        return f"Most dropped off {before}: {count(worst.dropoff)}."
    other = f"before {quoted_step(others[0].step, names)} ({count(others[0].dropoff)})"
    return f"Most dropped off {before} ({count(worst.dropoff)}), or {other}: the difference may be chance."


def value_by_age(report: LtvReport, cost: int | None) -> str:
    """What each person is worth by the first and the last age that somebody has completed, and when it is the cost."""
    if not report.mean:
        return "No cohort has completed its first week yet."
    first, last = (amount_text(Amount(report.currency, of_age.value)) for of_age in (report.mean[0], report.mean[-1]))
    text = f"Each person is worth {first} after their first week, {last} by the end of week {report.mean[-1].age}."
    if cost is None:
        return text
    age, spent = payback(report.mean, cost), amount_text(Amount(report.currency, cost))
    back = f"The {spent} that they cost are back in week {age}" if age is not None else f"They cost {spent}"
    return f"{text} {back}."


def delivered_and_opened(report: CampaignReport, open_rate: str, click_rate: str) -> str:
    """`open_rate` and `click_rate` are the keys of the metrics shown: those of all opens, or of people's."""
    numbers = report.numbers
    if not numbers["messages_total"]:
        return "No messages of this campaign in this period."
    if not numbers["delivered"]:
        return f"None of {count_of(numbers['messages_total'], 'message', 'messages')} was delivered."
    opened, clicked = percent(numbers.value(open_rate)), percent(numbers.value(click_rate))
    delivered, messages = count(numbers["delivered"]), count_of(numbers["messages_total"], "message", "messages")
    return f"{delivered} of {messages} were delivered. Of those, {opened} were opened and {clicked} clicked."


def busiest_campaign(report: CampaignsReport) -> str:
    if not report.campaigns or not report.campaigns[0].numbers["messages_total"]:
        return "No campaign sent anything in this period."
    first = report.campaigns[0]
    return f"{first.name} sent the most messages: {count(first.numbers['messages_total'])}."


def best_campaign(report: CampaignsReport, credits: CampaignCredits) -> str:
    """What brought in most, and by what: how many conversions, and of how many recipients; or that none is ahead, where
    it has not more conversions than the next one by more than chance. Nothing without revenue."""
    earning = sorted(report.campaigns, key=lambda row: -credits.of(row.number).revenue)
    revenue = credits.of(earning[0].number).revenue if earning else 0
    if revenue <= 0:
        return ""
    best, found = earning[0], credits.of(earning[0].number)
    brought_in = f"{best.name} brought in most"
    if len(earning) > 1 and not leads(*(credits.of(row.number).credit // CONVERSION for row in earning[:2])):
        brought_in = f"No campaign is clearly ahead. The most revenue is that of {best.name}"
    amounts = [amount_text(Amount(credits.currency, units)) for units in (revenue, *_each(revenue, found.recipients))]
    conversions = f"{amounts[0]} from {found.credit / CONVERSION:,.2f} conversions"
    if not found.recipients:
        return f"{brought_in}: {conversions}."
    recipients = count_of(found.recipients, "recipient", "recipients")
    return f"{brought_in}: {conversions}, {amounts[1]} for each of {recipients}."


def _each(units: int, number: int) -> tuple[int, ...]:
    return (mean_units(units, number),) if number else ()


def since_sent(detail: CampaignDetail) -> str:
    """How soon half of those opened within the hours shown were opened."""
    last = detail.hours[-1]
    if not last.opened:
        return "Nothing was opened in the first three days."
    half = next(hour for hour in detail.hours if 2 * hour.opened >= last.opened)
    soon = "an hour" if half.hours <= 1 else f"{half.hours} hours"
    return (
        f"Half of the {count(last.opened)} messages opened in the first {last.hours} hours were opened within {soon}."
    )
