"""What the real clients are told to send, in words that are no client's own; clients/ has each one's translation.

Events carry a number of their own in their properties, by which the test finds them again.
"""

from typing import Any

Step = dict[str, Any]

FLUSH: Step = {"do": "flush"}
CAMPAIGN = {"source": "News", "medium": "E-Mail", "name": "Spring Sale"}
TEXTS = {
    "kana": "テスト",
    "emoji": "👩‍👩‍👧‍👦 👍🏽",
    "accents": "naïve Ærøskøbing — „Übergröße“",
    "right to left": "שלום عربى",
    "controls": 'tab\tline\nquote"backslash\\ \u2028\u2029',
}
EVERY_SHAPE = {"whole": 7, "half": 0.5, "large": 9007199254740991, "yes": True, "no": None, "list": [1, [2, {"a": []}]]}

VIEWED = {"experiment_id": "price", "variation_id": "higher"}
FLAG = {"$feature_flag": "price", "$feature_flag_response": "as now"}
"""That somebody was given a variant of a test, as clients of Segment and of PostHog say it."""
TEST = {"externalId": "price", "name": "Price", "variants": [{"name": "as now", "isControl": True}, {"name": "higher"}]}


def everything(events: int) -> list[Step]:
    """Each kind of call, odd contents, and `events` small ones. Numbers are given in order of the steps."""
    steps: list[Step] = [
        {"do": "track", "user": "tom", "event": "Order Completed", "properties": {**EVERY_SHAPE}},
        {"do": "page", "user": "tom", "name": "Pricing", "properties": {"path": "/pricing"}},
        {"do": "screen", "user": "tom", "name": "Settings", "properties": {"tab": "profile"}},
        {"do": "track", "user": "tom", "event": "Überraschung 🎉", "properties": {**TEXTS}},
        {"do": "track", "user": "tom", "event": "Large", "properties": {f"part{n}": "x" * 7400 for n in range(4)}},
        {"do": "group", "user": "tom", "group": "acme", "traits": {"name": "Acme"}},
        {"do": "track", "device": "device-of-ada", "event": "Viewed", "properties": {}},
        {"do": "track", "device": "device-of-ada", "event": "$feature_flag_called", "properties": {**FLAG}},
        FLUSH,
        {
            "do": "identify",
            "user": "ada",
            "device": "device-of-ada",
            "traits": {"email": "ada@example.com", "plan": "π"},
        },
        {"do": "track", "user": "ada", "event": "Bought", "properties": {}},
        {"do": "alias", "previous": "old-bob", "user": "bob"},
        FLUSH,
        {"do": "track", "user": "old-bob", "event": "Bought", "properties": {}},
        FLUSH,
        {"do": "track", "user": "bob", "event": "Bought", "properties": {}},
        {"do": "track", "user": "eve", "event": "Landed", "campaign": CAMPAIGN, "properties": {}},
        {"do": "track", "user": "eve", "event": "Experiment Viewed", "properties": {**VIEWED}},
        FLUSH,
        *(
            {"do": "track", "user": f"u{n % 50}", "event": "Small", "properties": {"price": n + 0.25}}
            for n in range(events)
        ),
    ]
    return numbered(steps)


def under_faults() -> list[Step]:
    """An event for each fault of the proxy, alone in its request, and one after them."""
    steps: list[Step] = []
    for fault in ("unavailable", "throttled", "cut", "stall", "none"):
        steps += [{"do": "track", "user": "tom", "event": "Sent", "properties": {"fault": fault}}, FLUSH]
    return numbered(steps)


def numbered(steps: list[Step]) -> list[Step]:
    for number, step in enumerate(steps):
        if "properties" in step:
            step["properties"]["n"] = number
    return steps
