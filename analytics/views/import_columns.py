"""What the columns of another tool's file mean, as a form: proposed, and changed by whoever knows better."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import available_timezones

from analytics.ingest.files.blocks import in_memory
from analytics.ingest.files.exported_calls import LOCAL
from analytics.ingest.files.mappings import NO_TARGET, SUBSCRIPTION, SUPPRESSION, ColumnMapping, FileMapping
from analytics.ingest.files.proposals import (
    IS_UNSUBSCRIBED,
    FileColumn,
    in_object,
    targets_of,
    with_chosen_order,
    with_kind,
    with_order_of_others,
)
from analytics.ingest.files.surveys import survey
from analytics.ingest.files.times import DayOrder
from analytics.ingest.files.uploads import mapping_of
from analytics.models import Upload

VALUES_SHOWN = 3
_LONGEST_EXAMPLE = 40
_LABELS = {
    "externalId": "ID",
    "email": "Email",
    "contactEmail": "Email of the contact",
    "phone": "Phone",
    "name": "Name",
    "firstName": "First name",
    "lastName": "Last name",
    "signedUpAt": "Signed up",
    "unsubscribedAt": "Unsubscribed since",
    SUBSCRIPTION: "Subscription",
    SUPPRESSION: "Reason for sending no emails",
    IS_UNSUBSCRIBED: "Is unsubscribed",
    "attributes": "Attributes, as JSON",
    "properties": "Properties, as JSON",
    "channel": "Channel",
    "status": "Status",
    "subject": "Subject",
    "previewText": "Preview text",
    "startedAt": "Started",
    "endedAt": "Ended",
    "campaign": "Campaign",
    "contact": "Contact, by ID",
    "abTest": "A/B test",
    "variant": "Variant",
    "providerMessageId": "Provider's message ID",
    "createdAt": "Created",
    "sentAt": "Sent",
    "deliveredAt": "Delivered",
    "openedAt": "Opened",
    "clickedAt": "Clicked",
    "bouncedAt": "Bounced",
    "failedAt": "Failed",
    "message": "Message, by ID",
    "type": "Type",
    "at": "Time",
    "id": "ID",
    "url": "Link",
    "userAgent": "User agent",
    "reason": "Reason",
    "bounce": "Kind of bounce",
    "providerHint": "Provider's hint",
    "occurredAt": "Time",
    "messageId": "ID",
    "anonymousId": "Device ID",
    "statedAt": "Stated time",
}
_KEPT_AS = {"attributes": "Attribute", "properties": "Property"}


@dataclass(frozen=True)
class ShownColumn:
    """A column of the form; `choices` are [target, label, whether it is chosen]."""

    number: int
    name: str
    examples: list[str]
    choices: list[tuple[str, str, bool]]
    is_open: bool


@dataclass
class ColumnsForm:
    """What columns mean, and how that is changed. `problems` say what must be chosen first."""

    mapping: FileMapping
    file_columns: list[FileColumn]
    data: Mapping[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def tool(self) -> str:
        return self.mapping.tool

    @property
    def columns(self) -> list[ShownColumn]:
        by_name = {column.name: column for column in self.mapping.columns}
        return [
            _shown_column(number, column, by_name.get(column.name), self.mapping.resource)
            for number, column in enumerate(self.file_columns)
            if not self.mapping.calls
        ]

    @property
    def open_names(self) -> str:
        return ", ".join(column.name for column in self.mapping.open_columns)

    @property
    def lacks(self) -> str:
        """What some column must say."""
        return ", ".join(target_label(name).lower() for name in self.mapping.lacks)

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """Which of day and month stands first, where the file leaves that open or somebody has said it."""
        times = [column for column in self.mapping.columns if column.is_open or column.order is not None]
        if not times:
            return []
        chosen = next((column.order for column in times if column.order is not None), None)
        labels = {DayOrder.DAY_FIRST: "Day first, 31/12/2026", DayOrder.MONTH_FIRST: "Month first, 12/31/2026"}
        return [(order.value, label, order is chosen) for order, label in labels.items()]

    @property
    def zones(self) -> list[tuple[str, bool]]:
        """None of an archive whose times are UTC."""
        if self.mapping.calls and self.mapping.calls not in LOCAL:
            return []
        return [(name, name == self.mapping.zone) for name in sorted(available_timezones())]

    def chosen_mapping(self) -> FileMapping | None:
        """None where something was chosen that is no choice; `problems` say what."""
        zone = self.data.get("zone", self.mapping.zone)
        if zone not in available_timezones():
            self.problems.append("Choose one of the time zones.")
            return None
        if self.mapping.calls:
            return replace(self.mapping, zone=zone)
        columns = [self._chosen_column(number, column) for number, column in enumerate(self.file_columns)]
        targets = [column.target for column in columns if column.target]
        if twice := sorted({target for target in targets if targets.count(target) > 1}):
            labels = ", ".join(map(target_label, twice))
            self.problems.append(f"Two columns are chosen for: {labels}. Choose one of them.")
            return None
        columns = with_order_of_others(columns)
        if (order := self.data.get("order")) in list(DayOrder):
            columns = with_chosen_order(columns, DayOrder(order))
        return replace(self.mapping, columns=tuple(columns), zone=zone)

    def _chosen_column(self, number: int, column: FileColumn) -> ColumnMapping:
        """What was chosen, or stands there; what is no choice leaves the column as it is."""
        known = {each.name: each for each in self.mapping.columns}.get(column.name)
        before = known.target if known else NO_TARGET
        own = in_object(self.mapping.resource, column.name)
        target = self.data.get(f"target-{number}", before)
        if target not in (NO_TARGET, own, before, *targets_of(self.mapping.resource)):
            target = before
        others = self.data.get("others")
        if target in (NO_TARGET, own) and others in ("keep", "leave"):
            target = own if others == "keep" else NO_TARGET
        return known if known is not None and target == before else with_kind(column, target)


def columns_form(upload: Upload, data: Mapping[str, str] | None = None) -> ColumnsForm | None:
    """None for a file in our own words."""
    mapping = mapping_of(upload)
    if mapping is None:
        return None
    columns = survey(upload.resource, in_memory(bytes(upload.content))).columns
    return ColumnsForm(mapping, columns, data or {})


def target_label(name: str) -> str:
    """What people read for a field of a resource, such as `attributes.plan`."""
    of, _, key = name.partition(".")
    return _LABELS.get(name) or (f"{_KEPT_AS[of]}: {key}" if key and of in _KEPT_AS else name.replace(".", ": "))


def _shown_column(number: int, column: FileColumn, mapped: ColumnMapping | None, resource: str) -> ShownColumn:
    chosen = mapped.target if mapped else NO_TARGET
    own = in_object(resource, column.name)
    kept = [own] if own else []
    targets = [*targets_of(resource)]
    if chosen and chosen not in targets and chosen != own:
        targets.append(chosen)
    named = [(target, target_label(target)) for target in (*kept, *targets)]
    examples = [text[:_LONGEST_EXAMPLE] for text in dict.fromkeys(column.values[:100])]
    return ShownColumn(
        number,
        column.name,
        examples[:VALUES_SHOWN],
        [(target, label, target == chosen) for target, label in [(NO_TARGET, "Left out"), *named]],
        mapped is not None and mapped.is_open and bool(mapped.target),
    )
