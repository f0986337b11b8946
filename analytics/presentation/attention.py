"""What needs somebody's attention, in words, each with the one thing to do next."""

from dataclasses import dataclass

from analytics.presentation.formats import count, count_of, day, percent
from analytics.presentation.tables import Link
from analytics.questions.questions import SETTLED_DAYS
from analytics.reports.attention import (
    Concern,
    EndedCampaign,
    EndedTest,
    FallenClicks,
    HighHarm,
    RejectedItems,
    Silence,
)

_HARMS = {
    "bounce_share": ("{} sent messages bounced", "See why they bounced"),
    "complaint_rate": ("{} delivered messages were reported as spam", "See the campaign"),
    "unsubscribe_rate": ("recipients of {} delivered messages unsubscribed", "See the campaign"),
}
_SILENT = {"events": "event has come in", "messages_total": "message has been sent"}


@dataclass(frozen=True)
class Attention:
    """Something a marketer should look at, and where: `action` says what the link is for."""

    text: str
    link: Link
    action: str


def attention_of(concern: Concern) -> Attention:
    match concern:
        case HighHarm(campaign, limit):
            text, action = _HARMS[limit.metric]
            harm = text.format(f"{percent(concern.share)} of {count(concern.base)}")
            limit_text = f"The limit is {percent(limit.over).replace('.0%', '%')}."
            link = Link("campaign", {"campaign": campaign.id})
            return Attention(f"{campaign.name}: {harm}. {limit_text}", link, action)
        case FallenClicks(now, before):
            of = f"of delivered messages, those at least {SETTLED_DAYS} days old"
            text = f"The click rate fell from {percent(before)} to {percent(now)} {of}."
            return Attention(text, Link("campaign"), "Compare the campaigns")
        case Silence(metric, since):
            text = f"No {_SILENT[metric]} since {day(since)}."
            if metric == "events":
                return Attention(text, Link.to("settings-keys"), "See when keys were last used")
            return Attention(text, Link.to("campaigns"), "See all campaigns")
        case RejectedItems(number):
            text = f"Of what was sent in, {count_of(number, 'item was', 'items were')} rejected."
            return Attention(text, Link.to("events", tab="rejected"), "See why, and what to do")
        case EndedTest(test_id, name, ended):
            return Attention(
                f"The A/B test {name} ended on {day(ended)}.",
                Link.to("experiments", test=test_id),
                "See what it decided",
            )
        case EndedCampaign(campaign_id, name, ended):
            link = Link("campaign", {"campaign": campaign_id})
            return Attention(f"{name} ended on {day(ended)}.", link, "See how it did")
