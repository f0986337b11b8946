"""Rows of every model, with as little said as each needs."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import Model

from analytics.models import (
    ABTest,
    Alert,
    AlertChange,
    Assignment,
    Board,
    Campaign,
    Channel,
    Contact,
    DayColumn,
    DayCount,
    DayPack,
    Delivery,
    EmailRecipient,
    Enrolment,
    Event,
    EventProperty,
    ExchangeRate,
    Identity,
    IdentityCall,
    IdentityKind,
    IngestRemark,
    JobRun,
    Join,
    JoinCause,
    KeptMapping,
    Message,
    MessageEvent,
    MessageEventType,
    Note,
    PackKind,
    Person,
    PersonNumbers,
    RemarkKind,
    Removal,
    SavedFunnel,
    SavedQuestion,
    SavedSegment,
    ScheduledEmail,
    ShareLink,
    Upload,
    UtmTriple,
    Variant,
    WebhookEndpoint,
)
from workspaces.models import Membership, User, Workspace

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
numbers = count()


def workspace() -> Workspace:
    return Workspace.objects.create(name="W", slug=f"w{next(numbers)}")


DEFAULTS: dict[type[Model], Callable[[Workspace], dict[str, Any]]] = {
    Contact: lambda of: {
        "external_id": f"u{next(numbers)}",
        "person_number": next(numbers),
        "attributes_at": AT,
        "signed_up_at": AT,
    },
    Campaign: lambda of: {"external_id": f"c{next(numbers)}", "name": "C"},
    Enrolment: lambda of: {"campaign": row(Campaign, of), "contact": row(Contact, of), "enrolled_at": AT},
    ABTest: lambda of: {"campaign": row(Campaign, of), "external_id": "t", "name": "T"},
    Assignment: lambda of: {
        "id": uuid.uuid4(),
        "test": (test := row(ABTest, of)),
        "variant": row(Variant, of, test=test),
        "person_number": 0,
        "assigned_at": AT,
        "withheld": False,
        "received_at": AT,
    },
    Variant: lambda of: {"test": row(ABTest, of), "name": "A", "position": 0},
    EventProperty: lambda of: {"event_type": "purchase", "name": f"p{next(numbers)}"},
    ExchangeRate: lambda of: {
        "day": date(2026, 3, 1) + timedelta(days=next(numbers)),
        "source": "EUR",
        "target": "USD",
        "digits": 10845,
        "places": 4,
    },
    Alert: lambda of: {
        "name": f"a{next(numbers)}",
        "metric": "events",
        "kind": "anomaly",
        "direction": "both",
    },
    AlertChange: lambda of: {"alert": row(Alert, of), "opened": True, "day": AT.date(), "at": AT},
    Membership: lambda of: {"user": User.objects.create(email=f"{next(numbers)}@example.com")},
    WebhookEndpoint: lambda of: {"url": "https://example.com/hook", "events": [], "encrypted_secret": "x"},
    Delivery: lambda of: {
        "email": "ada@example.com",
        "event": "alert.opened",
        "key": f"k{next(numbers)}",
        "body": {"subject": "S", "text": "T"},
        "made_at": AT,
        "due_at": AT,
    },
    ScheduledEmail: lambda of: {
        "question": row(SavedQuestion, of),
        "name": f"e{next(numbers)}",
        "frequency": "weekly",
        "made_for": AT.date(),
    },
    EmailRecipient: lambda of: {"scheduled_email": row(ScheduledEmail, of), "member": row(Membership, of)},
    Removal: lambda of: {"resource": "events", "row": "evt_1", "written_at": AT},
    Note: lambda of: {"day": AT.date(), "text": "N"},
    SavedSegment: lambda of: {"name": f"s{next(numbers)}", "condition": "contact.known:true"},
    SavedQuestion: lambda of: {"name": f"q{next(numbers)}", "report": "overview"},
    Board: lambda of: {"name": f"b{next(numbers)}"},
    ShareLink: lambda of: {
        "question": row(SavedQuestion, of),
        "digest": f"d{next(numbers)}",
        "expires_at": AT,
    },
    SavedFunnel: lambda of: {"name": f"f{next(numbers)}", "steps": ["a"]},
    UtmTriple: lambda of: {"source": f"s{next(numbers)}"},
    Message: lambda of: {
        "id": uuid.uuid4(),
        "external_id": "m",
        "campaign": row(Campaign, of),
        "contact": row(Contact, of),
        "person_number": 0,
        "channel": Channel.EMAIL,
        "created_at": AT,
        "received_at": AT,
    },
    MessageEvent: lambda of: {
        "id": uuid.uuid4(),
        "message_ref": "m",
        "type": MessageEventType.SENT,
        "occurred_at": AT,
        "received_at": AT,
    },
    Event: lambda of: {
        "id": uuid.uuid4(),
        "message_id": "e",
        "person_number": 0,
        "type": "page_view",
        "occurred_at": AT,
        "received_at": AT,
    },
    DayCount: lambda of: {"day": AT.date(), "counted": "events", "n": 1, "through": AT},
    DayPack: lambda of: {"kind": PackKind.EVENT, "day": AT.date(), "n": 1, "through": AT, "data": b""},
    DayColumn: lambda of: {"segment_id": uuid.uuid4(), "name": "utm", "data": b""},
    IdentityCall: lambda of: {"id": uuid.uuid4(), "received_at": AT},
    PersonNumbers: lambda of: {},
    IngestRemark: lambda of: {"received_at": AT, "source": "v1/batch", "kind": RemarkKind.REJECTED, "code": "too_old"},
    Person: lambda of: {"number": next(numbers)},
    Join: lambda of: {"gone": next(numbers) + 1000, "kept": 0, "cause": JoinCause.ALIAS},
    JobRun: lambda of: {"job": "verify", "started_at": AT},
    KeptMapping: lambda of: {"resource": "contacts", "signature": str(next(numbers)), "mapping": {}, "used_at": AT},
    Upload: lambda of: {
        "user": User.objects.create(email=f"{next(numbers)}@example.com"),
        "resource": "contacts",
        "content": b"",
        "uploaded_at": AT,
    },
    Identity: lambda of: {"kind": IdentityKind.EXTERNAL, "value": f"u{next(numbers)}", "person_number": 0},
}


OF_THE_INSTALLATION = {JobRun}
"""The models whose rows are no workspace's."""


def row(model: type[Model], of: Workspace, **fields: Any) -> Any:
    """A new row of the workspace, with the rows it belongs to."""
    owner = {} if model in OF_THE_INSTALLATION else {"workspace": of}
    return model._default_manager.create(**{**owner, **DEFAULTS[model](of), **fields})
