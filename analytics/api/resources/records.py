"""How rows look in JSON and CSV: the field names of the bulk API, and ids beside the sender's own.

Instants are in UTC. What a row refers to is fetched for the whole page at once: the view sees to that.
"""

from typing import Any

from rest_framework import serializers

from analytics.actors import Actor, ProviderHint
from analytics.api.filters.following import PersonIdField, changed_at, person_id
from analytics.api.resources.items import UTM_OF_CAMPAIGN
from analytics.lists.people import PersonRow
from analytics.metrics import LADDER
from analytics.models import (
    ABTest,
    ABTestGoal,
    Assignment,
    BounceKind,
    Campaign,
    CampaignStatus,
    Channel,
    Contact,
    Enrolment,
    EnrolmentStatus,
    Event,
    Message,
    MessageEvent,
    MessageEventType,
    Removal,
    RemovedFrom,
    Variant,
)
from campaignos.absence import ChoiceOrNull, TextOrNull


def contact_id_or_null() -> serializers.CharField:
    """Of whose a row is, where that is a contact."""
    return serializers.CharField(
        source="contact.api_id", default=None, allow_null=True, help_text="Such as ct_1; null for somebody not known."
    )


def contact_or_null() -> serializers.CharField:
    return serializers.CharField(
        source="contact.external_id", default=None, allow_null=True, help_text="The contact's externalId, or null."
    )


def device_or_null() -> serializers.CharField:
    return serializers.CharField(
        source="anonymous_id", allow_null=True, help_text="A device of somebody not known; null for a contact."
    )


class ContactRecord(serializers.Serializer[Contact]):
    id = serializers.CharField(source="api_id", help_text="Such as ct_1.")
    externalId = serializers.CharField(source="external_id", help_text="The sender's id, unique in the workspace.")
    email = TextOrNull(help_text="Null if not known; masked for callers from whom addresses are hidden.")
    phone = TextOrNull(help_text="Null if not known; masked for callers from whom addresses are hidden.")
    name = TextOrNull(help_text="Null if not known.")
    attributes = serializers.DictField(help_text="What else was said, as it was sent.")
    signedUpAt = serializers.DateTimeField(source="signed_up_at", help_text="When the contact signed up.")
    signupIsStated = serializers.BooleanField(
        source="signup_is_stated",
        help_text="Whether somebody stated that; else it is the earliest that is known, and an earlier fact moves it.",
    )
    formerIds = serializers.ListField(
        child=serializers.CharField(),
        source="former_ids",
        help_text="Other ids that lead to it: of contacts joined to it, and from aliases; the first hundred.",
    )
    receivedAt = serializers.DateTimeField(source="received_at", help_text="When the newest change was received.")
    personId = person_id()
    mergedInto = serializers.CharField(
        source="merged_into.api_id",
        allow_null=True,
        required=False,
        help_text="Where changes are asked for: the contact that it was merged into, or null.",
    )
    changedAt = changed_at()
    columns = serializers.DictField(
        required=False,
        help_text="With `columns`: what is told besides, by the names asked for, null for what is not there. `value` "
        "is an object of amounts in minor units: `converted` to the workspace's currency, and `byCurrency` as stated.",
    )


class VariantRecord(serializers.Serializer[Variant]):
    name = serializers.CharField(help_text="Unique in the test.")
    weight = serializers.FloatField(help_text="Its share of the sends, relative to the other variants' weights.")
    isControl = serializers.BooleanField(source="is_control", help_text="Whether the others are compared with it.")


class UtmRecord(serializers.Serializer[Any]):
    source = serializers.CharField(help_text="Trimmed, in lower case.")  # type: ignore[assignment]
    medium = TextOrNull(help_text="Trimmed, in lower case; null if not stated.")
    campaign = TextOrNull(help_text="Null if not stated.")


class CampaignTestRecord(serializers.Serializer[ABTest]):
    externalId = serializers.CharField(source="external_id", help_text="The sender's id, unique in the campaign.")
    name = serializers.CharField()
    variants = serializers.ListField(child=VariantRecord(), source="variants.all", help_text="In their own order.")


class CampaignRecord(serializers.Serializer[Campaign]):
    id = serializers.CharField(source="api_id", help_text="Such as cmp_1.")
    externalId = serializers.CharField(source="external_id", help_text="The sender's id, unique in the workspace.")
    name = serializers.CharField()
    channel = serializers.ChoiceField(Channel.choices)
    status = serializers.ChoiceField(CampaignStatus.choices)
    startedAt = serializers.DateTimeField(source="started_at", allow_null=True)
    endedAt = serializers.DateTimeField(source="ended_at", allow_null=True)
    subject = TextOrNull(help_text="The subject of its messages; null if not known.")
    previewText = TextOrNull(source="preview_text", help_text="What inboxes show beside it; null if not known.")
    utm = UtmRecord(allow_null=True, help_text=f"{UTM_OF_CAMPAIGN} Null if not known.")
    abTests = serializers.ListField(child=CampaignTestRecord(), source="ab_tests.all", help_text="As they are sent.")
    receivedAt = serializers.DateTimeField(source="received_at", help_text="When the newest change was received.")
    changedAt = changed_at()


class ABTestRecord(serializers.Serializer[ABTest]):
    id = serializers.CharField(source="api_id", help_text="Such as ab_1.")
    externalId = serializers.CharField(
        source="external_id", help_text="The sender's id, unique in its campaign, or among those without one."
    )
    campaignId = serializers.CharField(
        source="campaign.api_id", default=None, allow_null=True, help_text="Such as cmp_1; null for a test of none."
    )
    campaign = serializers.CharField(
        source="campaign.external_id", default=None, allow_null=True, help_text="The campaign's externalId, or null."
    )
    name = serializers.CharField()
    isHoldout = serializers.BooleanField(source="is_holdout", help_text="Whether those in the control get nothing.")
    startedAt = serializers.DateTimeField(source="started_at", allow_null=True)
    endedAt = serializers.DateTimeField(source="ended_at", allow_null=True)
    plannedSize = serializers.IntegerField(
        source="planned_size", allow_null=True, help_text="After how many people it is decided; null without a plan."
    )
    goal = serializers.ChoiceField(ABTestGoal.choices, help_text="What decides it.")
    goalEvent = TextOrNull(source="goal_event", help_text="The type of events, where these are the goal.")
    windowDays = serializers.IntegerField(source="window_days", help_text="How many days after the assignment count.")
    seed = serializers.CharField(source="hash_seed", help_text="What variants are drawn with.")
    variants = serializers.ListField(child=VariantRecord(), source="variants.all", help_text="In their own order.")


class AssignmentRecord(serializers.Serializer[Assignment]):
    id = serializers.CharField(source="api_id", help_text="`asg_` and 32 hexadecimal digits.")
    abTestId = serializers.CharField(source="test.api_id", help_text="Such as ab_1.")
    abTest = serializers.CharField(source="test.external_id", help_text="The test's externalId.")
    campaign = serializers.CharField(
        source="test.campaign.external_id",
        default=None,
        allow_null=True,
        help_text="The externalId of the test's campaign, or null.",
    )
    variant = serializers.CharField(source="variant.name", help_text="The variant's name.")
    contactId = contact_id_or_null()
    contact = contact_or_null()
    anonymousId = device_or_null()
    assignedAt = serializers.DateTimeField(source="assigned_at", help_text="The earliest instant that was said.")
    withheld = serializers.BooleanField(help_text="Whether the person was given nothing.")
    receivedAt = serializers.DateTimeField(source="received_at", help_text="When the newest change was received.")


class EnrollmentRecord(serializers.Serializer[Enrolment]):
    id = serializers.CharField(source="api_id", help_text="Such as enr_1.")
    campaignId = serializers.CharField(source="campaign.api_id", help_text="Such as cmp_1.")
    campaign = serializers.CharField(source="campaign.external_id", help_text="The campaign's externalId.")
    contactId = serializers.CharField(source="contact.known_by.api_id", help_text="Such as ct_1.")
    contact = serializers.CharField(source="contact.known_by.external_id", help_text="The contact's externalId.")
    status = serializers.ChoiceField(EnrolmentStatus.choices)
    enrolledAt = serializers.DateTimeField(source="enrolled_at")
    completedAt = serializers.DateTimeField(source="completed_at", allow_null=True)
    receivedAt = serializers.DateTimeField(source="received_at", help_text="When the newest change was received.")
    personId = person_id("contact.person_number")
    changedAt = changed_at()


class MessageRecord(serializers.Serializer[Message]):
    id = serializers.CharField(source="api_id", help_text="`msg_` and 32 hexadecimal digits.")
    externalId = serializers.CharField(source="external_id", help_text="The sender's id, unique in the workspace.")
    campaignId = serializers.CharField(source="campaign.api_id", help_text="Such as cmp_1.")
    campaign = serializers.CharField(source="campaign.external_id", help_text="The campaign's externalId.")
    contactId = serializers.CharField(source="contact.known_by.api_id", help_text="Such as ct_1.")
    contact = serializers.CharField(source="contact.known_by.external_id", help_text="The contact's externalId.")
    channel = serializers.ChoiceField(Channel.choices)
    abTest = serializers.CharField(
        source="variant.test.external_id", default=None, allow_null=True, help_text="The test's externalId."
    )
    variant = serializers.CharField(
        source="variant.name", default=None, allow_null=True, help_text="The variant's name."
    )
    providerMessageId = TextOrNull(
        source="provider_message_id", help_text="The email provider's id; null if not known."
    )
    statuses = serializers.SerializerMethodField(help_text="Every status reached, in life-cycle order.")
    createdAt = serializers.DateTimeField(source="created_at")
    sentAt = serializers.DateTimeField(source="sent_at", allow_null=True)
    deliveredAt = serializers.DateTimeField(source="delivered_at", allow_null=True)
    openedAt = serializers.DateTimeField(source="opened_at", allow_null=True, help_text="First open or click.")
    clickedAt = serializers.DateTimeField(source="clicked_at", allow_null=True, help_text="First click.")
    reportedDeliveredAt = serializers.DateTimeField(
        source="reported_delivered_at", allow_null=True, help_text="First delivery that was said, not implied."
    )
    statedOpenedAt = serializers.DateTimeField(
        source="stated_opened_at", allow_null=True, help_text="First open that the message itself was sent with."
    )
    statedClickedAt = serializers.DateTimeField(
        source="stated_clicked_at", allow_null=True, help_text="First click that the message itself was sent with."
    )
    humanOpenedAt = serializers.DateTimeField(
        source="human_opened_at", allow_null=True, help_text="First open or click by a person."
    )
    humanClickedAt = serializers.DateTimeField(
        source="human_clicked_at", allow_null=True, help_text="First click by a person."
    )
    bouncedAt = serializers.DateTimeField(source="bounced_at", allow_null=True)
    failedAt = serializers.DateTimeField(source="failed_at", allow_null=True)
    hardBouncedAt = serializers.DateTimeField(
        source="hard_bounced_at", allow_null=True, help_text="First bounce that was reported as being for good."
    )
    softBouncedAt = serializers.DateTimeField(
        source="soft_bounced_at", allow_null=True, help_text="First bounce that was reported as being for now."
    )
    complainedAt = serializers.DateTimeField(
        source="complained_at", allow_null=True, help_text="First reported complaint about it."
    )
    unsubscribedAt = serializers.DateTimeField(
        source="unsubscribed_at", allow_null=True, help_text="First unsubscription reported of it."
    )
    receivedAt = serializers.DateTimeField(source="received_at", help_text="When the newest change was received.")
    personId = person_id()
    changedAt = changed_at()

    def get_statuses(self, message: Message) -> list[str]:
        return [status for status, counted in LADDER.items() if getattr(message, counted.field) is not None]


class MessageEventRecord(serializers.Serializer[MessageEvent]):
    id = serializers.CharField(source="api_id", help_text="`mev_` and 32 hexadecimal digits.")
    messageId = serializers.SerializerMethodField(help_text="The message; null as long as it is not known.")
    message = serializers.CharField(source="message_ref", help_text="Its external or provider id, as reported.")
    type = serializers.ChoiceField(MessageEventType.choices)
    at = serializers.DateTimeField(source="occurred_at", help_text="When it happened.")
    actor = ChoiceOrNull(Actor.choices, help_text="Who opened or clicked; null for other types.")
    actorRule = TextOrNull(source="actor_rule", help_text="The rule that says so; null for other types.")
    url = TextOrNull(help_text="The link that was clicked; null if not stated.")
    userAgent = TextOrNull(source="user_agent", help_text="Null if not stated.")
    reason = TextOrNull(help_text="Why it bounced or failed; null if not stated.")
    bounce = ChoiceOrNull(BounceKind.choices, source="bounce_kind", help_text="Null if not stated.")
    providerHint = ChoiceOrNull(
        ProviderHint.choices,
        source="provider_hint",
        help_text="Who opened, as the email provider says; null if not stated.",
    )
    receivedAt = serializers.DateTimeField(source="received_at")
    changedAt = changed_at()

    def get_messageId(self, report: MessageEvent) -> str | None:
        return None if report.message_id is None else f"msg_{report.message_id.hex}"


class EventRecord(serializers.Serializer[Event]):
    id = serializers.CharField(source="api_id", help_text="`evt_` and 32 hexadecimal digits.")
    messageId = serializers.CharField(source="message_id", help_text="The sender's id of the event.")
    type = serializers.CharField(help_text="Such as purchase.")
    occurredAt = serializers.DateTimeField(source="occurred_at", help_text="Corrected for the sender's clock.")
    statedAt = serializers.DateTimeField(
        source="stated_at", allow_null=True, help_text="As the sender said, where it was corrected."
    )
    receivedAt = serializers.DateTimeField(source="received_at")
    contactId = contact_id_or_null()
    contact = contact_or_null()
    anonymousId = device_or_null()
    personId = PersonIdField(source="person_number", help_text="Whose it is, as it was written; it never changes.")
    utm = UtmRecord(allow_null=True, help_text="Where the link came from, if it said.")
    properties = serializers.DictField(help_text="As sent.")
    context = serializers.DictField(help_text="As sent: library, page, campaign with all its fields.")  # type: ignore[assignment]
    changedAt = changed_at()


class PersonRecord(serializers.Serializer[PersonRow]):
    id = serializers.CharField(source="api_id", help_text="Such as per_1.")
    contactId = contact_id_or_null()
    contact = contact_or_null()
    anonymousIds = serializers.ListField(
        child=serializers.CharField(), source="devices", help_text="Their devices, in their order."
    )
    lastEventAt = serializers.DateTimeField(
        source="last_event_at", allow_null=True, help_text="When they did something last; null for nothing."
    )
    joinedTo = PersonIdField(
        source="joined_to",
        allow_null=True,
        required=False,
        help_text="Where changes are asked for: the person that they turned out to be, such as per_1, or null.",
    )
    changedAt = changed_at()


class RemovalRecord(serializers.Serializer[Removal]):
    id = serializers.CharField(source="api_id", help_text="`rmv_` and 32 hexadecimal digits.")
    resource = serializers.ChoiceField(RemovedFrom.values, help_text="Of which list it was.")
    removed = TextOrNull(source="row", help_text="The id of the row that is gone; null where `before` is set.")
    before = serializers.DateTimeField(
        allow_null=True,
        help_text="Events that occurred before then, and messages that were created before, are gone with all reports "
        "on them: the workspace keeps them no longer. Null for a single row.",
    )
    changedAt = serializers.DateTimeField(source="changed_at", help_text="When it was removed.")
