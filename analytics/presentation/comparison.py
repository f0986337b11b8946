"""What changes are told against, in words."""

from analytics.presentation.formats import days
from analytics.questions.questions import Question
from analytics.questions.ranges import Comparison

_NAMES = {Comparison.PREVIOUS: "previous period", Comparison.YEAR: "last year"}


def compared_word(question: Question) -> str:
    """Empty where nothing is compared."""
    compared = question.compared_window
    if compared is None:
        return ""
    return _NAMES.get(question.comparison) or days(compared.first_day, compared.last_day)
