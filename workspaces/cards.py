"""What the list of one's workspaces shows of each: whoever owns it registers it."""

from collections.abc import Callable, Mapping, Sequence

from django.utils.safestring import SafeString

from workspaces.models import Workspace

Cards = Callable[[Sequence[Workspace]], Mapping[int, SafeString]]
"""For the workspaces of a page what to show of each, by its id. In a number of queries that does not grow with them."""

_registered: list[Cards] = []


def register(cards: Cards) -> None:
    _registered.append(cards)


def cards_of(workspaces: Sequence[Workspace]) -> list[list[SafeString]]:
    """For each workspace what was registered, in its order."""
    shown = [cards(workspaces) for cards in _registered]
    return [[by_id[workspace.pk] for by_id in shown if workspace.pk in by_id] for workspace in workspaces]
