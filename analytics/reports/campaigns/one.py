"""How did one campaign do? Enrollments, what became of its messages, its channels and its A/B tests."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from analytics.ledger import Counts, Source
from analytics.metrics import KEY_OF, LADDER, OF_MESSAGES, Counted, Dimension, Numbers
from analytics.models import ABTest, Campaign
from analytics.questions.questions import CampaignQuestion, Opens
from analytics.questions.slices import Slice
from analytics.reports.campaigns.side_by_side import settled_counts
from analytics.reports.meta import Meta, meta
from analytics.utm import Utm


@dataclass(frozen=True)
class CampaignName:
    """`utm` is what its links carry, where that is known."""

    id: str
    name: str
    channel: str
    status: str
    utm: Utm | None
    subject: str = ""
    preview_text: str = ""


OF_DELIVERED = ("DELIVERED", "OPENED", "CLICKED")
"""The statuses that are told as a share of what was delivered."""


@dataclass(frozen=True)
class StatusCount:
    status: str
    count: int


@dataclass(frozen=True)
class ChannelCount:
    channel: str
    count: int


@dataclass(frozen=True)
class VariantTotals:
    number: int
    name: str
    is_control: bool
    numbers: Numbers


@dataclass(frozen=True)
class ABTestResult:
    id: str
    name: str
    variants: tuple[VariantTotals, ...]


@dataclass(frozen=True)
class CampaignReport:
    campaign: CampaignName
    numbers: Numbers
    channel_breakdown: tuple[ChannelCount, ...]
    ab_tests: tuple[ABTestResult, ...]
    days: int
    part: Slice
    meta: Meta

    def has(self, metric: str) -> bool:
        """Whether the metric can be counted of the part."""
        return self.part.has_metric(metric)

    @property
    def status_breakdown(self) -> tuple[StatusCount, ...]:
        """In life-cycle order, statuses that nobody reached left out."""
        counts = ((status, self.numbers[KEY_OF[counted]]) for status, counted in LADDER.items())
        return tuple(StatusCount(status, count) for status, count in counts if count)


_ENROLLMENTS = {Counted.ENROLMENTS, Counted.ENROLMENTS_ACTIVE, Counted.ENROLMENTS_COMPLETED}


def campaign(source: Source, question: CampaignQuestion) -> CampaignReport:
    """One campaign's enrollments begun and messages created in the question's days.

    A message counts under every status it reached. Source: the ledger's counts. Raises Campaign.DoesNotExist for an
    id that is not the workspace's. Three queries.
    """
    row = Campaign.objects.get(workspace=source.workspace, pk=question.campaign_id)
    window = question.window
    counts = source.counts(
        OF_MESSAGES | _ENROLLMENTS,
        window=window,
        by=[Dimension.CHANNEL, Dimension.VARIANT],
        part=question.part_of_campaign,
    )
    settled = None
    if question.settled is not None:
        settled = settled_counts(source, replace(question, part=question.part_of_campaign)).numbers()
    by_channel, by_variant = counts.summed_over(1), counts.summed_over(0)
    counts = counts.summed_over(0, 1)
    numbers = counts.numbers().with_settled(settled)
    return CampaignReport(
        campaign=_name(row),
        numbers=numbers.of_people() if question.opens is Opens.HUMAN else numbers,
        channel_breakdown=_channels(by_channel),
        ab_tests=tuple(_ab_tests(source, row.pk, by_variant)),
        days=window.days,
        part=question.part,
        meta=meta(source, question, through=counts.through),
    )


def _name(row: Campaign) -> CampaignName:
    channel, status = row.get_channel_display(), row.get_status_display()
    return CampaignName(row.api_id, row.name, channel, status, row.utm, row.subject, row.preview_text)


def _channels(by_channel: Counts) -> tuple[ChannelCount, ...]:
    """Most first, then by name."""
    rows = [ChannelCount(str(key[-1]), n) for key, n in by_channel.by_key.items() if key[0] is Counted.MESSAGES]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.channel)))


def _ab_tests(source: Source, campaign_id: int, by_variant: Counts) -> Iterator[ABTestResult]:
    """In the order in which they came, the variants in the sender's."""
    rows = (
        ABTest.objects.filter(workspace=source.workspace, campaign=campaign_id)
        .order_by("id", "variants__position", "variants__id")
        .values_list("id", "name", "variants__id", "variants__name", "variants__is_control", named=True)
    )
    for (pk, name), its_rows in groupby(rows, key=lambda row: (row.id, row.name)):
        yield ABTestResult(
            id=ABTest(pk=pk).api_id,
            name=name,
            variants=tuple(
                VariantTotals(
                    number=row.variants__id,
                    name=row.variants__name,
                    is_control=row.variants__is_control,
                    numbers=by_variant.numbers(row.variants__id),
                )
                for row in its_rows
                if row.variants__id is not None
            ),
        )
