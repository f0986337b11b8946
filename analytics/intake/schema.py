"""What the schema says of the ingest routes, which are plain views (docs/clients.md has the whole of it)."""

from typing import Any

from analytics.ingest.formats.call_values import CallKind
from analytics.intake.calls import MAX_BATCH_ITEMS
from analytics.providers import Provider
from campaignos.schema import ERROR_BODY

_JSON = "application/json"
_AS_SENT = "As the provider sends it; some send an array."
_ERRORS = ("401", "403", "408", "413", "415", "429", "503")
_TEXT = {"type": ["string", "null"], "maxLength": 255}
_INSTANT = {"type": ["string", "null"], "format": "date-time"}
_OBJECT = {"type": ["object", "null"], "additionalProperties": True}

_CALL = {
    "type": "object",
    "description": "A call as Segment's clients send it. Fields not named here are left alone.",
    "properties": {
        "type": {"type": "string", "enum": list(CallKind), "description": "In a batch; else the route says it."},
        "messageId": _TEXT | {"description": "The sender's id of the call: what comes twice counts once."},
        "userId": _TEXT | {"description": "The externalId of the contact; a new one is made."},
        "anonymousId": _TEXT | {"description": "Of somebody not known yet. This or userId is required."},
        "previousId": _TEXT | {"description": "Of alias calls: who is the same person as userId."},
        "event": {"type": ["string", "null"], "maxLength": 200, "description": "Of track calls: the event type."},
        "properties": _OBJECT | {"description": "Of the event."},
        "traits": _OBJECT | {"description": "Of identify calls: what is said of the contact."},
        "context": _OBJECT | {"description": "Such as `campaign` (UTM), `page`, `library`."},
        "timestamp": _INSTANT | {"description": "When it happened; now if not said."},
        "originalTimestamp": _INSTANT | {"description": "Counts before `timestamp`."},
        "sentAt": _INSTANT
        | {"description": "The sender's clock as it sent, by which the other instants are corrected."},
        "writeKey": {"type": ["string", "null"], "description": "The key, where it is in no header."},
    },
    "additionalProperties": True,
}
_TRACK_EXAMPLE = {
    "messageId": "order-1001",
    "userId": "ada",
    "event": "purchase",
    "properties": {"revenue": 9.5},
    "timestamp": "2026-01-15T09:30:00Z",
}
_CALL_REF = {"$ref": "#/components/schemas/Call"}
_BATCH = {
    "type": "object",
    "properties": {
        "batch": {"type": "array", "maxItems": MAX_BATCH_ITEMS, "items": _CALL_REF},
        "sentAt": _INSTANT | {"description": "Of the batch, for calls that do not say their own."},
        "writeKey": {"type": ["string", "null"], "description": "The key, where it is in no header."},
    },
    "required": ["batch"],
    "additionalProperties": True,
}
_POSTHOG = {
    "type": "object",
    "description": "As PostHog's clients send it: `batch` of events, or a single one.",
    "properties": {
        "api_key": {"type": ["string", "null"], "description": "The write key."},
        "batch": {
            "type": "array",
            "maxItems": MAX_BATCH_ITEMS,
            "items": {"type": "object", "additionalProperties": True},
        },
        "sent_at": _INSTANT,
        "event": {"type": "string"},
        "distinct_id": {"type": "string"},
        "properties": {"type": "object", "additionalProperties": True},
        "timestamp": _INSTANT,
        "uuid": {"type": "string"},
    },
    "additionalProperties": True,
}


def with_ingest_routes(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    components = result["components"]
    components["schemas"] |= {
        "Call": _CALL,
        "CallBatch": _BATCH,
        "PostHogBody": _POSTHOG,
        "RefusedCall": {
            "type": "object",
            "description": "Why a single call was refused, as an error and as the outcome of a batch of one.",
            "properties": {**components["schemas"]["OutcomeBody"]["properties"], **ERROR_BODY["properties"]},
            "required": ["code", "message", "detail", *components["schemas"]["OutcomeBody"]["required"]],
        },
    }
    components["securitySchemes"]["writeKey"] = {
        "type": "http",
        "scheme": "basic",
        "description": "A write key as the user name, with an empty password; or as Bearer, or in the body.",
    }
    components["securitySchemes"]["webhookPassword"] = {
        "type": "http",
        "scheme": "basic",
        "description": "The user name and password that the settings page shows in the webhook's address.",
    }
    result["paths"] |= {
        "/v1/batch": _route(
            "sendCalls", "Send many calls", "CallBatch", {"batch": [{"type": "track", **_TRACK_EXAMPLE}]}
        ),
        **{
            f"/v1/{kind}": _route(f"send{kind.capitalize()}", f"Send a call: {kind}", "Call", _EXAMPLES[kind])
            for kind in CallKind
        },
        "/batch": _route("sendPostHogEvents", "Send events as PostHog's clients do", "PostHogBody", _POSTHOG_EXAMPLE),
        "/hooks/{token}/{provider}": _WEBHOOK,
    }
    return result


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _responses(*codes: str) -> dict[str, Any]:
    taken = {"description": "What became of it.", "content": {_JSON: {"schema": _ref("OutcomeBody")}}}
    return {"200": taken, **{code: {"$ref": f"#/components/responses/{code}"} for code in codes}}


_WEBHOOK_PARAMETERS = [
    {
        "name": "token",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        "description": "The address's secret part, as the settings page *Webhooks* shows it.",
        "example": "t0k3n",
    },
    {
        "name": "provider",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": Provider.values},
        "description": "Whose reports they are.",
    },
]
_WEBHOOK = {
    "head": {
        "operationId": "checkWebhook",
        "summary": "See whether a webhook is there",
        "description": "For providers that look before they send.",
        "tags": ["ingest"],
        "security": [],
        "parameters": _WEBHOOK_PARAMETERS,
        "responses": {
            "200": {"description": "It is there."},
            "404": {"description": "There is no such webhook, or no more."},
        },
    },
    "post": {
        "operationId": "sendProviderReports",
        "summary": "Report what became of messages, as an email provider",
        "description": "For the provider, which is given the address (docs/webhooks.md). It needs the token and, "
        "where it does not sign what it sends, the password of Basic authorization.",
        "tags": ["ingest"],
        "security": [{}, {"webhookPassword": []}],
        "parameters": _WEBHOOK_PARAMETERS,
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "object", "additionalProperties": True, "description": _AS_SENT}}
                for kind in (_JSON, "application/x-www-form-urlencoded", "multipart/form-data")
            },
        },
        "responses": _responses("400", "401", "403", "404", "408", "413", "503"),
    },
}

_EXAMPLES: dict[CallKind, dict[str, Any]] = {
    CallKind.TRACK: _TRACK_EXAMPLE,
    CallKind.PAGE: {"anonymousId": "device-1", "properties": {"url": "https://shop.example/?utm_source=google"}},
    CallKind.SCREEN: {"anonymousId": "device-1", "name": "Basket"},
    CallKind.IDENTIFY: {"userId": "ada", "anonymousId": "device-1", "traits": {"email": "ada@example.com"}},
    CallKind.GROUP: {"userId": "ada", "groupId": "acme"},
    CallKind.ALIAS: {"userId": "ada", "previousId": "device-1"},
}
_POSTHOG_EXAMPLE = {"batch": [{"event": "purchase", "distinct_id": "ada", "properties": {"revenue": 9.5}}]}


def _route(operation_id: str, summary: str, body: str, example: dict[str, Any]) -> dict[str, Any]:
    return {
        "post": {
            "operationId": operation_id,
            "summary": summary,
            "description": "With a write key. An accepted event is in the next answer; what was refused says why.",
            "tags": ["ingest"],
            "security": [{"writeKey": []}],
            "requestBody": {
                "required": True,
                "content": {
                    _JSON: {
                        "schema": _ref(body),
                        "examples": {"Example": {"value": example}},
                    }
                },
            },
            "responses": {
                **_responses(*_ERRORS),
                "400": {
                    "description": "The body cannot be read, or its only call is refused.",
                    "content": {_JSON: {"schema": {"anyOf": [_ref("ErrorBody"), _ref("RefusedCall")]}}},
                },
            },
        }
    }
