"""What somebody wants to know first in the morning, in two sentences."""

from collections.abc import Sequence

from analytics.metrics import Change, Unit
from analytics.presentation.attention import Attention
from analytics.presentation.formats import count_of, points, signed_percent
from analytics.presentation.money import number_text
from analytics.presentation.tiles import Tile

FIGURES_TOLD = 3


def briefing_of(tiles: Sequence[Tile], attention: Sequence[Attention]) -> str:
    """`Net revenue 9,412.10 EUR, 26.9% more, mostly Spring (+1,420.00 EUR); orders 335, 22.1% more; click rate 9.5%, as
    before. 1 thing needs you.`

    A change is told where a tile tells it: over enough to compare. What needs nobody is not said to.
    """
    figures = [text for tile in tiles[:FIGURES_TOLD] if (text := _figure(tile))]
    told = "; ".join(text if place == 0 else f"{text[:1].lower()}{text[1:]}" for place, text in enumerate(figures))
    needs = f"{count_of(len(attention), 'thing needs', 'things need')} you." if attention else ""
    return " ".join(filter(None, (f"{told}." if told else "", needs)))


def _figure(tile: Tile) -> str:
    if tile.value is None:
        return ""
    changed = _change_text(tile.change) if tile.change else ""
    mostly = f", mostly {tile.mostly}" if changed and tile.mostly else ""
    return f"{tile.metric.name} {number_text(tile.value, tile.metric)}{changed}{mostly}"


def _change_text(change: Change) -> str:
    if change.amount is None:
        return ""
    if not change.amount:
        return ", as before"
    word = "more" if change.amount > 0 else "less"
    if change.metric.unit is Unit.SHARE:
        return f", {points(abs(change.amount)).removeprefix('+')} {word}"
    return f", {signed_percent(abs(change.amount)).removeprefix('+')} {word}"
