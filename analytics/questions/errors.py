"""What cannot be asked."""


class QuestionError(ValueError):
    """A parameter that cannot be so: which, what was given (None where it is missing), and what is allowed."""

    def __init__(self, parameter: str, given: str | None, allowed: str) -> None:
        super().__init__(f"{parameter} cannot be {given!r}; allowed: {allowed}.")
        self.parameter, self.given, self.allowed = parameter, given, allowed
