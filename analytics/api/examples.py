"""What the schema shows of each body as an example: one made-up shop. Valid by the schema, which a test holds."""

from typing import Any

_MESSAGE_ID = "0192f3a8" * 4
_INSTANT = "2026-01-15T09:30:00Z"
_META = {
    "timeZone": "Europe/Berlin",
    "from": "2026-01-01T00:00:00+01:00",
    "to": "2026-01-31T00:00:00+01:00",
    "generatedAt": "2026-01-30T14:00:00+01:00",
    "dataThrough": "2026-01-30T13:59:58.120000+01:00",
    "dataFrom": None,
}
_CONTACT = {
    "externalId": "ada",
    "email": "ada@example.com",
    "phone": "+44 20 7946 0000",
    "name": "Ada Lovelace",
    "attributes": {"plan": "pro"},
    "signedUpAt": _INSTANT,
    "signupIsStated": True,
    "formerIds": ["ada@home"],
}
_CAMPAIGN = {
    "externalId": "welcome",
    "name": "Welcome Series",
    "channel": "EMAIL",
    "status": "ACTIVE",
    "startedAt": _INSTANT,
    "endedAt": None,
    "subject": "Welcome to Bluebird",
    "previewText": "Three beans to begin with",
    "utm": {"source": "newsletter", "medium": "email", "campaign": "welcome"},
}
_VARIANTS = [
    {"name": "Variant A", "weight": 1.0, "isControl": True},
    {"name": "Variant B", "weight": 1.0, "isControl": False},
]
_AB_TEST = {"externalId": "subject", "name": "Subject Line Test", "variants": _VARIANTS}
_REFERENCES = {"campaignId": "cmp_1", "campaign": "welcome", "contactId": "ct_1", "contact": "ada"}
_EVENT = {
    "type": "purchase",
    "occurredAt": _INSTANT,
    "messageId": "order-1001",
    "contact": "ada",
    "properties": {"revenue": 9.5},
}
_UTM = {"source": "google", "medium": "cpc", "campaign": "summer-sale"}

_NAME = {"id": "cmp_1", "name": "Welcome Series"}
_CONTROL = {
    "name": "Variant A",
    "isControl": True,
    "delivered": 490,
    "count": 150,
    "rate": 0.306,
    "low": 0.267,
    "high": 0.348,
    "difference": None,
}
_VARIANT = {
    "name": "Variant B",
    "isControl": False,
    "delivered": 492,
    "count": 200,
    "rate": 0.407,
    "low": 0.364,
    "high": 0.45,
    "difference": {"amount": 0.1, "low": 0.04, "high": 0.159, "p": 0.001, "verdict": "better"},
}
_PRICE_TEST = {
    "externalId": "price",
    "name": "A higher price",
    "variants": [
        {"name": "as now", "weight": 1.0, "isControl": True},
        {"name": "higher", "weight": 1.0, "isControl": False},
    ],
    "startedAt": _INSTANT,
    "plannedSize": 8000,
    "goal": "conversion",
    "windowDays": 14,
}

_NOTE = {"day": "2026-01-15", "text": "The winter sale began", "campaign": None}

EXAMPLES: dict[str, Any] = {
    "NoteItem": _NOTE,
    "NoteChange": {"text": "The winter sale began a day early"},
    "NoteRecord": {"id": "note_1", **_NOTE, "createdAt": _INSTANT, "createdBy": "ada@example.com"},
    "ContactItem": _CONTACT,
    "ContactChange": {"name": "Ada, Countess of Lovelace"},
    "ContactRecord": {"id": "ct_1", **_CONTACT, "receivedAt": _INSTANT},
    "JoinItem": {"contact": "ada", "joined": "ada@home"},
    "JoinRecord": {
        "id": "join_7",
        "kind": "contact",
        "contactId": "ct_1",
        "contact": "ada",
        "joinedId": "ct_2",
        "ids": ["ada@home"],
        "cause": "member",
        "joinedAt": _INSTANT,
        "receivedAt": _INSTANT,
    },
    "CampaignItem": {**_CAMPAIGN, "abTests": [_AB_TEST]},
    "CampaignChange": {"status": "PAUSED"},
    "CampaignRecord": {"id": "cmp_1", **_CAMPAIGN, "abTests": [_AB_TEST], "receivedAt": _INSTANT},
    "ABTestItem": _PRICE_TEST,
    "ABTestChange": {"endedAt": _INSTANT},
    "ABTestRecord": {
        "id": "ab_1",
        "campaignId": None,
        "campaign": None,
        "endedAt": None,
        "goalEvent": None,
        "isHoldout": False,
        "seed": "price",
        **_PRICE_TEST,
    },
    "AssignmentItem": {"abTest": "price", "variant": "higher", "contact": "ada", "assignedAt": _INSTANT},
    "AssignmentRecord": {
        "id": f"asg_{_MESSAGE_ID}",
        "abTestId": "ab_1",
        "abTest": "price",
        "campaign": None,
        "variant": "higher",
        "contactId": "ct_1",
        "contact": "ada",
        "anonymousId": None,
        "assignedAt": _INSTANT,
        "withheld": False,
        "receivedAt": _INSTANT,
    },
    "ArmBody": {"variant": "higher", "withheld": False, "isAssigned": False},
    "EnrollmentItem": {"campaign": "welcome", "contact": "ada", "enrolledAt": _INSTANT},
    "EnrollmentChange": {"status": "COMPLETED", "completedAt": _INSTANT},
    "EnrollmentRecord": {
        "id": "enr_1",
        **_REFERENCES,
        "status": "ACTIVE",
        "enrolledAt": _INSTANT,
        "completedAt": None,
        "receivedAt": _INSTANT,
    },
    "MessageItem": {
        "externalId": "welcome-ada",
        "campaign": "welcome",
        "contact": "ada",
        "channel": "EMAIL",
        "sentAt": _INSTANT,
    },
    "MessageRecord": {
        "id": f"msg_{_MESSAGE_ID}",
        "externalId": "welcome-ada",
        **_REFERENCES,
        "channel": "EMAIL",
        "abTest": None,
        "variant": None,
        "providerMessageId": None,
        "statuses": ["QUEUED", "SENT"],
        "createdAt": _INSTANT,
        "sentAt": _INSTANT,
        "deliveredAt": None,
        "openedAt": None,
        "clickedAt": None,
        "reportedDeliveredAt": None,
        "statedOpenedAt": None,
        "statedClickedAt": None,
        "humanOpenedAt": None,
        "humanClickedAt": None,
        "bouncedAt": None,
        "hardBouncedAt": None,
        "softBouncedAt": None,
        "failedAt": None,
        "complainedAt": None,
        "unsubscribedAt": None,
        "receivedAt": _INSTANT,
    },
    "MessageEventItem": {"message": "welcome-ada", "type": "opened", "at": _INSTANT},
    "MessageEventRecord": {
        "id": f"mev_{_MESSAGE_ID}",
        "messageId": f"msg_{_MESSAGE_ID}",
        "message": "welcome-ada",
        "type": "opened",
        "at": _INSTANT,
        "actor": "human",
        "actorRule": "otherwise",
        "url": None,
        "userAgent": None,
        "reason": None,
        "bounce": None,
        "providerHint": None,
        "receivedAt": _INSTANT,
    },
    "EventItem": {**_EVENT, "utm": _UTM},
    "EventRecord": {
        "id": f"evt_{_MESSAGE_ID}",
        **_EVENT,
        "statedAt": None,
        "receivedAt": _INSTANT,
        "contactId": "ct_1",
        "anonymousId": None,
        "utm": _UTM,
        "context": {"campaign": _UTM},
    },
    "PersonRecord": {
        "id": "per_1",
        "contactId": "ct_1",
        "contact": "ada",
        "anonymousIds": ["5f1c8d2e"],
        "lastEventAt": _INSTANT,
    },
    "Engagement": {
        "period": "30d",
        "campaign": _NAME,
        "hours": [{"hours": 0, "opened": 0, "clicked": 0}, {"hours": 1, "opened": 1210, "clicked": 340}],
        "links": [{"url": "https://shop.example.com/beans", "messages": 640, "clicks": 812}],
        "bounceReasons": [{"reason": "mailbox full", "messages": 120}],
        "usual": {
            "campaigns": 12,
            "deliveryRate": {"rate": 0.981, "campaign": "open"},
            "openRate": {"rate": 0.402, "campaign": "open"},
            "humanOpenRate": {"rate": 0.352, "campaign": "below"},
            "clickRate": {"rate": 0.085, "campaign": "open"},
            "humanClickRate": {"rate": 0.081, "campaign": "above"},
            "conversionsPerRecipient": 0.031,
            "revenuePerRecipient": 362,
        },
        "outcomes": [
            {"outcome": "clicked", "people": 340},
            {"outcome": "opened", "people": 870},
            {"outcome": "delivered", "people": 2410},
            {"outcome": "notDelivered", "people": 120},
        ],
        "meta": _META,
    },
    "Attention": {
        "attention": [
            {
                "kind": "bounces",
                "campaign": _NAME,
                "abTest": None,
                "sent": 500,
                "bounced": 40,
                "count": 40,
                "of": 500,
                "share": 0.08,
                "limit": 0.02,
                "before": None,
                "metric": None,
                "day": None,
            }
        ],
        "meta": _META,
    },
    "EventTypeRecord": {
        "id": f"ety_{_MESSAGE_ID}",
        "eventType": "purchase",
        "events": 1240,
        "firstSeen": "2026-01-01",
        "lastSeen": "2026-01-30",
    },
    "EventPropertyRecord": {
        "id": f"prop_{_MESSAGE_ID}",
        "eventType": "purchase",
        "name": "plan",
        "description": "What they pay for, as billing has it.",
        "column": "auto",
        "building": None,
        "columnDays": 30,
        "days": 30,
        "columnSince": "2026-01-01",
        "columnBytes": 2480,
        "events": 1203,
        "lookedAt": 1240,
        "isExact": True,
        "share": 0.97,
        "distinctValues": 3,
        "hasMoreValues": False,
        "examples": ["basic", "pro", "team"],
        "valueKind": "text",
        "firstSeen": "2026-01-01",
        "lastSeen": "2026-01-30",
    },
    "EventPropertyChange": {"description": "What they pay for, as billing has it.", "column": "on"},
    "OutcomeBody": {
        "success": True,
        "accepted": 1,
        "updated": 0,
        "duplicates": 0,
        "rejected": [
            {"index": 1, "messageId": None, "code": "missing_external_id", "message": "externalId is required."}
        ],
        "warnings": [],
    },
    "Overview": {
        "contacts": {"total": 50000, "new": 1200},
        "campaigns": {"total": 25, "active": 8},
        "messages": {
            "total": 150000,
            "sent": 145000,
            "opened": 43500,
            "clicked": 14500,
            "openRate": 0.3,
            "clickRate": 0.1,
            "humanOpened": 40600,
            "humanClicked": 14500,
            "humanOpenRate": 0.28,
            "humanClickRate": 0.1,
        },
        "events": {"total": 500000},
        "meta": _META,
    },
    "Timeseries": {
        "period": "30d",
        "series": [{"date": "2026-01-15", "events": 1500, "contacts": 40, "messages": 500, "opens": 150, "clicks": 50}],
        "meta": _META,
    },
    "Attribution": {
        "period": "30d",
        "sources": [{**_UTM, "uniqueVisitors": 500, "totalEvents": 1200}],
        "totalAttributedEvents": 5000,
        "conversions": 150,
        "meta": _META,
    },
    "Funnel": {
        "period": "30d",
        "steps": [
            {"step": "page_view", "count": 10000, "dropoff": 0, "conversionFromPrevious": 1.0},
            {"step": "signup", "count": 1000, "dropoff": 9000, "conversionFromPrevious": 0.1},
        ],
        "overallConversion": 0.1,
        "meta": _META,
    },
    "Cohorts": {
        "period": "30d",
        "metric": "events",
        "cohorts": [
            {
                "cohort": "2026-01-01",
                "size": 100,
                "activeContacts": 60,
                "retentionRate": 0.6,
                "retention": {"week_0": 100, "week_1": 80, "week_2": 65, "week_3": 60},
            }
        ],
        "meta": {**_META, "runningWeeks": {"2026-01-01": "week_3"}},
    },
}
"""By the schema's component."""


def with_examples(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    for name, example in EXAMPLES.items():
        result["components"]["schemas"][name]["example"] = example
    return result
