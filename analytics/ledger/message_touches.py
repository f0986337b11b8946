"""Messages as touches: on the day of their creation, a row for each and for each status that it has reached; and first
opens and clicks, on theirs. Beside who and when, all have campaign, channel and variant."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analytics.channels import Channel
from analytics.ledger.codecs import FactColumn, NumberColumn, ValueColumn
from analytics.ledger.columns import Columns
from analytics.ledger.packs import Rows

MESSAGE_FIELDS = ("campaign", "channel", "variant")
"""Columns are called by the fields that they have."""
_CHANNELS = (None, *Channel.values)
_CODE_OF = {name: place for place, name in enumerate(_CHANNELS)}


class MessageTouch(NamedTuple):
    """Who, how many microseconds after the local day began, and of what message: a variant of 0 is none."""

    person: int
    since_midnight: int
    campaign: int
    channel: str
    variant: int


def rows_of_messages(touches: Sequence[MessageTouch]) -> Rows:
    """At least one."""
    people, since_midnight, campaigns, channels, variants = zip(*touches, strict=True)
    n = len(people)
    codes = np.array([*map(_CODE_OF.__getitem__, channels)], np.uint8)
    campaign, variant = np.array(campaigns, np.int64), np.array(variants, np.int64)
    columns: dict[str, FactColumn] = {
        "campaign": NumberColumn(campaign, campaign > 0, 0),
        "channel": ValueColumn(codes, _CHANNELS),
        "variant": NumberColumn(variant, variant > 0, 0),
    }
    return Rows(
        np.array(since_midnight, np.int64), np.array(people, np.int32), np.zeros(n, np.int32), Columns(n, columns)
    )
