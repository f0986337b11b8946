"""Which part of the facts a number counts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slice:
    """Messages, what became of them, and enrollments: all of them, or a part.

    A part is of one campaign, channel and variant, or leaves some campaigns out. What has no campaign, such as an
    event, lies in EVERYTHING alone. Enrollments have neither channel nor variant.
    """

    campaign_id: int | None = None
    channel: str | None = None
    variant_id: int | None = None
    without_campaigns: tuple[int, ...] = ()


EVERYTHING = Slice()
