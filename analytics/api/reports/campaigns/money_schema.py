"""What the schema says of what campaigns bring: of each part of an answer its shape, and what it is."""

from typing import Any

_BY_CURRENCY: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "integer"}}
_NUMBERS: dict[str, Any] = {
    "conversions": {"type": "number"},
    "converted": {"type": "integer"},
    "unconverted": _BY_CURRENCY,
    "recipients": {"type": "integer"},
    "revenuePerRecipient": {"type": ["integer", "null"]},
    "rows": {"type": "object", "additionalProperties": {"type": ["string", "null"], "format": "uri"}},
    "changes": {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
}
_RULE: dict[str, Any] = {
    "model": {"type": "string"},
    "touchpoints": {"type": "array", "items": {"type": "string"}},
    "lookback": {"type": "object", "additionalProperties": {"type": "string"}},
    "collapse": {"type": "string"},
    "reuse": {"type": "boolean"},
    "currency": {"type": "string"},
    "exponent": {"type": "integer"},
    "withoutAmount": {"type": "integer"},
    "currencyAssumed": {"type": "integer"},
}
_OF_CAMPAIGN = (
    "conversions of the days, as far as they are credited to it; their net revenue in minor units of the workspace's "
    "currency, and by currency what no rate converts; to how many people its messages created on the days were "
    "delivered, and the revenue by each of them; with `compare` how these changed. Null where a channel or a condition "
    "on messages is asked for."
)

CREDIT_OF_CAMPAIGN = (
    {"type": ["object", "null"], "properties": _NUMBERS},
    f"With a rule of credit (`model` and so on): {_OF_CAMPAIGN}",
)
CREDIT_OF_CAMPAIGNS = (
    {"type": ["object", "null"], "properties": _RULE},
    "With a rule of credit: that rule, the workspace's currency, of how many conversions the amount is not known, and "
    "of how many its currency is not stated.",
)
CREDIT_OF_ONE_CAMPAIGN = (
    {"type": ["object", "null"], "properties": {**_RULE, **_NUMBERS}},
    f"With a rule of credit (`model` and so on): that rule, and {_OF_CAMPAIGN}",
)
