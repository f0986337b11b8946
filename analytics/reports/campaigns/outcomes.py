"""Who did what with a campaign's messages: its people apart by how far they got."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.ledger import Ledger, Series, Touches
from analytics.periods import Window
from analytics.questions.fields import field_of
from analytics.questions.filter_texts import canonical
from analytics.questions.filters import NO_CONDITION, AllOf, Did, MessageAct, Not, all_of
from analytics.questions.questions import CampaignQuestion
from analytics.questions.slices import Slice

MOST_DAYS = 92


class HowFar(StrEnum):
    """How far somebody got: of several messages, the furthest."""

    CLICKED = "clicked"
    OPENED = "opened"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"


@dataclass(frozen=True)
class OutcomeGroup:
    """How many people have the outcome, None where they are not counted, and the condition that they meet."""

    people: int | None
    condition: AllOf


def campaign_outcomes(source: Ledger, question: CampaignQuestion) -> Mapping[HowFar, OutcomeGroup]:
    """Of everybody to whom a message of the campaign was created, ever, under the question's conditions on people; each
    in one group. Whose opens and clicks count is as the question has it. Of a campaign that went on for more than
    MOST_DAYS nobody is counted: each day takes its time, and the lists themselves say how many they are.

    Source: the ledger's messages. Two queries, those of conditions on people besides.
    """
    whose = question.part.where.people
    reached = {
        HowFar.CLICKED: question.shown_metric("clicked"),
        HowFar.OPENED: question.shown_metric("opened"),
        HowFar.DELIVERED: "delivered",
        HowFar.NOT_DELIVERED: None,
    }
    counts = _counts(source, question, [*reached.values()])
    found: dict[HowFar, OutcomeGroup] = {}
    others: list[Not] = []
    for (outcome, status), people in zip(reached.items(), counts, strict=True):
        act = Did(MessageAct(status, question.campaign_id), AllOf())
        found[outcome] = OutcomeGroup(people, canonical(all_of(whose, act, *others)))
        others = [Not(act)]
    return found


def _counts(source: Ledger, question: CampaignQuestion, statuses: Sequence[str | None]) -> list[int | None]:
    """How many people got as far as each of the statuses, the furthest first, and no further; None is that they were
    written to."""
    days, campaign = source.days_of_campaign(question.campaign_id), field_of("campaign")
    assert campaign is not None
    if days is None:
        return [0] * len(statuses)
    window = Window.between(*days, zone=question.window.zone)
    if window.days > MOST_DAYS:
        return [None] * len(statuses)
    series = [Series.of_messages(status or "", NO_CONDITION, by=campaign) for status in statuses]
    part = Slice(where=question.part.of_people().where, until=question.part.until or question.window.last_day)
    touches, _ = source.touches(series, window=window, part=part)
    counts: list[int | None] = []
    further: NDArray[np.signedinteger] = np.empty(0, np.int32)
    for each in series:
        people = np.union1d(further, _of_campaign(touches[each], question.campaign_id))
        counts.append(len(people) - len(further))
        further = people
    return counts


def _of_campaign(touches: Touches, campaign_id: int) -> NDArray[np.signedinteger]:
    """The numbers of its people, ascending: one look at all messages is sooner done than one at each day's."""
    values = touches.values.as_values
    codes = [code for code, value in enumerate(values.values) if value is not None and int(value) == campaign_id]
    return np.unique(touches.people[np.isin(values.codes, codes)])
