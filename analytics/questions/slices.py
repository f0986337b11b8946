"""Which part of the facts a number counts."""

from dataclasses import dataclass, replace
from datetime import date

from analytics.metrics import OF_CREDITED, OF_EVENTS, OF_ORDERS, Counted, Dimension, counted_for
from analytics.questions.filters import NO_CONDITION, depends_on_days
from analytics.questions.parts import NO_PARTS, Parts


@dataclass(frozen=True)
class Slice:
    """Facts of all kinds, or a part of them.

    Of messages, what became of them, and enrollments, a part is of one campaign, channel and variant, or leaves some
    campaigns out. What has no campaign, such as an event, lies in no such part. Enrollments have neither channel nor
    variant. `where` are conditions on all; what they want to lie within so many days ends with the day `until`.
    """

    campaign_id: int | None = None
    channel: str | None = None
    variant_id: int | None = None
    without_campaigns: tuple[int, ...] = ()
    where: Parts = NO_PARTS
    until: date | None = None

    @property
    def has_conditions(self) -> bool:
        return self.where != NO_PARTS

    @property
    def without_conditions(self) -> "Slice":
        return replace(self, where=NO_PARTS, until=None)

    @property
    def depends_on_days(self) -> bool:
        """Whether it means other people where `until` is another day."""
        return depends_on_days(self.where.people)

    def ending_with(self, day: date) -> "Slice":
        """With the day as the one that what has to lie within so many days ends with."""
        return replace(self, until=day) if self.has_conditions else self

    def of_people(self) -> "Slice":
        """All facts of the people that it means."""
        return Slice(where=Parts(people=self.where.people), until=self.until)

    def has(self, counted: Counted) -> bool:
        """Whether it has any of what is counted: no event has a channel, and no message a property of events."""
        dimensions = counted.dimensions
        return (
            (self.campaign_id is None or Dimension.CAMPAIGN in dimensions)
            and (self.channel is None or Dimension.CHANNEL in dimensions)
            and (self.where.events == NO_CONDITION or counted in OF_EVENTS)
            and (self.where.messages == NO_CONDITION or Dimension.CHANNEL in dimensions)
        )

    def has_metric(self, key: str) -> bool:
        """Whether the metric can be told of it. One that nothing is counted for says itself what it is of."""
        if key in OF_ORDERS:
            return self.has(Counted.EVENTS)
        if key == "converting_people":
            return self.has(Counted.CONVERSIONS)
        if key in OF_CREDITED:
            return self.channel is None and self.where.messages == NO_CONDITION
        return all(map(self.has, counted_for([key])))


EVERYTHING = Slice()
