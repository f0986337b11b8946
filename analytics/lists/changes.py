"""The rows behind the pieces of a change, of either period."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from analytics.lists.by_metric import AnyList, list_for, under_conditions
from analytics.lists.conditions import ListConditions
from analytics.lists.conversions import ConversionList
from analytics.lists.messages import MessageList
from analytics.metrics import OF_SHARED_OUT
from analytics.periods import DaysOfWeek, Window
from analytics.questions.credit import DEFAULT_RULE, TouchKind
from analytics.questions.fields import Field, FieldKind, Subject
from analytics.questions.filters import NO_CONDITION, AllOf, Is, IsSet, Not
from analytics.questions.groups import Group
from analytics.questions.parts import SOURCE_FIELDS, parts_of
from analytics.questions.what_changed import FIELDS_OF_TOUCHES, WhatChangedQuestion, is_credited_by
from analytics.reports.changes.division import ComparedPeriods
from analytics.reports.changes.pieces import Piece
from analytics.reports.credit.conversion_paths import EVERY_CONVERSION, ConversionChoice, TouchMatch
from analytics.reports.splits import in_group
from campaignos.ids import number_of

_WITHOUT_TOUCH = AllOf((Not(IsSet(Field("utm.source", Subject.EVENTS, FieldKind.TEXT))),))
"""All touches have a source."""


def rows_of_change(key: str, periods: ComparedPeriods, side: int, piece: Piece | None = None) -> AnyList | None:
    """What a count of the metric has of a period, 0 for the days asked about, or of a piece of it: as old as the
    question says; of credit the conversions in which touches of the piece took part. None where no list has them alone:
    of revenue what is credited to a campaign, which adds up in parts."""
    asked = periods.both[side]
    if piece and piece.group and is_credited_by(piece.group.by, key):
        return None
    if key in OF_SHARED_OUT:
        return _conversions(asked, _days(asked, side, piece), piece)
    if piece and piece.group:
        asked = in_group(asked, piece.group)
    rows = list_for(key, _days(asked, side, piece), asked.part)
    if isinstance(rows, MessageList) and rows.reached and asked.within is not None:
        rows = replace(rows, age=asked.within // timedelta(days=1))
    return rows and under_conditions(rows, asked.part)


def _days(asked: WhatChangedQuestion, side: int, piece: Piece | None) -> Window:
    if piece and piece.weekday:
        return DaysOfWeek.of_window(asked.window, piece.weekday)
    return piece.windows[side] if piece and piece.windows else asked.window


def _conversions(asked: WhatChangedQuestion, window: Window, piece: Piece | None) -> ConversionList | None:
    group = piece.group if piece else None
    choice = _choice(asked, piece)
    if choice is None or asked.rule is None:
        return None
    part = asked.part
    if group and group.by.key in SOURCE_FIELDS:
        part = replace(part, where=parts_of(AllOf((*part.where.all.conditions, *group.conditions))))
    elif group and not _is_of_touches(group):
        part = in_group(asked, group).part
    choice = replace(choice, path_key=asked.path)
    conditions = ListConditions.of(part, Subject.EVENTS, Subject.PEOPLE)
    return ConversionList(window, asked.rule, choice, conditions=conditions)


def _choice(asked: WhatChangedQuestion, piece: Piece | None) -> ConversionChoice | None:
    """None for touches that no address of a list can name, and for some of them together with what has none."""
    group = piece.group if piece else None
    if (piece and piece.is_unattributed) or asked.touches_meant == _WITHOUT_TOUCH:
        return ConversionChoice(has_touch=False)
    if asked.touches_meant == NO_CONDITION and not _is_of_touches(group):
        return EVERY_CONVERSION
    if asked.means_untouched and not _is_of_touches(group):
        return None
    match = _touch_match(asked, _chosen_touches(asked, group))
    return ConversionChoice(touch=match) if match else None


def _is_of_touches(group: Group | None) -> bool:
    return group is not None and group.by.key in FIELDS_OF_TOUCHES


_NamedTouches = Iterator[tuple[Field, str | None] | None]


def _chosen_touches(asked: WhatChangedQuestion, group: Group | None) -> _NamedTouches:
    """Of campaigns, channels and variants those that are meant; None for what no address of a list can say. Sources are
    conditions of their own."""
    for condition in asked.touches_meant.conditions:
        match condition:
            case Is(field, (str(value),)) if field.key not in SOURCE_FIELDS:
                yield field, value
            case Not(IsSet(field)) if field.key not in SOURCE_FIELDS:
                yield field, None
            case _ if condition not in asked.part.where.sources.conditions:
                yield None
    if group and _is_of_touches(group) and group.by.key not in SOURCE_FIELDS:
        yield None if group.is_rest else (group.by, group.value)


def _touch_match(asked: WhatChangedQuestion, chosen: _NamedTouches) -> TouchMatch | None:
    match = TouchMatch()
    of_messages = [kind for kind, _ in (asked.rule or DEFAULT_RULE).lookbacks if kind is not TouchKind.VISIT]
    for named in chosen:
        if named is None:
            return None
        field, value = named
        if field.key == "campaign":
            match = replace(match, campaign_id=number_of("cmp", value) if value else 0)
        elif field.key == "variant":
            match = replace(match, variant_id=int(value) if value else 0)
        elif value is None:
            match = replace(match, kind=TouchKind.VISIT)
        elif len(of_messages) == 1:
            match = replace(match, kind=of_messages[0], source=value.lower())
        else:
            return None
    return match
