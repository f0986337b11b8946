"""What stands above a campaign's numbers: what its messages say of themselves in an inbox, and when they went to how
many."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from analytics.lists import ListConditions, MessageList, PeopleList
from analytics.periods import Window
from analytics.presentation.formats import days
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import AllOf, Did, MessageAct
from analytics.questions.questions import CampaignQuestion
from analytics.questions.slices import Slice
from analytics.reports.campaigns.one import CampaignName
from analytics.reports.campaigns.outcomes import HowFar, OutcomeGroup
from analytics.reports.campaigns.sends import CampaignSends

_REACHED = (HowFar.CLICKED, HowFar.OPENED, HowFar.DELIVERED)


@dataclass(frozen=True)
class CampaignHead:
    """`sent` are the days; `messages` and `people`, those who were delivered to, are of the whole campaign, and open
    their lists. None where nothing is sent, or where people are not counted."""

    subject: str
    preview: str
    sent: str
    messages: int | None
    opens_messages: MessageList | None
    people: int | None
    opens_people: PeopleList


def campaign_head(
    name: CampaignName,
    sends: CampaignSends | None,
    outcomes: Mapping[HowFar, OutcomeGroup],
    question: CampaignQuestion,
    masked: Callable[[str], str],
) -> CampaignHead:
    """`outcomes` are those of the page; of some people they say nothing of the whole. `masked` hides addresses."""
    reached = MessageAct("delivered", question.campaign_id)
    return CampaignHead(
        subject=masked(name.subject),
        preview=masked(name.preview_text),
        sent="" if sends is None else days(sends.first_day, sends.last_day),
        messages=None if sends is None else sends.messages,
        opens_messages=None if sends is None else _messages(sends, question),
        people=None if question.part.has_conditions else _people(outcomes),
        opens_people=PeopleList(conditions=ListConditions(canonical(Did(reached, AllOf())))),
    )


def _messages(sends: CampaignSends, question: CampaignQuestion) -> MessageList:
    window = Window.between(sends.first_day, sends.last_day, zone=question.window.zone)
    return MessageList(window, reached="sent", part=Slice(question.campaign_id))


def _people(outcomes: Mapping[HowFar, OutcomeGroup]) -> int | None:
    counts = [outcomes[each].people for each in _REACHED if each in outcomes]
    return sum(count or 0 for count in counts) if counts and None not in counts else None
