"""What is an email address: of contacts, however they come in, and of people who are invited."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

EXAMPLE = "ada@example.com"

_CHARACTER = r"""[^\s@<>"(),:;\[\]\\"""
_EMAIL = re.compile(rf"{_CHARACTER}]+@{_CHARACTER}.]+(?:\.{_CHARACTER}.]+)+")
_judge = EmailValidator()


def is_email(text: str) -> bool:
    """Whether mail can be for it: one @ between a name and a host with a dot, no blank, no list, no name before it."""
    return _EMAIL.fullmatch(text) is not None


def validate_email(text: str) -> None:
    """For fields that judge by Django's rule, too, which is stricter, but takes machines. Raises ValidationError."""
    try:
        _judge(text)
    except ValidationError:
        return  # the field itself says so
    if not is_email(text):
        raise ValidationError(f"Enter an email address such as {EXAMPLE}.", code="invalid")
