"""Filters of messages, reports on them, events and people: they find the rows behind each number of a report."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from analytics.api.filters.base import ConditionedListFilter, InstantFilter, instant_meant, weekday_filter
from analytics.api.filters.catalogue import same_contacts
from analytics.api.filters.following import FollowedFilter
from analytics.bounces import BounceClass
from analytics.lists.conditions import RowConditions
from analytics.lists.events import Conversions, credited_events
from analytics.lists.matching_events import LedgerPart, events_meeting
from analytics.lists.messages import (
    ENGAGED,
    LONGEST_AGE,
    MAX_LINK_LENGTH,
    TIME_ALLOWED,
    bounced_as,
    bounced_for,
    clicked_on,
    created_at,
    put_off,
    reached_by_age,
    reached_within,
)
from analytics.lists.query import MAX_IDS
from analytics.lists.sources import comparable_name
from analytics.metrics import LADDER, STATUSES
from analytics.models import Channel, MessageEventType, Person, UtmTriple
from analytics.models.slices import in_slice
from analytics.questions.fields import Subject
from analytics.questions.parts import NO_PARTS
from analytics.questions.slices import Slice
from analytics.reports.emails.send_times import MOST_SEND_DAYS
from campaignos.errors import ParameterError
from campaignos.filters import (
    Absence,
    ChoicesFilter,
    FlagFilter,
    ReferenceFilter,
    ReferencesFilter,
    Row,
    TextFilter,
    TextOrNothingFilter,
    WholeNumberFilter,
)
from campaignos.pages import RowsInOrder

REACHED = LADDER | {status.upper(): status for status in STATUSES}
"""What a message can have reached, by the API's names: also by people alone, and harm."""
UTM_PARAMETERS = ("utmSource", "utmMedium", "utmCampaign")


class MessageFilter(FollowedFilter, ConditionedListFilter):
    subjects = (Subject.MESSAGES, Subject.PEOPLE)
    named = ("campaign", "notCampaign", "variant", "contact")
    days_of = {"created": "created_at", "opened": "opened_at", "clicked": "clicked_at"}

    campaign = ReferenceFilter("campaign_id", prefix="cmp", help_text="Messages of this campaign.")
    notCampaign = ReferencesFilter(
        method="without_campaigns", prefix="cmp", most=MAX_IDS, help_text="Messages of other campaigns than these."
    )
    variant = WholeNumberFilter("variant_id", help_text="Messages of the A/B test's variant of this number.")
    contact = ReferenceFilter(method="of_contact", prefix="ct", help_text="Messages to this contact.")
    channel = ChoicesFilter(choices=Channel.values, help_text="The channel, or several.")
    status = ChoicesFilter(
        method="with_status",
        choices=tuple(REACHED),
        help_text="A status that was reached; of several any. HUMAN_OPENED and HUMAN_CLICKED are by people alone.",
    )
    hours = WholeNumberFilter(
        method="within_hours",
        help_text="Reached within so many hours of being sent, together with one `status` that is opened or clicked.",
    )
    age = WholeNumberFilter(
        method="by_age",
        help_text=f"Reached at most so many days (up to {LONGEST_AGE}) after they were created, together with one "
        "`status`.",
    )
    link = TextOrNothingFilter(
        method="with_link",
        max_length=MAX_LINK_LENGTH,
        strip=False,
        help_text="In which this link was clicked, exactly; empty for one that was not told.",
    )
    reason = TextOrNothingFilter(
        method="with_reason",
        max_length=MAX_LINK_LENGTH,
        strip=False,
        help_text="That bounced for this reason, exactly; empty for one that was not told.",
    )
    bounceClass = ChoicesFilter(
        method="of_bounce_class",
        choices=[each.value for each in BounceClass],
        help_text="That bounced for reasons of this class, or of one of several.",
    )
    deferred = FlagFilter(
        method="that_were_put_off", help_text="Whether a mailbox provider put them off at least once."
    )
    weekday = WholeNumberFilter(
        method="part_of_a_time",
        help_text="Together with days: created, opened or clicked on this weekday, from 1, Monday, to 7, of the "
        "workspace's clock. With `hourOfDay` those created then.",
    )
    hourOfDay = WholeNumberFilter(method="at_time", help_text="With `weekday`: in this hour, from 0 to 23.")
    externalId = TextFilter("external_id", help_text="The sender's id.")
    createdFrom = InstantFilter("created_at", "gte", help_text="Created at this instant or later.")
    createdBefore = InstantFilter("created_at", "lt", help_text="Created before this instant.")
    openedFrom = InstantFilter("opened_at", "gte", help_text="First opened at this instant or later.")
    openedBefore = InstantFilter("opened_at", "lt", help_text="First opened before this instant.")
    clickedFrom = InstantFilter("clicked_at", "gte", help_text="First clicked at this instant or later.")
    clickedBefore = InstantFilter("clicked_at", "lt", help_text="First clicked before this instant.")

    def meeting(self, rows: QuerySet[Any], conditions: RowConditions) -> QuerySet[Any]:
        return conditions.messages(rows)

    def of_contact(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        return rows.filter(contact_id__in=[contact.pk for contact in same_contacts(self.workspace, value)])

    def without_campaigns(self, rows: QuerySet[Row], name: str, value: list[int]) -> QuerySet[Row]:
        return rows.filter(in_slice(Slice(without_campaigns=(*value,))))

    def with_status(self, rows: QuerySet[Row], name: str, value: list[str]) -> QuerySet[Row]:
        reached = Q()
        for status in value:
            reached |= Q(**{f"{REACHED[status].field}__isnull": False})
        return rows.filter(reached)

    def within_hours(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        statuses = [REACHED[status] for status in self.form.cleaned_data["status"]]
        if len(statuses) != 1 or statuses[0] not in ENGAGED:
            allowed = f"hours together with one status of {', '.join(status.upper() for status in ENGAGED)}"
            raise ParameterError(name, given=str(value), allowed=allowed)
        return reached_within(rows, statuses[0], value)

    def by_age(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        statuses = [REACHED[status] for status in self.form.cleaned_data["status"]]
        if len(statuses) != 1 or value > LONGEST_AGE:
            allowed = f"a whole number up to {LONGEST_AGE} together with one status"
            raise ParameterError(name, given=str(value), allowed=allowed)
        return reached_by_age(rows, statuses[0], value)

    def with_link(self, rows: QuerySet[Row], name: str, value: str | Absence) -> QuerySet[Row]:
        return clicked_on(rows, self.workspace, parameter_text(value))

    def with_reason(self, rows: QuerySet[Row], name: str, value: str | Absence) -> QuerySet[Row]:
        return bounced_for(rows, self.workspace, parameter_text(value))

    def part_of_a_time(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        return rows if self.form.cleaned_data["hourOfDay"] is not None else self.on_weekday(rows, name, value)

    def at_time(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        weekday, window = (
            self.form.cleaned_data["weekday"],
            self.days_between("createdFrom", "createdBefore", needed_by=name),
        )
        if weekday not in range(1, 8) or value not in range(24) or window.days > MOST_SEND_DAYS:
            raise ParameterError(name, given=str(value), allowed=TIME_ALLOWED)
        return created_at(rows, window, weekday, value)

    def of_bounce_class(self, rows: QuerySet[Row], name: str, value: list[str]) -> QuerySet[Row]:
        """Of a class alone those that are there once; of several, what any of them has."""
        of_each = [bounced_as(rows, self.workspace, BounceClass(each)) for each in value]
        return reduce(or_, of_each)

    def that_were_put_off(self, rows: QuerySet[Row], name: str, value: bool) -> QuerySet[Row]:
        return put_off(rows, self.workspace, is_so=value)


class MessageEventFilter(FollowedFilter, ConditionedListFilter):
    subjects = (Subject.MESSAGES, Subject.PEOPLE)
    named = ("message", "campaign")

    message = ReferenceFilter("message_id", prefix="msg", is_uuid=True, help_text="Reports on this message.")
    type = ChoicesFilter(choices=MessageEventType.values, help_text="The type, or several.")
    campaign = ReferenceFilter(method="of_campaign", prefix="cmp", help_text="Reports on messages of this campaign.")
    link = TextOrNothingFilter(
        method="on_link",
        max_length=MAX_LINK_LENGTH,
        strip=False,
        help_text="Clicks on this link, exactly, in messages that count as clicked; empty for one that was not told.",
    )
    occurredFrom = InstantFilter("occurred_at", "gte", help_text="Occurred at this instant or later.")
    occurredBefore = InstantFilter("occurred_at", "lt", help_text="Occurred before this instant.")
    createdFrom = InstantFilter("message__created_at", "gte", help_text="On messages created at this instant or later.")
    createdBefore = InstantFilter("message__created_at", "lt", help_text="On messages created before this instant.")

    def meeting(self, rows: QuerySet[Any], conditions: RowConditions) -> QuerySet[Any]:
        return conditions.clicks(rows.filter(message__workspace=self.workspace.pk))

    def filter_queryset(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        asked = self.form.cleaned_data
        if any(asked[name] not in (None, "") for name in ("campaign", "link", "createdFrom", "createdBefore")):
            rows = rows.filter(message__workspace=self.workspace.pk)
        return super().filter_queryset(rows)

    def of_campaign(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        return rows.filter(message__campaign_id=value)

    def on_link(self, rows: QuerySet[Row], name: str, value: str | Absence) -> QuerySet[Row]:
        clicks = rows.filter(type=MessageEventType.CLICKED, message__clicked_at__isnull=False)
        return clicks.filter(url=parameter_text(value))


SOURCE_HELP = "The source, exactly; compared in lower case."
MEDIUM_HELP = "The medium, exactly; compared in lower case; empty for those without one."
CAMPAIGN_HELP = "The UTM campaign, exactly; empty for those without one."


class EventFilter(FollowedFilter, ConditionedListFilter):
    subjects = (Subject.EVENTS, Subject.PEOPLE)
    named = ("type", "contact")
    days_of = {"occurred": "occurred_at"}

    type = TextFilter("type", help_text="The event type, exactly.")
    contact = ReferenceFilter(
        method="of_contact", prefix="ct", help_text="Events of this contact, with those before they were known."
    )
    messageId = TextFilter("message_id", help_text="The sender's id of the event.")
    utmSource = TextFilter(method="with_utm", help_text=SOURCE_HELP)
    utmMedium = TextOrNothingFilter(method="with_utm", help_text=MEDIUM_HELP)
    utmCampaign = TextOrNothingFilter(method="with_utm", help_text=CAMPAIGN_HELP)
    attributed = FlagFilter(method="with_source", help_text="Whether they carry a utm_source.")
    conversions = ChoicesFilter(
        method="that_convert",
        choices=[kind.value for kind in Conversions],
        help_text="Events of the types that the workspace counts as conversions: any, those credited to a source "
        "(after an attributed event of their person in the same days), or those that are not. The last two need the "
        "days from `occurredFrom` to before `occurredBefore`; `utmSource` and the others are then what is credited.",
    )
    occurredFrom = InstantFilter("occurred_at", "gte", help_text="Occurred at this instant or later.")
    occurredBefore = InstantFilter("occurred_at", "lt", help_text="Occurred before this instant.")
    weekday = weekday_filter()

    def meeting(self, rows: QuerySet[Any], conditions: RowConditions) -> QuerySet[Any]:
        """Of other events than credited conversions, see `rows_in_order`."""
        return conditions.conversions(rows) if self._asks_for_credits else rows

    def rows_in_order(self) -> QuerySet[Any] | RowsInOrder[Any]:
        rows = self.checked_rows()
        is_plain = self._asks_for_credits or self.conditions.parts == NO_PARTS
        if is_plain or rows.query.is_empty():
            return rows
        return events_meeting(self.workspace, rows, self.conditions, self._ledger_part)

    @property
    def _ledger_part(self) -> LedgerPart | None:
        """What the ledger has of the events, whatever conditions they meet. Three queries for a contact."""
        asked = self.form.cleaned_data
        if asked["messageId"] or any(asked[name] not in (None, "") for name in (*UTM_PARAMETERS, "attributed")):
            return None
        types = [asked["type"]] if asked["type"] else None
        if self._conversions is not None:
            types = [name for name in self.workspace.conversion_types if asked["type"] in ("", None, name)]
        since, before = (
            day and instant_meant(day, self.workspace.zone) for day in (asked["occurredFrom"], asked["occurredBefore"])
        )
        return LedgerPart(
            types, since, before, None if asked["contact"] is None else self._numbers_of(asked["contact"])
        )

    def of_contact(self, rows: QuerySet[Row], name: str, value: int) -> QuerySet[Row]:
        return rows.filter(person_number__in=self._numbers_of(value))

    def _numbers_of(self, contact_id: int) -> set[int]:
        numbers = [contact.person_number for contact in same_contacts(self.workspace, contact_id)]
        joined = Person.objects.filter(workspace_id=self.workspace.pk, joined_to__in=numbers)
        return {*numbers, *joined.values_list("number", flat=True)}

    def with_utm(self, rows: QuerySet[Row], name: str, value: str | Absence) -> QuerySet[Row]:
        if self._asks_for_credits:
            return rows
        triples = UtmTriple.objects.filter(workspace=self.workspace, **_utm_condition(name, value))
        return rows.filter(utm_id__in=list(triples.values_list("pk", flat=True)))

    def with_source(self, rows: QuerySet[Row], name: str, value: bool) -> QuerySet[Row]:
        return rows.filter(utm__isnull=not value)

    @property
    def _conversions(self) -> Conversions | None:
        asked: Sequence[str] = self.form.cleaned_data["conversions"]
        return Conversions(asked[0]) if asked else None

    @property
    def _asks_for_credits(self) -> bool:
        return self._conversions in (Conversions.CREDITED, Conversions.DIRECT)

    def that_convert(self, rows: QuerySet[Row], name: str, value: list[str]) -> QuerySet[Row]:
        if len(value) > 1:
            raise ParameterError(name, given=",".join(value), allowed=f"one of {', '.join(Conversions)}")
        kind = Conversions(value[0])
        if kind is Conversions.ANY:
            return rows.filter(type__in=self.workspace.conversion_types)
        window = self.days_between("occurredFrom", "occurredBefore", needed_by=name)
        keys = credited_events(self.workspace, window, kind, self._triples(), self.conditions.triples())
        return rows.filter(pk__among=keys)

    def _triples(self) -> list[int] | None:
        """The UTM triples of the source that is asked for; None for any source. One query."""
        asked = self.form.cleaned_data
        conditions = [_utm_condition(name, asked[name]) for name in UTM_PARAMETERS if asked[name] not in (None, "")]
        if not conditions:
            return None
        named = {part: value for condition in conditions for part, value in condition.items()}
        triples = UtmTriple.objects.filter(workspace=self.workspace, **named)
        return list(triples.values_list("pk", flat=True))


def _utm_condition(name: str, value: str | Absence) -> dict[str, str]:
    part, text = name.removeprefix("utm").lower(), parameter_text(value)
    return {part: text if part == "campaign" else comparable_name(text)}


def parameter_text(value: str | Absence) -> str:
    return value.value if isinstance(value, Absence) else value
