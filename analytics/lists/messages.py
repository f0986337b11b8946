"""Messages: those created on some days that reached a status, or those first opened or clicked on some days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import ClassVar, TypeVar

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from analytics.bounces import BounceClass
from analytics.ledger import Ledger
from analytics.lists.conditions import NO_CONDITIONS, ListConditions
from analytics.lists.query import WEEKDAY, ListParameters, Query, api_id, days_query, query_of, slice_query
from analytics.lists.rows import Results, RowResults, are_whole_days, inside
from analytics.metrics import STATUSES, Counted
from analytics.models import Campaign, Channel, Contact, Message, MessageEvent, MessageEventType
from analytics.models.slices import in_slice
from analytics.periods import Window
from analytics.questions.fields import Subject
from analytics.questions.slices import EVERYTHING, Slice
from analytics.reports.campaigns.detail import SECONDS_PER_HOUR, SecondsBetween, sending
from analytics.reports.emails.reported_messages import bounce_classes
from analytics.reports.emails.send_times import MOST_SEND_DAYS, hours_at
from workspaces.models import Workspace

MAX_LINK_LENGTH = 8192
HOUR_OF_DAY = "hourOfDay"
"""The parameter with an hour of the clock on a weekday."""
TIME_ALLOWED = (
    f"a weekday from 1, Monday, to 7 and an hourOfDay from 0 to 23, together with at most {MOST_SEND_DAYS} days"
)
LONGEST_AGE = 365
ENGAGED = (Counted.OPENED, Counted.CLICKED, Counted.HUMAN_OPENED, Counted.HUMAN_CLICKED)
"""What can have been reached within so many hours."""
INSTANT_FIELDS = {"created": "created_at", "opened": "opened_at", "clicked": "clicked_at"}


@dataclass(frozen=True)
class MessageRow:
    """`campaign` is its name. Both are None where they are gone."""

    message: Message
    contact: Contact | None
    campaign: str | None


def message_rows(workspace: Workspace, messages: Sequence[Message]) -> list[MessageRow]:
    """Two queries, for the tables lie on different sides of a cluster's border."""
    contacts = Contact.objects.filter(workspace=workspace, pk__in={message.contact_id for message in messages})
    campaigns = Campaign.objects.filter(workspace=workspace, pk__in={message.campaign_id for message in messages})
    by_id, names = {contact.pk: contact for contact in contacts}, dict(campaigns.values_list("pk", "name"))
    return [MessageRow(message, by_id.get(message.contact_id), names.get(message.campaign_id)) for message in messages]


@dataclass(frozen=True)
class MessageList:
    """`by` says which instant of a message lies in the window: one of INSTANT_FIELDS. `reached` is one of STATUSES.

    With `weekday`, from 1 for Monday, and `hour_of_day` those that were created then on the workspace's clock.

    Of a `bounce_class` are those that came back for that; with `deferred` those that were put off at least once.

    A contact's are also those sent to contacts that were merged into it. `within_hours` of being sent they were first
    `reached` (opened or clicked), at an `age` of at most so many days after their creation; `link` is one that was
    clicked, `reason` one of a bounce, empty where none was given.
    """

    name: ClassVar[str] = "messages"

    window: Window | None = None
    by: str = "created"
    reached: str | None = None
    part: Slice = EVERYTHING
    contact_id: int | None = None
    within_hours: int | None = None
    age: int | None = None
    link: str | None = None
    reason: str | None = None
    conditions: ListConditions = NO_CONDITIONS
    bounce_class: BounceClass | None = None
    deferred: bool = False
    weekday: int | None = None
    hour_of_day: int | None = None

    @classmethod
    def read(cls, parameters: ListParameters) -> "MessageList":
        of_class = parameters.choice("bounceClass", list(BounceClass))
        window = parameters.hour_or_days(takes_weekday=not parameters.value(HOUR_OF_DAY))
        weekday, hour_of_day = read_time(parameters, window)
        return cls(
            window=window,
            by=parameters.choice("by", INSTANT_FIELDS) or "created",
            reached=parameters.choice("reached", [status.value for status in STATUSES]),
            part=Slice(
                campaign_id=parameters.id_of("campaign", "cmp"),
                channel=parameters.choice("channel", Channel.values),
                variant_id=parameters.number("variant"),
                without_campaigns=parameters.ids_of("notCampaign", "cmp"),
            ),
            contact_id=parameters.id_of("contact", "ct"),
            within_hours=parameters.number("hours"),
            age=_age(parameters),
            link=parameters.text_or_empty("link", longest=MAX_LINK_LENGTH),
            reason=parameters.text_or_empty("reason", longest=MAX_LINK_LENGTH),
            conditions=ListConditions.read(parameters, Subject.MESSAGES, Subject.PEOPLE),
            bounce_class=BounceClass(of_class) if of_class else None,
            deferred=parameters.choice("deferred", ("1",)) is not None,
            weekday=weekday,
            hour_of_day=hour_of_day,
        )

    @property
    def query(self) -> Query:
        return {
            **days_query(self.window),
            **query_of(by=None if self.by == "created" else self.by, reached=self.reached),
            **slice_query(self.part),
            **query_of(
                contact=api_id("ct", self.contact_id),
                hours=self.within_hours,
                age=self.age,
                link=self.link,
                reason=self.reason,
                bounceClass=self.bounce_class,
                deferred=self.deferred or None,
                weekday=self.weekday,
                hourOfDay=self.hour_of_day,
            ),
            **self.conditions.query,
        }

    @property
    def instant(self) -> str:
        return INSTANT_FIELDS[self.by]

    def messages(self, workspace: Workspace) -> QuerySet[Message]:
        rows = Message.objects.filter(in_slice(self.part), workspace_id=workspace.pk)
        rows = inside(rows, self.instant, self.window)
        if self.by != "created":
            rows = rows.filter(**{f"{self.instant}__isnull": False})
        if self.reached is not None:
            rows = rows.filter(**{f"{Counted(self.reached).field}__isnull": False})
        if self.within_hours is not None:
            reached = Counted(self.reached) if self.reached in ENGAGED else Counted.OPENED
            rows = reached_within(rows, reached, self.within_hours)
        if self.age is not None and self.reached is not None:
            rows = reached_by_age(rows, Counted(self.reached), self.age)
        if self.link is not None:
            rows = clicked_on(rows, workspace, self.link)
        if self.reason is not None:
            rows = bounced_for(rows, workspace, self.reason)
        if self.bounce_class is not None:
            rows = bounced_as(rows, workspace, self.bounce_class)
        if self.deferred:
            rows = put_off(rows, workspace)
        if self.window is not None and self.weekday is not None and self.hour_of_day is not None:
            rows = created_at(rows, self.window, self.weekday, self.hour_of_day)
        if self.contact_id is not None:
            contacts = Contact.objects.filter(
                Q(pk=self.contact_id) | Q(merged_into=self.contact_id), workspace=workspace
            )
            rows = rows.filter(contact_id__in=list(contacts.values_list("pk", flat=True)))
        return rows

    def find(self, workspace: Workspace, *, now: datetime) -> Results[Message]:
        """By the list's instant, newest first; for a contact, after one query."""
        rows = self.conditions.rows(workspace, self.window, now).messages(self.messages(workspace))
        return RowResults(rows, self.instant, self._ledger_total(workspace))

    def full_rows(self, workspace: Workspace, messages: Sequence[Message]) -> list[MessageRow]:
        """Two queries."""
        return message_rows(workspace, messages)

    def _ledger_total(self, workspace: Workspace) -> Callable[[], int] | None:
        known = MessageList(self.window, self.by, self.reached, self.part)
        if self != known or not are_whole_days(self.window) or (self.by != "created" and self.reached is not None):
            return None
        on_days = {"opened": Counted.OPENS, "clicked": Counted.CLICKS}
        counted = on_days.get(self.by) or Counted(self.reached or Counted.MESSAGES)
        return lambda: Ledger(workspace).counts([counted], window=self.window, part=self.part).of(counted)


def read_time(parameters: ListParameters, window: Window | None) -> tuple[int | None, int | None]:
    """A weekday and an hour of the days in the window; both or none: a weekday alone is one of the window."""
    if not parameters.value(HOUR_OF_DAY):
        return None, None
    weekday, hour = parameters.number(WEEKDAY), parameters.number(HOUR_OF_DAY)
    has_days = window is not None and window.is_whole_days and window.days <= MOST_SEND_DAYS
    if has_days and weekday in range(1, 8) and hour in range(24):
        return weekday, hour
    for name in (WEEKDAY, HOUR_OF_DAY):
        if parameters.value(name):
            parameters.refuse(name, TIME_ALLOWED)
    return None, None


_Messages = TypeVar("_Messages", bound=Model)


def reached_within(rows: QuerySet[_Messages], reached: Counted, hours: int) -> QuerySet[_Messages]:
    """The messages that reached the status within so many hours of being sent."""
    since_sent: QuerySet[_Messages] = rows.alias(  # type: ignore[assignment]
        seconds=SecondsBetween(sending(), F(reached.field))
    )
    return since_sent.filter(seconds__lte=hours * SECONDS_PER_HOUR)


def reached_by_age(rows: QuerySet[_Messages], reached: Counted, days: int) -> QuerySet[_Messages]:
    """The messages that reached the status at most so many days, of 24 hours, after they were created."""
    return rows.filter(**{f"{reached.field}__lte": F("created_at") + timedelta(days=days)})


def _age(parameters: ListParameters) -> int | None:
    given = parameters.number("age")
    if given is None or (given <= LONGEST_AGE and parameters.value("reached")):
        return given
    parameters.refuse("age", f"at most {LONGEST_AGE} days after a message was created, together with reached")
    return None


def clicked_on(rows: QuerySet[_Messages], workspace: Workspace, link: str) -> QuerySet[_Messages]:
    """The messages in which the link was clicked."""
    return rows.filter(_has_report(workspace, MessageEventType.CLICKED, url=link), clicked_at__isnull=False)


def bounced_for(rows: QuerySet[_Messages], workspace: Workspace, reason: str) -> QuerySet[_Messages]:
    """The messages that bounced for the reason."""
    return rows.filter(_has_report(workspace, MessageEventType.BOUNCED, reason=reason), bounced_at__isnull=False)


def created_at(rows: QuerySet[_Messages], window: Window, weekday: int, hour: int) -> QuerySet[_Messages]:
    """The messages that were created in the window at that hour of the clock on that weekday."""
    inside = [
        Q(created_at__gte=each.starts_at, created_at__lt=each.ends_at) for each in hours_at(window, weekday, hour)
    ]
    return rows.filter(reduce(or_, inside)) if inside else rows.none()


def bounced_as(rows: QuerySet[_Messages], workspace: Workspace, bounce_class: BounceClass) -> QuerySet[_Messages]:
    """The messages that bounced for reasons of a class; unknown are also those of which no report says why. One
    query."""
    bounced = rows.filter(bounced_at__isnull=False)
    classes = bounce_classes(MessageEvent.objects.filter(message__in=bounced.values("pk")), workspace)
    is_unknown = bounce_class is BounceClass.UNKNOWN
    keys = [pk.hex for pk, each in classes.items() if (each is bounce_class) != is_unknown]
    return bounced.filter(~Q(pk__among=keys) if is_unknown else Q(pk__among=keys))


def put_off(rows: QuerySet[_Messages], workspace: Workspace, *, is_so: bool = True) -> QuerySet[_Messages]:
    """The messages that a mailbox provider put off at least once, or the others."""
    was_put_off = _has_report(workspace, MessageEventType.DEFERRED)
    return rows.filter(was_put_off if is_so else ~was_put_off)


def _has_report(workspace: Workspace, kind: MessageEventType, **fields: str) -> Exists:
    reports = MessageEvent.objects.filter(workspace_id=workspace.pk, message=OuterRef("pk"), type=kind, **fields)
    return Exists(reports)
