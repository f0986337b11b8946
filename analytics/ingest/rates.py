"""Rates of exchange: stated one by one, in bulk or by file, and deleted. Each is one transaction, with its line in the
audit trail."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from analytics.audited import DataAction
from analytics.ingest import fields
from analytics.ingest.bounds import parsed_items
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.races import tried_again
from analytics.ingest.rows import update_rows
from analytics.models import ExchangeRate
from analytics.models.rates import MAX_RATE_DIGITS
from analytics.questions.values import number_in
from campaignos.currencies import currencies
from campaignos.days import FIRST_DAY, LAST_DAY
from workspaces import undo
from workspaces.audit import record
from workspaces.models import Key, User, Workspace
from workspaces.roles import Right

MAX_RATES = 100_000
"""Of a workspace: ten currencies a day, for 27 years."""
_ALLOWED_RATE = f"a number above 0 such as 1.0845, of at most {MAX_RATE_DIGITS} digits"


@dataclass(frozen=True)
class RateStatement:
    """`key` is the day, and from which currency to which."""

    key: tuple[date, str, str]
    digits: int
    places: int


@contextmanager
def rates_held(workspace: Workspace) -> Iterator[None]:
    """A transaction in which nobody else changes the workspace's rates."""
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        yield


@tried_again
@transaction.atomic
def take_rates(
    workspace: Workspace, items: Sequence[object], *, received_at: datetime, by: User | Key | None = None
) -> Outcome:
    """Make rates, or change those that there are of the same day and currencies. Written in sets."""
    outcome = Outcome()
    read = list(parsed_items(items, rate_item, outcome))
    with rates_held(workspace):
        known = _known_rates(workspace, {item.key[0] for _, item in read})
        room = MAX_RATES - ExchangeRate.objects.filter(workspace=workspace).count()
        before = {key: row.rate_text for key, row in known.items()}
        written: dict[tuple[date, str, str], ExchangeRate] = {}
        for index, item in read:
            row = known.get(item.key)
            if row is None and room <= 0:
                outcome.reject(index, items[index], ItemError("too_many_rates", f"There are {MAX_RATES:,} already."))
                continue
            if row is not None and (row.digits, row.places) == (item.digits, item.places):
                outcome.duplicates += 1
                continue
            outcome.accepted, outcome.updated = outcome.accepted + (row is None), outcome.updated + (row is not None)
            room -= row is None
            day, source, target = item.key
            row = row or ExchangeRate(workspace=workspace, day=day, source=source, target=target)
            row.digits, row.places = item.digits, item.places
            known[item.key] = written[item.key] = row
        ExchangeRate.objects.bulk_create([row for row in written.values() if row.pk is None])
        update_rows([row for key, row in written.items() if key in before], ["digits", "places"])
        if written:
            _record_changes(workspace, list(written.values()), before, by)
    outcome.rejected.sort(key=lambda remark: remark.index)
    return outcome


def _known_rates(workspace: Workspace, days: set[date]) -> dict[tuple[date, str, str], ExchangeRate]:
    rows = ExchangeRate.objects.filter(workspace=workspace, day__in=days) if days else ()
    return {(row.day, row.source, row.target): row for row in rows}


def _record_changes(
    workspace: Workspace,
    rows: Sequence[ExchangeRate],
    before: Mapping[tuple[date, str, str], str],
    by: User | Key | None,
) -> None:
    """One rate as it was and is; of more, how many and of which days."""
    was = {str(row): before[key] for row in rows if (key := (row.day, row.source, row.target)) in before}
    if len(rows) == 1:
        after: dict[str, Any] = {str(rows[0]): rows[0].rate_text}
    else:
        days = sorted(row.day for row in rows)
        after = {"new": len(rows) - len(was), "changed": len(was), "first day": str(days[0]), "last day": str(days[-1])}
        was = {}
    target = rows[0].api_id if len(rows) == 1 else workspace.api_id
    record(DataAction.RATES_STATED, by=by, workspace=workspace, target=target, before=was, after=after)


def rate_item(item: dict[str, Any], warnings: ItemWarnings) -> RateStatement:
    """Raises ItemError."""
    day, source, target = _day(item), _currency(item, "from"), _currency(item, "to")
    if source == target:
        raise ItemError("invalid_to", f"to must be another currency than from; both are {source}.")
    return RateStatement((day, source, target), *_digits_and_places(item))


def _day(item: Mapping[str, Any]) -> date:
    text = fields.required_text(item, "day", max_length=20)
    try:
        day = date.fromisoformat(text) if len(text) == 10 and text[4:8:3] == "--" else None  # no week
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        allowed = f"a day such as 2026-01-15, of the years {FIRST_DAY.year} to {LAST_DAY.year}"
        raise ItemError("invalid_day", f"day cannot be {text!r}; allowed: {allowed}.")
    return day


def _currency(item: Mapping[str, Any], name: str) -> str:
    text = fields.required_text(item, name, max_length=20)
    if text.upper() not in currencies():
        raise ItemError(f"invalid_{name}", f"{name} cannot be {text!r}; allowed: codes of ISO 4217 such as EUR or USD.")
    return text.upper()


def _digits_and_places(item: Mapping[str, Any]) -> tuple[int, int]:
    stated = fields.require(item.get("rate") if item.get("rate") != "" else None, "rate")
    number = number_in(stated.strip() if isinstance(stated, str) else stated)
    parts = None if number is None else _exact_parts(number)
    if parts is None:
        raise ItemError("invalid_rate", f"rate cannot be {str(stated)[:50]!r}; allowed: {_ALLOWED_RATE}.")
    return parts


def _exact_parts(number: Decimal) -> tuple[int, int] | None:
    """The digits, without zeros at the end, and how many of them stand behind the point; None beyond the bounds."""
    if number <= 0 or not -MAX_RATE_DIGITS <= number.adjusted() < MAX_RATE_DIGITS:
        return None
    _, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    exponent = int(exponent) + len(digits) - len(text)
    value, places = (int(text), -exponent) if exponent <= 0 else (int(text) * 10**exponent, 0)
    return (value, places) if value < 10**MAX_RATE_DIGITS and places <= MAX_RATE_DIGITS else None


@transaction.atomic
def delete_rate(*, rate: ExchangeRate, by: User | Key) -> None:
    """A rate that is deleted already is left alone."""
    deleted, _ = ExchangeRate.objects.filter(pk=rate.pk, workspace=rate.workspace_id).delete()
    if deleted:
        before = {str(rate): rate.rate_text}
        record(DataAction.RATE_DELETED, by=by, workspace=rate.workspace, target=rate.api_id, before=before)


def restore_rate(*, workspace: Workspace, by: User, day: str, source: str, target: str, rate: str) -> str:
    """Takes a deletion back. Raises ValidationError where the day has another rate by now."""
    with rates_held(workspace):
        if ExchangeRate.objects.filter(workspace=workspace, day=day, source=source, target=target).exists():
            raise ValidationError(f"There is a rate from {source} to {target} of that day by now.")
        item = {"day": day, "from": source, "to": target, "rate": rate}
        [(_, statement)] = parsed_items([item], rate_item, Outcome())
        row = ExchangeRate(workspace=workspace, day=statement.key[0], source=source, target=target)
        row.digits, row.places = statement.digits, statement.places
        row.save(force_insert=True)
        _record_changes(workspace, [row], {}, by)
    return f"The rate {row} is there again."


undo.register("rate", Right.MANAGE, restore_rate)
