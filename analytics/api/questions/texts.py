"""A question as it is kept: from an address or a JSON body, with what it leaves out said."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analytics.api.questions.forms import form_of
from analytics.api.reports.parameters import COMMA_LISTS
from analytics.questions.questions import LIFE, Question
from analytics.questions.saved import QuestionText
from campaignos.commas import comma_text
from campaignos.errors import ParameterError


def text_of_body(report: str, body: Mapping[str, Any]) -> QuestionText:
    """Raises ParameterError for what is no text, number, flag or list of these; a filter may be an object."""
    found = {str(name): _value(str(name), said) for name, said in body.items()}
    return QuestionText(report, {name: said for name, said in found.items() if said})


def _value(name: str, said: Any) -> str | Sequence[str]:
    if isinstance(said, list):
        texts = [_text(name, each) for each in said]
        return comma_text(texts) if name in COMMA_LISTS and name != "metric" else texts
    return _text(name, said)


def _text(name: str, said: Any) -> str:
    if isinstance(said, bool):
        return str(said).lower()
    if isinstance(said, str | int):
        return str(said)
    if isinstance(said, Mapping) and name == "filter":
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    allowed = "a text, a whole number, true or false, or a list of these"
    raise ParameterError(name[:100], given=str(said)[:200], allowed=allowed)


def text_of_address(report: str, query: Iterable[tuple[str, Sequence[str]]]) -> QuestionText:
    """What the report understands of a page's address; what else stands there is how the page was looked at."""
    form = form_of(report)
    said = {name: [text for text in texts if text] for name, texts in query if name in form.parameters}
    several = (*form.several, "where", "segment")
    return QuestionText(
        report, {name: texts if name in several else texts[-1] for name, texts in said.items() if texts}
    )


def whole_text(text: QuestionText, question: Question) -> QuestionText:
    """The text that says also what `question`, which was read from it, has by default: so that it goes on meaning the
    same."""
    form, said = form_of(text.report), text.parameters
    usual = {"compare": question.comparison.value, "opens": question.opens.value}
    usual = {name: value for name, value in usual.items() if name in form.parameters}
    if question.range != LIFE and not {"range", "from", "to"} & {*said}:
        usual["range"] = question.range
    return QuestionText(text.report, {**usual, **said})
