"""What can be sent of each resource, for the schema: `analytics.ingest` reads and judges the items themselves.

A field that is absent says nothing, and changes nothing; one that is null or an empty text is taken back,
where there can be nothing: of contacts, and of when a campaign began and ended or an enrollment was completed. Where
there is always something, a change to null is refused; in bulk it says nothing.
"""

from typing import Any

from rest_framework import serializers

from analytics.actors import ProviderHint
from analytics.ingest.fields import MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_TEXT_LENGTH, MAX_URL_LENGTH
from analytics.ingest.people.contacts import MAX_EMAIL_LENGTH, MAX_PHONE_LENGTH
from analytics.ingest.people.former_ids import MOST_FORMER_IDS
from analytics.models import ABTestGoal, BounceKind, CampaignStatus, Channel, EnrolmentStatus, MessageEventType
from analytics.models.ab_tests import LONGEST_TEST_WINDOW
from analytics.questions.steps import MAX_TYPE_LENGTH

UTM_OF_CAMPAIGN = "What the campaign's links carry: visits with these three come from it."
INSTANTS = "ISO 8601; UTC without an offset. A bare day is that day in the workspace's time zone."


def _text(help_text: str, *, max_length: int = MAX_ID_LENGTH, required: bool = False) -> serializers.CharField:
    return serializers.CharField(
        help_text=help_text,
        max_length=max_length,
        required=required,
        allow_null=not required,
        allow_blank=not required,
    )


def _instant(help_text: str, *, required: bool = False, is_always: bool = False) -> serializers.DateTimeField:
    """`is_always` marks a field that always has an instant: null does not clear it."""
    can_be_null = not (required or is_always)
    return serializers.DateTimeField(help_text=f"{help_text} {INSTANTS}", required=required, allow_null=can_be_null)


def _choice(
    choices: Any, help_text: str, *, required: bool = False, is_always: bool = False
) -> serializers.ChoiceField:
    can_be_null = not (required or is_always)
    return serializers.ChoiceField(choices, help_text=help_text, required=required, allow_null=can_be_null)


class ContactItem(serializers.Serializer[Any]):
    externalId = _text("Your id of the contact, unique in the workspace.", required=True)
    email = _text("The email address. A warning says if another contact has it, too.", max_length=MAX_EMAIL_LENGTH)
    phone = _text("The phone number.", max_length=MAX_PHONE_LENGTH)
    name = _text("The full name.", max_length=MAX_NAME_LENGTH)
    attributes = serializers.DictField(
        required=False, allow_null=True, help_text="Anything else. Keys are added to those that are there."
    )
    signedUpAt = _instant("When the contact signed up. If it is never stated, the earliest time known of the contact.")
    signupIsStated = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="False if signedUpAt is only the earliest time known: an earlier fact then moves it, a later one "
        "does not. True by default.",
    )

    formerIds = serializers.ListField(
        child=serializers.CharField(max_length=MAX_ID_LENGTH),
        max_length=MOST_FORMER_IDS,
        required=False,
        allow_null=True,
        help_text="IDs it had before: what is sent with one of them counts for this contact. One that belongs to "
        "another contact is left out, with a warning.",
    )
    unsubscribedAt = _instant("When the contact asked for no more messages. The earliest that is said counts.")
    isUnsubscribed = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="True if it did, and nobody knows when: it counts as of now, unless an earlier time is known.",
    )


class ContactChange(ContactItem):
    """`attributes` is null where all of them are taken back."""

    externalId = _text("If given, that of the contact: it cannot be changed.")
    attributes = serializers.DictField(
        required=False,
        allow_null=True,
        help_text="Keys are added to those that are there; null removes one of them, or all.",
    )
    signedUpAt = _instant("When the contact signed up.", is_always=True)
    signupIsStated = serializers.BooleanField(
        required=False,
        help_text="False if signedUpAt is only the earliest time known: an earlier fact then moves it, a later one "
        "does not. True by default.",
    )


class VariantItem(serializers.Serializer[Any]):
    name = _text("Unique in the test.", max_length=MAX_NAME_LENGTH, required=True)
    weight = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=1e9, help_text="Its share of the sends; 1 by default."
    )
    isControl = serializers.BooleanField(
        required=False, allow_null=True, help_text="Whether the others are compared with it; false by default."
    )


class CampaignTestItem(serializers.Serializer[Any]):
    externalId = _text("Your id of the test, unique in the campaign.", required=True)
    name = _text("Its name.", max_length=MAX_NAME_LENGTH, required=True)
    variants = serializers.ListField(child=VariantItem(), required=False, allow_null=True)


class CampaignUtmItem(serializers.Serializer[Any]):
    source = _text("Such as newsletter.", max_length=MAX_TEXT_LENGTH, required=True)  # type: ignore[assignment]
    medium = _text("Such as email.", max_length=MAX_TEXT_LENGTH)
    campaign = _text("Such as spring.", max_length=MAX_TEXT_LENGTH)


class CampaignItem(serializers.Serializer[Any]):
    externalId = _text("Your id of the campaign, unique in the workspace.", required=True)
    name = _text("Its name.", max_length=MAX_NAME_LENGTH, required=True)
    channel = _choice(Channel.choices, "For a new one EMAIL by default.")
    status = _choice(CampaignStatus.choices, "For a new one DRAFT by default.")
    startedAt = _instant("When it started.")
    endedAt = _instant("When it ended.")
    subject = _text("The subject of its messages.", max_length=MAX_NAME_LENGTH)
    previewText = _text("What inboxes show beside the subject.", max_length=MAX_NAME_LENGTH)
    utm = CampaignUtmItem(required=False, allow_null=True, help_text=UTM_OF_CAMPAIGN)
    abTests = serializers.ListField(
        child=CampaignTestItem(),
        required=False,
        allow_null=True,
        help_text="Tests and variants not named stay as they are.",
    )


class CampaignChange(CampaignItem):
    externalId = _text("If given, that of the campaign: it cannot be changed.")
    name = serializers.CharField(max_length=MAX_NAME_LENGTH, required=False, help_text="Its name.")
    channel = _choice(Channel.choices, "The channel.", is_always=True)
    status = _choice(CampaignStatus.choices, "How far it is.", is_always=True)
    abTests = serializers.ListField(
        child=CampaignTestItem(), required=False, help_text="Tests and variants not named stay as they are."
    )


class EnrollmentItem(serializers.Serializer[Any]):
    campaign = _text("The campaign's externalId.", required=True)
    contact = _text("The contact's externalId.", required=True)
    status = _choice(EnrolmentStatus.choices, "For a new one ACTIVE by default; COMPLETED with a completedAt.")
    enrolledAt = _instant("When it started; for a new one now by default.")
    completedAt = _instant("When it was completed.")


class EnrollmentChange(serializers.Serializer[Any]):
    status = _choice(EnrolmentStatus.choices, "COMPLETED, if there is a completedAt and no status.", is_always=True)
    enrolledAt = _instant("When it began.", is_always=True)
    completedAt = _instant("When it was completed.")


class MessageItem(serializers.Serializer[Any]):
    externalId = _text("Your id of the message, unique in the workspace.", required=True)
    campaign = _text("The campaign's externalId.", required=True)
    contact = _text("The contact's externalId.", required=True)
    channel = _choice(Channel.choices, "The channel it was sent on.", required=True)
    abTest = _text("The externalId of a test of the campaign; together with `variant`.")
    variant = _text("The name of one of the test's variants.", max_length=MAX_NAME_LENGTH)
    providerMessageId = _text("The email provider's id, by which its reports find the message.")
    createdAt = _instant("By default the earliest of the times below, else now.")
    sentAt = _instant("When it was sent.")
    deliveredAt = _instant("When it was delivered.")
    openedAt = _instant("First open.")
    clickedAt = _instant("First click; counts as an open, too.")
    reportedDeliveredAt = _instant("Where `deliveredAt` is implied by an open, what was said itself, or null.")
    statedOpenedAt = _instant("Where `openedAt` comes from reports, what you say yourself, or null for nothing.")
    statedClickedAt = _instant("Where `clickedAt` comes from reports, what you say yourself, or null for nothing.")
    bouncedAt = _instant("When it bounced.")
    failedAt = _instant("When sending failed.")


class MessageEventItem(serializers.Serializer[Any]):
    message = _text("The message's externalId or providerMessageId.", required=True)
    type = _choice(MessageEventType.choices, "What happened.", required=True)
    at = _instant("When it happened.", required=True)
    id = _text("Your id of the report, so that it counts once; made of the rest if absent.")
    url = _text("The link that was clicked.", max_length=MAX_URL_LENGTH)
    userAgent = _text("The browser that opened or clicked.", max_length=MAX_TEXT_LENGTH)
    reason = _text("Why it bounced or failed.", max_length=MAX_TEXT_LENGTH)
    bounce = _choice(BounceKind.choices, "Whether a bounce is for good (hard) or for now (soft).")
    providerHint = _choice(ProviderHint.choices, "Who opened, as the email provider says.")


class UtmItem(serializers.Serializer[Any]):
    source = _text("Such as google.", max_length=MAX_TEXT_LENGTH)  # type: ignore[assignment]
    medium = _text("Such as cpc.", max_length=MAX_TEXT_LENGTH)
    campaign = _text("Such as summer-sale.", max_length=MAX_TEXT_LENGTH)
    term = _text("The search term.", max_length=MAX_TEXT_LENGTH)
    content = _text("Which of several links.", max_length=MAX_TEXT_LENGTH)


class EventItem(serializers.Serializer[Any]):
    type = _text("Such as purchase.", max_length=MAX_TYPE_LENGTH, required=True)
    occurredAt = _instant("When it happened, from 1970 on. Over 24 hours ahead counts as now.", required=True)
    messageId = _text("Your id of the event, so that it counts once.")
    contact = _text("The contact's externalId; makes a new contact. This or `anonymousId` is required.")
    anonymousId = _text("Your id of somebody not known yet, such as a device.")
    utm = UtmItem(required=False, allow_null=True)
    properties = serializers.DictField(required=False, allow_null=True, help_text="Anything about the event.")
    context = serializers.DictField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="Where it happened, as the SDKs send it: library, page and so on."
    )
    statedAt = _instant("What the sender's clock said, where `occurredAt` is corrected.")


class RemarkBody(serializers.Serializer[Any]):
    index = serializers.IntegerField(min_value=0, help_text="The item's place in the batch, from 0.")
    messageId = serializers.CharField(allow_null=True, help_text="Its messageId or externalId, if it had one.")
    code = serializers.CharField(help_text="For programs, such as missing_external_id.")
    message = serializers.CharField(help_text="For people: what was wrong, and what is allowed.")


class OutcomeBody(serializers.Serializer[Any]):
    """What became of the items of a batch. A refused one never spoils the others."""

    success = serializers.BooleanField()
    accepted = serializers.IntegerField(min_value=0, help_text="New ones.")
    updated = serializers.IntegerField(min_value=0, help_text="Known ones that changed.")
    duplicates = serializers.IntegerField(min_value=0, help_text="Known ones that are the same.")
    rejected = serializers.ListField(child=RemarkBody(), help_text="Refused ones, with the reason.")
    warnings = serializers.ListField(child=RemarkBody(), help_text="Taken ones in which something was changed.")


class ABTestItem(serializers.Serializer[Any]):
    externalId = _text("Your id of the test, unique in its campaign, or among those without one.", required=True)
    name = _text("Its name.", max_length=MAX_NAME_LENGTH, required=True)
    campaign = _text("The campaign's externalId, for a test of its messages or a holdout of it.")
    isHoldout = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="Whether those in the control get nothing: nothing of the campaign, or without one nothing at all.",
    )
    variants = serializers.ListField(
        child=VariantItem(), max_length=20, help_text="In their order. A holdout has two, one with `isControl`."
    )
    startedAt = _instant("When it started.")
    endedAt = _instant("When it ended.")
    plannedSize = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=1_000_000_000,
        help_text="After how many people in all variants it is decided.",
    )
    goal = _choice(ABTestGoal.choices, "What decides it; for a new one `click` of messages, else `conversion`.")
    goalEvent = _text("The type of events, where these are the goal.", max_length=MAX_TYPE_LENGTH)
    windowDays = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LONGEST_TEST_WINDOW,
        help_text="How many days after the assignment count; 7 by default.",
    )
    seed = _text("What variants are drawn with; its externalId by default.")


class ABTestChange(ABTestItem):
    externalId = _text("If given, that of the test: it cannot be changed.")
    name = serializers.CharField(max_length=MAX_NAME_LENGTH, required=False, help_text="Its name.")
    campaign = _text("If given, that of the test: it cannot be changed.")
    isHoldout = serializers.BooleanField(required=False, help_text="Whether those in the control get nothing.")
    variants = serializers.ListField(
        child=VariantItem(), max_length=20, required=False, help_text="Those that are not named stay as they are."
    )
    goal = _choice(ABTestGoal.choices, "What decides it.", is_always=True)
    windowDays = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LONGEST_TEST_WINDOW,
        help_text="How many days after the assignment count.",
    )


class AssignmentItem(serializers.Serializer[Any]):
    abTest = _text("The test's externalId, or its id such as ab_1.", required=True)
    campaign = _text("The campaign's externalId, where several have a test of that externalId.")
    variant = _text("The name of one of the test's variants.", max_length=MAX_NAME_LENGTH, required=True)
    contact = _text("The contact's externalId; makes a new contact. This or `anonymousId` is required.")
    anonymousId = _text("Your id of somebody not known yet, such as a device.")
    assignedAt = _instant("When they were given it; by default now. Of several the earliest counts.")
    withheld = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="Whether they were given nothing; by default those of a holdout's control.",
    )


class RateItem(serializers.Serializer[Any]):
    """What one unit of a currency is worth in another on a day."""

    day = serializers.DateField(help_text="A day of the workspace's time zone, such as 2026-01-15.")
    rate = serializers.CharField(help_text="A number above 0, as a number or a text, of at most 15 digits.")

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's."""
        fields, code = super().get_fields(), "A code of ISO 4217 such as USD."
        currencies = {name: serializers.CharField(max_length=3, help_text=code) for name in ("from", "to")}
        return {"day": fields["day"], **currencies, "rate": fields["rate"]}


class RateChange(RateItem):
    def get_fields(self) -> dict[str, Any]:
        """Day and currencies, if given, are those of the rate: they cannot be changed."""
        fields = super().get_fields()
        for name in ("day", "from", "to"):
            fields[name].required = False
        return fields
