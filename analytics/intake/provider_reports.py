"""The reports in what a provider sends: each is read for itself where all of them together cannot be read.

So one odd report costs no other, and an odd field that nobody needs costs no report.
"""

import json
from collections.abc import Iterable, Iterator, Sized
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
from django.http import HttpRequest

from analytics.ingest.formats.provider_events import REPORT_TYPES, item_of
from analytics.ingest.outcome import ItemWarnings, storable
from analytics.intake.providers import MALFORMED, PROVIDER_VIEWS, WrongSecretError
from analytics.providers import Provider
from campaignos.errors import BodyError
from campaignos.lenient_json import parse_leniently
from workspaces.models import Webhook

MAX_REPORTS = 20_000
"""The most reports in one body; providers send at most 10,000 at once."""
MAX_TRIED_BYTES = 5_000_000
"""How much of a body's reports is read again without a field, which takes some 30 µs for each TRY_BYTES at most."""
TRY_BYTES = 1_000
"""What reading a report again counts at least."""
MAX_LEVELS = 16
"""How deep in a report a field may lie that is left out."""


@dataclass(frozen=True)
class Unreadable:
    """A report, as it came, that cannot be read."""

    report: object


@dataclass
class ProviderReports:
    """What a provider reports, in its order: items of message events, and what cannot be read.

    What is about no message sent is not among them. `warnings` are those of the items, by their places.
    """

    entries: list[dict[str, Any] | Unreadable]
    warnings: dict[int, ItemWarnings] = field(default_factory=dict)


def read_reports(webhook: Webhook, request: HttpRequest, *, received_at: datetime) -> ProviderReports:
    """Raises WrongSecretError, BodyError for more than MAX_REPORTS, or one of MALFORMED for a body that is not the
    provider's."""
    view = PROVIDER_VIEWS[webhook.provider](webhook)
    try:
        view.run_validators(request)
    except AnymailWebhookValidationFailure as error:
        raise WrongSecretError(str(error)) from error
    reading = _Reading(webhook, view, received_at)
    try:
        items = list(islice(reading.items(request), MAX_REPORTS + 1))
    except MALFORMED:
        if (reports := _reports(webhook.provider, request.body)) is None:
            raise
        _check_number(reports)
        return _one_by_one(reading, reports, request)
    _check_number(items)
    return ProviderReports([*items])


def _check_number(reports: Sized) -> None:
    if len(reports) > MAX_REPORTS:
        raise BodyError("too_many_reports", f"The body has more than {MAX_REPORTS:,} reports; send fewer at once.", 413)


def _reports(provider: str, body: bytes) -> list[Any] | None:
    """The reports of a body, each as the provider would send it alone; None where it is no JSON of reports."""
    try:
        parsed = parse_leniently(body)
    except ValueError:
        return None
    if isinstance(parsed, list):
        return [[report] for report in parsed]
    if not isinstance(parsed, dict):
        return None
    if provider == Provider.MAILTRAP and isinstance(parsed.get("events"), list):
        return [{"events": [report]} for report in parsed["events"]]
    if provider == Provider.AMAZON_SES and isinstance(message := parsed.get("Message"), str):
        with suppress(ValueError):
            parsed["Message"] = parse_leniently(message.encode("utf-8", "surrogatepass"))
    return [parsed]


def _one_by_one(reading: "_Reading", reports: list[Any], request: HttpRequest) -> ProviderReports:
    """What is odd about one report costs no other. Raises what is wrong where none can be read."""
    readable = ProviderReports([])
    problem: Exception | None = None
    for report in reports:
        try:
            items, warnings = reading.mended_items(report, request)
        except MALFORMED as error:
            problem = error
            readable.entries.append(Unreadable(report))
        else:
            if warnings is not None and items:
                readable.warnings[len(readable.entries)] = warnings
            readable.entries += items
    if problem is not None and all(isinstance(entry, Unreadable) for entry in readable.entries):
        raise problem
    return readable


@dataclass
class _Reading:
    """Reads reports of a body; one that cannot be read, without each of its fields in turn, MAX_TRIED_BYTES in all."""

    webhook: Webhook
    view: Any
    received_at: datetime
    tried_bytes: int = 0
    last_place: tuple[str | int, ...] = ()
    """Where the last field lay that had to be left out: providers make the same mistake in all of their reports."""

    def items(self, request: Any) -> Iterator[dict[str, Any]]:
        """Raises one of MALFORMED."""
        events: Iterable[AnymailTrackingEvent] = self.view.parse_events(request)
        for event in events:
            if event.event_type in REPORT_TYPES:
                yield item_of(self.webhook.provider, event, self.received_at)

    def mended_items(self, report: Any, request: HttpRequest) -> tuple[list[dict[str, Any]], ItemWarnings | None]:
        """The report's items, with warnings of what was left out. Raises one of MALFORMED."""
        try:
            return self._items_of(report, request), None
        except AnymailConfigurationError:  # it is a report of another kind, and wrong as a whole
            raise
        except MALFORMED as error:
            problem = error
        size = max(len(json.dumps(report)), TRY_BYTES)
        most = (MAX_TRIED_BYTES - self.tried_bytes) // size
        if most == 0:
            raise problem
        places = sorted(_places(report), key=lambda place: (place != self.last_place, -len(place)))
        for place in places[:most]:
            self.tried_bytes += size
            with suppress(*MALFORMED):
                items = self._items_of(_without(report, place), request)
                if not items or not all(item["message"] for item in items):  # what was left out was the report
                    continue
                self.last_place = place
                warnings = ItemWarnings()
                name = ".".join(str(key) for key in place if isinstance(key, str))
                warnings.add("invalid_report", f"{storable(name[:255])} cannot be read. It is left out.")
                return items, warnings
        raise problem

    def _items_of(self, report: Any, request: HttpRequest) -> list[dict[str, Any]]:
        if self.webhook.provider == Provider.AMAZON_SES and not isinstance(report.get("Message"), str):
            report = {**report, "Message": json.dumps(report.get("Message"))}
        same = {name: getattr(request, name) for name in ("headers", "META", "encoding", "content_type")}
        return list(self.items(SimpleNamespace(body=json.dumps(report).encode(), POST={}, **same)))


def _places(value: Any, levels: int = MAX_LEVELS) -> Iterator[tuple[str | int, ...]]:
    """The way to each field in JSON that lies at most so many levels deep."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        if isinstance(value, dict):
            yield (key,)
        if levels > 1:
            yield from ((key, *way) for way in _places(each, levels - 1))


def _without(value: Any, place: tuple[str | int, ...]) -> Any:
    """A copy of JSON without a field."""
    key, *way = place
    if way:
        inner = _without(value[key], tuple(way))
        return {**value, key: inner} if isinstance(value, dict) else [*value[:key], inner, *value[int(key) + 1 :]]
    return {name: each for name, each in value.items() if name != key}
