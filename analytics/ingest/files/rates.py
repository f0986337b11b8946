"""A file of rates, which is taken at once: it is small, and names nobody."""

from dataclasses import dataclass, field

from django.utils import timezone

from analytics.ingest.files.blocks import in_memory
from analytics.ingest.files.decoding import checked_blocks, decoded_block, placed_remarks
from analytics.ingest.files.problems import FileError, nothing_in_file
from analytics.ingest.rates import take_rates
from workspaces.models import User, Workspace


@dataclass
class RatesFile:
    """What became of the rows of a file; `rejected` are [line, reason] of each that was not taken."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)


def take_rates_of_file(workspace: Workspace, content: bytes, *, by: User) -> RatesFile:
    """A transaction for each 4,000 rows. Raises FileError for what is no file of rates."""
    taken = RatesFile()
    for block in checked_blocks("rates", in_memory(content)):
        decoded = decoded_block("rates", block)
        outcome = take_rates(workspace, decoded.items, received_at=timezone.now(), by=by)
        taken.new += outcome.accepted
        taken.changed += outcome.updated
        taken.unchanged += outcome.duplicates
        rejected, _ = placed_remarks(decoded, outcome)
        taken.rejected += [(block.numbers[remark.index], remark.message) for remark in rejected]
    if taken == RatesFile():
        raise FileError(nothing_in_file("rates"))
    return taken
