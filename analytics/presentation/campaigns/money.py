"""What campaigns bring, as columns and key figures: conversions, what they are worth, and that by recipient."""

from collections.abc import Mapping
from dataclasses import replace

from analytics.lists import ConversionList
from analytics.metrics import METRICS, Numbers
from analytics.money import Amount
from analytics.presentation.money import MoneyGap, shown_number
from analytics.presentation.tables import Cell, Column, Kind
from analytics.presentation.tiles import Tile, why_link
from analytics.reports.answers import Answer
from analytics.reports.campaigns.credit import CampaignCredits, change_of_campaign
from analytics.reports.credit.conversion_paths import ConversionChoice, TouchMatch
from analytics.reports.credit.shares import CONVERSION

CREDIT_METRICS = {"conversions": "credit", "revenue": "credited_revenue", "rpr": "revenue_per_recipient"}
"""By the names of columns, as addresses have them, what they show."""
CREDIT_COLUMNS = (
    Column("conversions", "Conversions", Kind.CREDIT, "credit"),
    Column.of("credited_revenue", key="revenue", label="Revenue"),
    Column.of("revenue_per_recipient", key="rpr", label="Revenue per recipient"),
)


def credit_columns(credits: CampaignCredits) -> tuple[Column, ...]:
    return tuple(replace(each, currency=credits.currency if each.kind is Kind.MONEY else "") for each in CREDIT_COLUMNS)


def known_credit_columns(credits: CampaignCredits) -> tuple[Column, ...]:
    """Without money, conversions alone."""
    return tuple(each for each in credit_columns(credits) if credits.has_money or each.kind is not Kind.MONEY)


def credit_cells(credits: CampaignCredits, campaign_id: int) -> Mapping[str, Cell]:
    """By the keys of the columns."""
    opens = conversions_of(credits, campaign_id)
    cells = {key: Cell(_value(credits, campaign_id, metric), opens) for key, metric in CREDIT_METRICS.items()}
    return {**cells, "rpr": replace(cells["rpr"], opens=None)}


def credit_changes(answer: Answer[CampaignCredits], campaign_id: int) -> Mapping[str, Cell]:
    """By the keys of the columns of changes."""
    return {
        f"{key}_change": Cell(change_of_campaign(answer, campaign_id, metric), why=why_link(metric, campaign_id))
        for key, metric in CREDIT_METRICS.items()
    }


def credit_tiles(credits: CampaignCredits, campaign_id: int) -> tuple[Tile, ...]:
    """Without money, conversions alone."""
    opens = conversions_of(credits, campaign_id)
    return tuple(
        Tile(
            METRICS[column.metric],
            _value(credits, campaign_id, column.metric),
            opens=None if column.key == "rpr" else opens,
        )
        for column in known_credit_columns(credits)
    )


def credit_gaps(credits: CampaignCredits) -> tuple[MoneyGap, ...]:
    """What should be known of the amounts of all campaigns."""
    if not credits.has_money:
        return ()
    of_all = ConversionList(credits.window, credits.rule)
    without_amount = replace(of_all, choice=ConversionChoice(without_amount=True))
    assumed = replace(of_all, choice=ConversionChoice(currency_assumed=True))
    gaps = [
        MoneyGap(Amount(currency, units), "left out, without an exchange rate", None)
        for currency, units in credits.other_currencies.items()
    ]
    gaps.append(MoneyGap(credits.without_amount, "missing, not stated by the conversion", without_amount))
    gaps.append(MoneyGap(credits.assumed_currency, f"without a currency, taken for {credits.currency}", assumed))
    return tuple(gap for gap in gaps if gap.events)


def conversions_of(credits: CampaignCredits, campaign_id: int) -> ConversionList:
    """The conversions in which touches of a campaign took part."""
    choice = ConversionChoice(touch=TouchMatch(campaign_id=campaign_id))
    return ConversionList(credits.window, credits.rule, choice)


def _value(credits: CampaignCredits, campaign_id: int, metric: str) -> int | float | Amount | None:
    found = credits.of(campaign_id)
    if metric == "credit":
        return found.credit / CONVERSION
    numbers = Numbers(credited_revenue=found.revenue, recipients=found.recipients)
    return shown_number(numbers, metric, credits.currency)
