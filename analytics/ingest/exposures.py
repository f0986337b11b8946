"""Events by which clients say that somebody was given a variant: they are events like any other, and assignments."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from analytics.ingest.assignments import GivenVariant, TestsByName, write_assignments
from analytics.ledger import Entries
from analytics.models import ABTest, Event
from analytics.periods import instant_of, microseconds
from analytics.questions.values import text_of

_SEGMENT = (
    ("experiment_id", "experimentId", "experiment_name", "experiment"),
    ("variation_id", "variationId", "variation_name", "variant_name", "variation", "variant"),
)
EXPOSURES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "Experiment Viewed": _SEGMENT,
    "$experiment_started": (
        ("Experiment name", "$experiment_id", *_SEGMENT[0]),
        ("Variant name", "$variant_id", "variant_id", *_SEGMENT[1]),
    ),
    "$feature_flag_called": (("$feature_flag",), ("$feature_flag_response",)),
}
"""By type of event, the properties that name a test, and those that name a variant: as Segment's specification,
GrowthBook, Mixpanel and PostHog have them. The first that is known counts."""


class Exposure(NamedTuple):
    """An event of such a type; `at` in µs since 1970, properties as JSON."""

    event_type: str
    person_number: int
    at: int
    properties: str
    browser_key: int | None


def take_exposures(entries: Entries, exposures: Iterable[Exposure]) -> None:
    """Keep the assignments that events say, of tests and variants that there are. No query without such events."""
    names = [(each, *_names(each)) for each in exposures]
    if not names:
        return
    tests = TestsByName(entries.workspace_id, [name for _, of_tests, _ in names for name in of_tests])
    write_assignments(entries, [*_given_variants(tests, names)])


def take_stored_exposures(entries: Entries, tests: Collection[ABTest]) -> None:
    """Those that came before these tests were made, or one of their variants. No query without tests."""
    if not tests:
        return
    names = {test.external_id for test in tests}
    events = Event.objects.filter(workspace_id=entries.workspace_id, type__in=list(EXPOSURES)).order_by()
    columns = ("type", "person_number", "occurred_at", "properties", "browser_key")
    rows = (
        Exposure(event_type, person, microseconds(at), json.dumps(properties), key)
        for event_type, person, at, properties, key in events.values_list(*columns).iterator(chunk_size=10_000)
    )
    take_exposures(entries, (row for row in rows if not names.isdisjoint(_names(row)[0])))


def _names(exposure: Exposure) -> tuple[list[str], list[str]]:
    of_tests, of_variants = EXPOSURES[exposure.event_type]
    properties = json.loads(exposure.properties)
    return _texts(properties, of_tests), _texts(properties, of_variants)


def _texts(properties: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    values = (properties.get(name) for name in names)
    return [text_of(value).strip() for value in values if isinstance(value, str | int | float)]


def _given_variants(
    tests: TestsByName, names: Sequence[tuple[Exposure, list[str], list[str]]]
) -> Iterator[GivenVariant]:
    for each, of_tests, of_variants in names:
        if (variant := tests.variant_of_names(of_tests, of_variants)) is not None:
            withheld = variant.test.is_holdout and variant.is_control
            at = instant_of(each.at)
            yield GivenVariant(variant.test_id, variant.pk, each.person_number, at, withheld, each.browser_key)
