"""What a password may not be, beside what Django itself refuses."""

from typing import Any

from django.core.exceptions import ValidationError


class OwnWordsValidator:
    """Refuses what somebody who knows the program would try first."""

    WORDS = ("campaignos", "campaign-os", "campaign os")

    def validate(self, password: str, user: Any = None) -> None:
        if any(word in password.lower() for word in self.WORDS):
            raise ValidationError("Your password can’t contain the name of this program.", code="own_words")

    def get_help_text(self) -> str:
        return "Your password can’t contain the name of this program."
