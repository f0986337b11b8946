"""Conversions with the touches before them: what credit is made of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

import numpy as np

from analytics.ledger import Ledger
from analytics.lists.conditions import NO_CONDITIONS, ListConditions
from analytics.lists.credited_events import CreditedEvent, CreditedResults
from analytics.lists.events import EventList, EventRow
from analytics.lists.query import ListParameters, Query, days_query, query_of
from analytics.periods import Window, local_day
from analytics.questions.credit import DEFAULT_RULE, PARAMETERS, TOUCHPOINTS, CreditRule, read_credit_rule
from analytics.questions.fields import Subject
from analytics.questions.filters import NO_CONDITION
from analytics.questions.questions import Question
from analytics.reports.credit.conversion_paths import EVERY_CONVERSION, ConversionChoice, TouchMatch, meant_conversions
from analytics.reports.credit.path_ranks import FrequentPaths
from analytics.reports.credit.touches import touched_conversions
from workspaces.models import Workspace

_NAMES = {kind: name for name, kind in TOUCHPOINTS.items()}
TOUCH_PARAMETERS = ("touch", "touchSource", "touchMedium", "touchCampaign", "touchCampaignId", "touchVariantId")
"""By which parts of their labels touches are meant."""
FLAGS = ("credited", "withoutAmount", "currencyAssumed", "oncePerPerson")
OTHER_PATHS_ALLOWED = "three numbers such as 50,1,1000: how many paths, and of how many touches at least and at most"
_OTHER_PATHS = re.compile(r"([0-9]{1,4}),([0-9]{1,4}),([0-9]{1,4})")
ANY_TOUCH = "any"
"""For touches of whatever kind: those of the sources that conditions are on."""
NO_ID = "none"
"""For touches of no campaign or variant that is known."""


@dataclass(frozen=True)
class ConversionRow:
    """A conversion, and the event that it is with whom it is of."""

    conversion: CreditedEvent
    row: EventRow


@dataclass(frozen=True)
class ConversionList:
    """Conversions of the days, credited by the rule, that are chosen; `person` is the number somebody is known by."""

    name: ClassVar[str] = "conversions"

    window: Window | None = None
    rule: CreditRule = DEFAULT_RULE
    choice: ConversionChoice = EVERY_CONVERSION
    person: int | None = None
    conditions: ListConditions = NO_CONDITIONS

    @classmethod
    def read(cls, parameters: ListParameters, default: CreditRule) -> "ConversionList":
        query = {name: value for name in PARAMETERS if (value := parameters.value(name))}
        rule, notices = read_credit_rule(query, default=default)
        parameters.notices += notices
        return cls(
            window=parameters.window_or_weekday(),
            rule=rule,
            choice=ConversionChoice(
                has_touch=parameters.flag("credited"),
                touch=_touch(parameters),
                path_key=parameters.text("path"),
                fewest=parameters.number("min"),
                most=parameters.number("max"),
                besides=_besides(parameters),
                without_amount=parameters.flag("withoutAmount") or False,
                currency_assumed=parameters.flag("currencyAssumed") or False,
                once_a_person=parameters.flag("oncePerPerson") or False,
            ),
            person=parameters.number("person"),
            conditions=ListConditions.read(parameters, Subject.EVENTS, Subject.PEOPLE),
        )

    @property
    def query(self) -> Query:
        return {
            **days_query(self.window),
            **self.rule.unusual_query,
            **choice_query(self.choice),
            **query_of(person=self.person),
            **self.conditions.query,
        }

    def find(self, workspace: Workspace, *, now: datetime) -> CreditedResults:
        """Newest first. As many queries as credit, those of the conditions, and two for each page."""
        conditions, source = self.conditions.rows(workspace, self.window, now), Ledger(workspace)
        today = local_day(now, workspace.zone)
        window = self.window or source.all_days() or Window.between(today, today, zone=workspace.zone)
        touched = touched_conversions(source, Question(window=window, now=now, part=conditions.part), self.rule)
        match = self.choice.touch and replace(self.choice.touch, sources=conditions.parts.sources)
        places = meant_conversions(touched, self.rule, replace(self.choice, touch=match))
        if self.person is not None:
            places = places[touched.converted.times.people[places] == self.person]
        places = places[np.argsort(touched.converted.times.at[places], kind="stable")]
        return CreditedResults(conditions, places, touched, self.rule, match or TouchMatch()).on_days(window)

    def full_rows(self, workspace: Workspace, found: Sequence[CreditedEvent]) -> list[ConversionRow]:
        """Four queries."""
        rows = EventList().full_rows(workspace, [each.event for each in found])
        return [ConversionRow(each, row) for each, row in zip(found, rows, strict=True)]


def choice_query(choice: ConversionChoice) -> Query:
    return {
        **query_of(credited=choice.has_touch),
        **touch_query(choice.touch),
        **query_of(
            path=choice.path_key,
            min=choice.fewest,
            max=choice.most,
            otherPaths=None if choice.besides is None else other_paths_text(choice.besides),
            withoutAmount=choice.without_amount or None,
            currencyAssumed=choice.currency_assumed or None,
            oncePerPerson=choice.once_a_person or None,
        ),
    }


def other_paths_text(besides: FrequentPaths) -> str:
    """`50,1,1000`: on other paths than the 50 with most conversions of those with 1 to 1,000 touches."""
    return f"{besides.number},{besides.fewest},{besides.most}"


def read_other_paths(text: str) -> FrequentPaths | None:
    parts = _OTHER_PATHS.fullmatch(text)
    return FrequentPaths(*map(int, parts.groups())) if parts else None


def _besides(parameters: ListParameters) -> FrequentPaths | None:
    text = parameters.text("otherPaths")
    found = read_other_paths(text) if text else None
    if text and not found:
        parameters.refuse("otherPaths", OTHER_PATHS_ALLOWED)
    return found


def touch_query(match: TouchMatch | None) -> Query:
    if match is None:
        return {}
    if replace(match, sources=NO_CONDITION) == TouchMatch():
        return {"touch": ANY_TOUCH}
    return query_of(
        touch=None if match.kind is None else _NAMES[match.kind],
        touchSource=match.source,
        touchMedium=match.medium,
        touchCampaign=match.campaign,
        touchCampaignId=_id_text("cmp", match.campaign_id),
        touchVariantId=_id_text("var", match.variant_id),
    )


def _id_text(prefix: str, number: int | None) -> str | None:
    return None if number is None else f"{prefix}_{number}" if number else NO_ID


def _touch(parameters: ListParameters) -> TouchMatch | None:
    name = parameters.choice("touch", [*TOUCHPOINTS, ANY_TOUCH])
    match = TouchMatch(
        TOUCHPOINTS.get(name) if name else None,
        parameters.text("touchSource"),
        parameters.text_or_empty("touchMedium"),
        parameters.text_or_empty("touchCampaign"),
        _id(parameters, "touchCampaignId", "cmp"),
        _id(parameters, "touchVariantId", "var"),
    )
    return None if match == TouchMatch() and name != ANY_TOUCH else match


def _id(parameters: ListParameters, name: str, prefix: str) -> int | None:
    return 0 if parameters.value(name) == NO_ID else parameters.id_of(name, prefix)
