"""How far a campaign got, step by step, beside what is usual on its channel, and what that amounts to in a sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from analytics.lists import ListConditions, PeopleList, list_for
from analytics.metrics import Numbers, known_rate
from analytics.money import Amount
from analytics.presentation.campaigns.money import conversions_of
from analytics.presentation.charts import Chart, ChartKind
from analytics.presentation.formats import amount_text, inside_sentence, percent
from analytics.presentation.tables import Cell, Column, Kind, Row, Table
from analytics.presentation.tiles import Tile
from analytics.questions.questions import Question
from analytics.questions.slices import Slice
from analytics.reports.campaigns.credit import CampaignCredits
from analytics.reports.campaigns.outcomes import HowFar, OutcomeGroup
from analytics.reports.campaigns.usual import LEAST_CAMPAIGNS, UsualRates
from analytics.reports.credit.shares import CONVERSION

OUTCOMES = {
    HowFar.CLICKED: "Clicked",
    HowFar.OPENED: "Opened, not clicked",
    HowFar.DELIVERED: "Delivered, not opened",
    HowFar.NOT_DELIVERED: "Not delivered",
}
RUNGS = {
    "Delivered": ("delivered", "sent", "delivery_rate"),
    "Opened": ("opened", "delivered", "campaign_open_rate"),
    "Clicked": ("clicked", "delivered", "campaign_click_rate"),
}
"""By what they are called: the metric counted, what it is a share of, and the rate that this is."""


def ladder_chart(
    numbers: Numbers, credits: CampaignCredits | None, usual: UsualRates, question: Question, part: Slice, finding: str
) -> Chart:
    """`numbers` are the campaign's, with the opens and clicks that the question asks for."""
    columns = [
        Column("step", "Step"),
        Column("number", "Number", Kind.COUNT),
        Column("share", "Share", Kind.SHARE),
        Column("base", "Of"),
        Column("settled", "Within 3 days", Kind.SHARE),
        Column("usual", "Usual", Kind.SHARE),
    ]
    rows = [*_steps(numbers, usual, question, part), *(_conversion_steps(credits, usual, part) if credits else ())]
    drawn = "share", "settled", "usual"
    has_usual = any(row.value("usual") is not None for row in rows)
    table = Table("ladder", "How far it got", tuple(columns if has_usual else columns[:-2]), tuple(rows))
    return Chart(ChartKind.TICKS, "How far it got", table, drawn if has_usual else drawn[:1], finding)


def _steps(numbers: Numbers, usual: UsualRates, question: Question, part: Slice) -> Iterator[Row]:
    for name, (counted, base, metric) in RUNGS.items():
        shown, rate = question.shown_metric(counted), question.shown_metric(metric)
        yield Row(
            {
                "step": Cell(name),
                "base": Cell(base),
                "number": Cell(numbers[shown], list_for(shown, question.window, part)),
                "share": Cell(known_rate(numbers[shown], numbers[base])),
                "settled": Cell(usual.own_rate(rate)),
                "usual": Cell(usual.known_rate(rate)),
            }
        )


def _conversion_steps(credits: CampaignCredits, usual: UsualRates, part: Slice) -> Iterator[Row]:
    found = credits.of(part.campaign_id or 0)
    if not found.recipients:
        return
    credit = found.credit / CONVERSION
    number = int(credit) if credit.is_integer() else round(credit, 2)
    yield Row(
        {
            "step": Cell("Converted"),
            "base": Cell("recipients"),
            "number": Cell(number, conversions_of(credits, part.campaign_id or 0)),
            "share": Cell(credit / found.recipients),
            "settled": Cell(None),
            "usual": Cell(None if usual.is_too_early else usual.conversions),
        }
    )


def verdict(usual: UsualRates, question: Question, channel: str) -> str:
    """`Compared with the last 12 email campaigns within 3 days of sending: opens above the usual 33.0%, clicks not
    clearly different from the usual 7.1%.` Nothing where too few campaigns say what is usual."""
    if usual.campaigns < LEAST_CAMPAIGNS:
        return ""
    if usual.is_too_early:
        return "It is too early to compare it with others: opens and clicks come in for about three days."
    words = {1: "above the usual", 0: "not clearly different from the usual", -1: "below the usual"}

    def text(acts: str, metric: str) -> str:
        key = question.shown_metric(metric)
        return f"{acts} {words[usual.is_beyond(key)]} {percent(usual.rates[key])}"

    both = ", ".join((text("opens", "campaign_open_rate"), text("clicks", "campaign_click_rate")))
    others = f"{usual.campaigns} {inside_sentence(channel)} campaigns"
    return f"Compared with the last {others} within 3 days of sending: {both}."


def beside_usual(tile: Tile, usual: UsualRates) -> Tile:
    """A key figure of the campaign with what is usual of it, where that is known."""
    key = tile.metric.key
    if key in usual.rates:
        rate, own = usual.known_rate(key), usual.own_rate(key)
        if rate is None:
            return tile
        text = percent(rate) if own is None else f"{percent(rate)} within 3 days; here {percent(own)}"
        return replace(tile, usual=text)
    revenue = None if usual.is_too_early else usual.revenue
    if key == "revenue_per_recipient" and revenue is not None and isinstance(tile.value, Amount):
        return replace(tile, usual=amount_text(Amount(tile.value.currency, round(revenue))))
    return tile


def outcomes_table(outcomes: Mapping[HowFar, OutcomeGroup]) -> Table:
    """Each group of people opens its list, which has their addresses as a file."""
    are_counted = all(group.people is not None for group in outcomes.values())
    rows = tuple(
        Row(
            {
                "outcome": Cell(OUTCOMES[outcome]),
                "people": Cell(group.people if are_counted else "Open the list", _people_of(group)),
            }
        )
        for outcome, group in outcomes.items()
    )
    columns = Column("outcome", "How far"), Column("people", "People", Kind.COUNT if are_counted else Kind.TEXT)
    return Table("outcomes", "People by outcome", columns, rows)


def _people_of(group: OutcomeGroup) -> PeopleList:
    return PeopleList(conditions=ListConditions(group.condition))
