"""The part that most of a change comes from."""

from dataclasses import replace

from analytics.ledger import Source
from analytics.metrics import METRICS
from analytics.questions.fields import field_of
from analytics.questions.questions import Question
from analytics.questions.what_changed import WhatChangedQuestion
from analytics.reports.changes.credited_facts import rule_of_revenue
from analytics.reports.changes.division import ChangeDivider, ComparedPeriods
from analytics.reports.changes.pieces import Piece, judged_changes


def leading_campaign(source: Source, question: Question) -> Piece | None:
    """The campaign that is credited with at least half of how revenue changed between the question's days and those
    they are compared with, where that is more than chance; None where there is none, or nothing is compared.

    Queries: those of `touched_conversions` for both periods, and one for names.
    """
    asked = replace(question.with_params(WhatChangedQuestion, metric="revenue"), split=None)
    compared, field = asked.compared_questions, field_of("campaign")
    assert field is not None
    if compared is None or rule_of_revenue(source, asked) is None:
        return None
    divider = ChangeDivider(source, ComparedPeriods(*compared), (field,))
    change = divider.whole.change(METRICS["revenue"])
    if not change:
        return None
    [by_campaign] = judged_changes(METRICS["revenue"], divider.whole, [divider.by_field(field)])
    return next((piece for piece in by_campaign.beyond_chance if piece.name and 2 * piece.amount / change >= 1), None)
