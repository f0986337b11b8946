"""Who may report to a webhook: the app that understands a provider declares it.

It does so in its `AppConfig`, as `webhook_providers`, and not when the apps are ready: the database holds which
providers there are, so they are known before the tables are.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from django.apps import AppConfig


class Signing(Enum):
    NEVER = auto()
    """A password stands in the address instead."""
    IF_ASKED = auto()
    ALWAYS = auto()
    """There is no password, so nothing is taken before the provider's signing key is entered."""


def any_key(key: str) -> None:
    """Lets every signing key pass."""


@dataclass(frozen=True)
class WebhookProvider:
    """A provider: `name` stands in the addresses. `check_key` raises ValidationError or ValueError for no key of it."""

    name: str
    label: str
    signing: Signing = Signing.NEVER
    check_key: Callable[[str], None] = any_key


def declared_providers(configs: Iterable[AppConfig]) -> dict[str, WebhookProvider]:
    """The providers that apps declare, by name, in their order."""
    return {provider.name: provider for config in configs for provider in getattr(config, "webhook_providers", ())}
