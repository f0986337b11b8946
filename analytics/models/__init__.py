"""The data: `catalogue`, `ab_tests`, `boards`, `changes`, `facts` (what happened), `people` (who is who), `funnels`,
`properties`, `rates`, `saved_questions`, `scheduled_emails`, `segments`, `share_links`, `uploads`, `remarks`,
`operations`."""

from analytics.channels import Channel
from analytics.models.ab_tests import ABTest, ABTestGoal, Assignment, Variant
from analytics.models.alerts import Alert, AlertChange, MailTo
from analytics.models.boards import Board
from analytics.models.bulk import Among
from analytics.models.catalogue import (
    Campaign,
    CampaignStatus,
    Contact,
    Enrolment,
    EnrolmentStatus,
    UtmTriple,
)
from analytics.models.changes import Removal, RemovedFrom
from analytics.models.deliveries import Delivery, DeliveryState, OutgoingEvent, WebhookEndpoint
from analytics.models.facts import BounceKind, Event, IdentityCall, Message, MessageEvent, MessageEventType
from analytics.models.funnels import SavedFunnel
from analytics.models.ledger import DayColumn, DayCount, DayPack, PackKind
from analytics.models.notes import Note
from analytics.models.operations import JobRun, JobState
from analytics.models.people import Identity, IdentityKind, Join, JoinCause, Person, PersonNumbers
from analytics.models.properties import ColumnChoice, EventProperty
from analytics.models.rates import ExchangeRate
from analytics.models.remarks import IngestRemark, RemarkKind
from analytics.models.saved_questions import SavedQuestion
from analytics.models.scheduled_emails import EmailDays, EmailRecipient, ScheduledEmail
from analytics.models.segments import SavedSegment
from analytics.models.share_links import ShareLink
from analytics.models.uploads import KeptMapping, Upload, UploadedResource

__all__ = [
    "ABTest",
    "ABTestGoal",
    "Alert",
    "AlertChange",
    "Among",
    "Assignment",
    "Board",
    "BounceKind",
    "Campaign",
    "CampaignStatus",
    "Channel",
    "ColumnChoice",
    "Contact",
    "DayColumn",
    "DayCount",
    "DayPack",
    "Delivery",
    "DeliveryState",
    "EmailDays",
    "EmailRecipient",
    "Enrolment",
    "EnrolmentStatus",
    "Event",
    "EventProperty",
    "ExchangeRate",
    "Identity",
    "IdentityCall",
    "IdentityKind",
    "IngestRemark",
    "JobRun",
    "JobState",
    "Join",
    "JoinCause",
    "KeptMapping",
    "MailTo",
    "Message",
    "MessageEvent",
    "MessageEventType",
    "Note",
    "OutgoingEvent",
    "PackKind",
    "Person",
    "PersonNumbers",
    "RemarkKind",
    "Removal",
    "RemovedFrom",
    "SavedFunnel",
    "SavedQuestion",
    "SavedSegment",
    "ScheduledEmail",
    "ShareLink",
    "Upload",
    "UploadedResource",
    "UtmTriple",
    "Variant",
    "WebhookEndpoint",
]
