"""Which part of the facts a number counts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slice:
    """Messages, what became of them, and enrollments: all, or those of one campaign, channel and variant, or without
    those of some campaigns.

    What has no campaign, such as an event, is in no slice but EVERYTHING; enrollments have neither channel nor variant.
    """

    campaign_id: int | None = None
    channel: str | None = None
    variant_id: int | None = None
    without_campaigns: tuple[int, ...] = ()


EVERYTHING = Slice()
