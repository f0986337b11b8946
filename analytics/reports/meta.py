"""What every report says about itself."""

from dataclasses import dataclass
from datetime import date, datetime

from analytics.ledger import FactsRead, Source
from analytics.periods import first_kept_day
from analytics.questions.questions import Question


@dataclass(frozen=True)
class Meta:
    """`starts_at` to `ends_at` is half open; `data_through` is when the newest fact counted was received.

    `data_from` is the first day of which events and messages are kept; None where they are kept for ever. `facts_read`
    is what was read from the events, slower: the ledger has no columns of it.
    """

    time_zone: str
    starts_at: datetime
    ends_at: datetime
    generated_at: datetime
    data_through: datetime | None
    data_from: date | None
    facts_read: tuple[FactsRead, ...] = ()


def meta(source: Source, question: Question, *, through: datetime | None) -> Meta:
    """The instants in the workspace's zone, so that they read as local days do."""
    window, now = question.window, question.now
    return Meta(
        time_zone=window.zone.key,
        starts_at=window.starts_at.astimezone(window.zone),
        ends_at=window.ends_at.astimezone(window.zone),
        generated_at=now.astimezone(window.zone),
        data_through=through.astimezone(window.zone) if through else None,
        data_from=first_kept_day(source.workspace.kept_days, zone=window.zone, now=now),
        facts_read=source.facts_read,
    )


def newest(*instants: datetime | None) -> datetime | None:
    return max((at for at in instants if at is not None), default=None)
