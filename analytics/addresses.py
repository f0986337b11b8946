"""Email addresses and telephone numbers in texts: found, compared, and hidden from those who may not see them."""

import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import unquote

ADDRESS = re.compile(r"""([^\s@<>"'(),:;=&?/]{1,64}?)(@|%40)([^\s@%<>"'(),:;=&?/]+)""", re.IGNORECASE)
_PHONE = re.compile(
    r"(?:\+|%2B|(?<![\w.+-])00)(?=(?:[\s()./-]|%20)*[1-9])((?:[\s()./-]|%20){0,2}\d){7,17}(?![\w:])", re.IGNORECASE
)
"""In international notation: other numbers look like ids, days and versions."""
_DIGITS = re.compile(r"\d")
_NAMES_PHONE = re.compile(
    r"phone|mobile|formerAddresses|msisdn|whatsapp|fax|(?:^|[_-])(?:tel|cell|sms)(?:$|[_-])", re.IGNORECASE
)
CONCEALED = r"@|%40|[0-9][0-9 ().-]{5,}[0-9]"
"""For databases: what can have an address or number in it, and is therefore not searched for parts of them."""
SHORTEST_PHONE = 7
"""Digits of what is compared as a telephone number."""


def hidden_value(value: Any) -> Any:
    """The same value with `a…@example.com` for every `ada@example.com` in its texts and its keys, however deep.

    Of telephone numbers, `…71` is left: of those with a country's prefix, and of what is called a phone.
    """
    match value:
        case str():
            return _PHONE.sub(lambda match: hidden_phone(match[0]), str(without_addresses(value)))
        case dict():
            return {hidden_value(key): _hidden_named(key, inner) for key, inner in value.items()}
        case list():
            return [hidden_value(inner) for inner in value]
    return value


def without_addresses(value: Any, *, but: Collection[str] = ()) -> Any:
    """The same value with every email address in its texts hidden, however deep, except those in `but`."""
    match value:
        case str():
            if "@" not in value and "%40" not in value:
                return value
            return ADDRESS.sub(lambda match: match[0] if match[0] in but else _hidden_address(match), value)
        case dict():
            return {name: without_addresses(inner, but=but) for name, inner in value.items()}
        case list():
            return [without_addresses(inner, but=but) for inner in value]
    return value


def _hidden_address(match: re.Match[str]) -> str:
    return f"{match[1][0]}…{match[2]}{match[3]}"


def _hidden_named(name: Any, value: Any) -> Any:
    if isinstance(value, list):
        return [_hidden_named(name, inner) for inner in value]
    is_phone = isinstance(name, str) and _NAMES_PHONE.search(name) and not isinstance(value, bool)
    if is_phone and isinstance(value, str | int) and len(_DIGITS.findall(str(value))) >= SHORTEST_PHONE:
        return hidden_phone(str(value))
    return hidden_value(value)


def hidden_phone(phone: str) -> str:
    """`…71`, and nothing of one that is not known."""
    return f"…{phone[-2:]}" if phone else ""


def is_concealing(text: str) -> bool:
    """Whether those who see no addresses are shown the text otherwise: then they may not search for it, either."""
    return str(hidden_value(text)) != text


def plain_address(text: str) -> str:
    """As addresses are compared."""
    return text.strip().casefold()


def plain_phone(text: str) -> str:
    """Its digits, without a prefix of zeros; empty for what has too few of them or is more than a number."""
    digits = "".join(_DIGITS.findall(text)).lstrip("0")
    is_number = not re.search(r"[^\d\s()+./-]", text)
    return digits if is_number and len(digits) >= SHORTEST_PHONE else ""


def addresses_in(text: str) -> Iterator[str]:
    """The email addresses in a text, as they are compared."""
    plain = unquote(text) if "%" in text else text
    if "@" not in plain:
        return
    yield from (plain_address(match[0]) for match in ADDRESS.finditer(plain))


def phones_in(text: str) -> Iterator[str]:
    """What in a text can be a telephone number, as they are compared."""
    plain = unquote(text) if "%" in text else text
    yield from (plain_phone(match[0]) for match in re.finditer(r"[+(]?\d[\d\s()./-]{5,20}\d", plain))
