"""Questions as they are kept: which report, and the parameters of its page. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PageParameterTexts = Mapping[str, str | Sequence[str]]
"""By name one text, or several of what may be there several times."""


@dataclass(frozen=True)
class QuestionText:
    """What is kept of a question: the name of a report in the registry, and the parameters of its page.

    A range among them may be relative: which days it means is found out whenever it is asked. What they mean says
    `analytics.api.questions.forms`.
    """

    report: str
    parameters: PageParameterTexts

    @property
    def data(self) -> dict[str, Any]:
        """The parameters in JSON's types."""
        return {name: said if isinstance(said, str) else [*said] for name, said in self.parameters.items()}
