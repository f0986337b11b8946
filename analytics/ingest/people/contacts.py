"""What is said of contacts: by the bulk API in full, by identify calls in their traits, by any call that names one."""

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from analytics.ingest import fields
from analytics.ingest.bounds import parsed_items
from analytics.ingest.ip_addresses import without_ips
from analytics.ingest.outcome import ItemError, ItemWarnings, Outcome
from analytics.ingest.people.families import Families
from analytics.ingest.people.former_ids import MOST_FORMER_IDS, FormerIds, left_out
from analytics.ingest.people.identities import Claim, Claims, KnownContact, People, locked_numbers
from analytics.ingest.people.lone_contacts import LoneContacts
from analytics.ingest.people.settlement import settle_claims
from analytics.ingest.people.shared_addresses import shared_addresses
from analytics.ingest.people.signups import is_moved, move_signups
from analytics.ingest.people.words import Statement
from analytics.ingest.races import tried_again
from analytics.ingest.senders import JOINS_NOBODY, TRUSTED
from analytics.ingest.zones import with_days_of_workspace
from analytics.ledger import Entries
from analytics.periods import microseconds
from campaignos.texts import ascii_lower
from workspaces.models import Workspace

MAX_EMAIL_LENGTH = 320
MAX_PHONE_LENGTH = 50
_LONGEST = {"email": MAX_EMAIL_LENGTH, "phone": MAX_PHONE_LENGTH, "name": fields.MAX_NAME_LENGTH}
NO_EARLIER_SIGNUP = (
    "signup_not_stated",
    "signedUpAt is later than when the contact is known from, and changes nothing, for signupIsStated is false. To "
    "state when it signed up, make that true.",
)
_UNSUBSCRIPTION = {"unsubscribedAt", "isUnsubscribed"}
_READERS: Mapping[str, Callable[..., str | None]] = {"email": fields.email, "phone": fields.phone}


@with_days_of_workspace
@tried_again
@transaction.atomic
def take_contacts(workspace: Workspace, items: Sequence[object], *, received_at: datetime) -> Outcome:
    """Make or update contacts by their external id; only the fields that are given change."""
    outcome = Outcome()
    read = list(parsed_items(items, lambda item, warnings: contact_item(item, received_at, warnings), outcome))
    statements = [statement for _, statement in read]
    claims, gains = _claims(workspace, read, items, outcome)
    entries = Entries.begin(workspace, received_at=received_at)
    people, *_ = settle_claims(entries, claims, ids=range(len(claims.at)), with_words=True)
    changed = write_statements(entries, people, statements)
    entries.write()
    made = set(people.made)
    for place, (statement, is_changed) in enumerate(zip(statements, changed, strict=True)):
        is_made = statement.user_id in made
        made.discard(statement.user_id)
        is_known_earlier = is_made and statement.earliest_at < received_at  # as which it was made
        if is_made and people.contact(statement.user_id).merged_into_id is None:
            outcome.accepted += 1
        elif is_changed or is_known_earlier or place in gains:
            outcome.updated += 1
        else:
            outcome.duplicates += 1
    _tell_of_unstated_signups(people, read, items, outcome)
    _tell_of_shared_addresses(people, read, items, outcome)
    return outcome


def _claims(
    workspace: Workspace, read: Sequence[tuple[int, Statement]], items: Sequence[object], outcome: Outcome
) -> tuple[Claims, set[int]]:
    """What the items say of who is who, and the places of those that give their contact a former id."""
    if not any(statement.former_ids for _, statement in read):
        at = [microseconds(statement.earliest_at) for _, statement in read]
        nothing = [None] * len(read)
        return Claims([statement.user_id for _, statement in read], nothing, nothing, at, [TRUSTED] * len(read)), set()
    former, gains, claims = FormerIds(workspace.pk), set(), []
    former.load(statement for _, statement in read)
    for place, (index, statement) in enumerate(read):
        at_once = microseconds(statement.earliest_at)
        claims.append(Claim(statement.user_id, None, None, at_once, TRUSTED))
        gained, others = former.divide(statement)
        claims += [Claim(statement.user_id, None, former_id, at_once, JOINS_NOBODY) for former_id in gained]
        if gained:
            gains.add(place)
        warnings = ItemWarnings()
        for former_id in others:
            warnings.add(*left_out(former_id))
        outcome.warn(index, items[index], warnings)
    return Claims._make(map(list, zip(*claims, strict=True))), gains


def _tell_of_unstated_signups(
    people: People, read: Sequence[tuple[int, Statement]], items: Sequence[object], outcome: Outcome
) -> None:
    """As they were before."""
    for index, statement in read:
        if statement.known_at is None or statement.user_id in people.made:
            continue
        contact = people.contact(statement.user_id)
        if statement.known_at > (contact.own_signed_up_at or contact.signed_up_at):
            warnings = ItemWarnings()
            warnings.add(*NO_EARLIER_SIGNUP)
            outcome.warn(index, items[index], warnings)


def _tell_of_shared_addresses(
    people: People, read: Sequence[tuple[int, Statement]], items: Sequence[object], outcome: Outcome
) -> None:
    """One query, where addresses were said."""
    addresses = [
        (index, statement.user_id, ascii_lower(address))
        for index, statement in read
        if (address := statement.texts.get("email"))
    ]
    shared = shared_addresses(people.workspace_id, {address for *_, address in addresses}, least=2)
    for index, user_id, address in addresses if shared else ():
        contact = people.contact(user_id)
        known_as = people.owner(contact.person_number) or contact
        if address in shared and (problem := shared[address].told_to(known_as.external_id)):
            warnings = ItemWarnings()
            warnings.add("email_shared", problem)
            outcome.warn(index, items[index], warnings)


def contact_item(item: dict[str, Any], received_at: datetime, warnings: ItemWarnings) -> Statement:
    """A signup that is not stated says from when on the contact is known, as our own files do."""
    signed_up_at = fields.unless_ahead(item, "signedUpAt", received_at, warnings)
    is_stated = "signupIsStated" not in item or fields.flag(item, "signupIsStated", default=True)
    return Statement(
        user_id=fields.require(fields.whole_number(fields.identifier(item, "externalId"), "externalId"), "externalId"),
        at=received_at,
        texts=_texts(item),
        attributes=without_ips(fields.mapping(item, "attributes")),
        signed_up_at=signed_up_at if is_stated else None,
        known_at=None if is_stated else signed_up_at,
        is_dated=False,
        former_ids=_former_ids(item) if "formerIds" in item else (),
        unsubscribed_at=_unsubscription(item, received_at, warnings) if _UNSUBSCRIPTION & item.keys() else None,
    )


def _unsubscription(item: dict[str, Any], received_at: datetime, warnings: ItemWarnings) -> datetime | None:
    """When it was, or the receipt where only that it was is said."""
    at = fields.past_instant(item, "unsubscribedAt", received_at, warnings)
    return received_at if at is None and fields.flag(item, "isUnsubscribed") else at


def _former_ids(item: Mapping[str, Any]) -> tuple[str, ...]:
    value = item["formerIds"]
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_FORMER_IDS:
        raise ItemError("invalid_former_ids", f"formerIds must be a list of at most {MOST_FORMER_IDS} ids.")
    ids = [fields.identifier({"formerIds": id}, "formerIds") for id in value]
    return tuple(dict.fromkeys(id for id in ids if id is not None))


def _texts(item: Mapping[str, Any]) -> dict[str, str | None]:
    """The fields that are given; null and an empty text take them back."""
    return {name: _reader(name)(item, name, max_length=length) for name, length in _LONGEST.items() if name in item}


def _reader(name: str) -> Callable[..., str | None]:
    return _READERS.get(name, fields.text)


def said_in_traits(
    user_id: str,
    traits: dict[str, Any],
    at: datetime,
    received_at: datetime,
    warnings: ItemWarnings,
    *,
    fills_only: bool = False,
    of_key: tuple[int, int] | None = None,
) -> Statement:
    """The traits that a call states: those with a meaning of their own, and all of them as attributes.

    One that cannot be read is only an attribute, with a warning.
    """
    created_at = warnings.optional(fields.instant_or_epoch, traits, "createdAt") if "createdAt" in traits else None
    if created_at is not None and created_at > received_at + fields.LONGEST_AHEAD:
        fields.warn_of_future("createdAt", warnings)
        created_at = None
    return Statement(
        user_id=user_id,
        at=at,
        texts=_texts_of_traits(traits, warnings),
        attributes=without_ips(traits),
        signed_up_at=created_at,
        fills_only=fills_only,
        is_dated=at != received_at,
        of_key=of_key,
    )


def _texts_of_traits(traits: dict[str, Any], warnings: ItemWarnings) -> dict[str, str | None]:
    """As `_texts`; the name may come in two parts."""

    def text(name: str, max_length: int) -> str | None:
        return warnings.optional(_reader(name), traits, name, max_length=max_length) if name in traits else None

    texts = {name: text(name, length) for name, length in _LONGEST.items() if name in traits}
    parts = [text(key, fields.MAX_NAME_LENGTH) for key in ("firstName", "lastName")]
    if not texts.get("name") and any(parts):
        texts["name"] = " ".join(filter(None, parts))[: fields.MAX_NAME_LENGTH].rstrip()
    return {name: value for name, value in texts.items() if value is not None or _is_nothing(traits.get(name))}


def _is_nothing(value: object) -> bool:
    """Whether it takes a field back; what cannot be read does not."""
    return value is None or (isinstance(value, str) and not value.strip())


def write_statements(entries: Entries, people: People, statements: Sequence[Statement]) -> list[bool]:
    """Bring contacts up to what was said, and to who was joined to them; for each word whether it changed anything.

    Where it may, takes the workspace's lock and reads the contacts again first. At most nine statements.
    """
    contacts = [people.contact(statement.user_id) for statement in statements]
    touched = people.changed | {
        contact.pk
        for contact, statement in zip(contacts, statements, strict=True)
        if statement.is_more_than_a_name or (statement.of_key is not None and is_moved(contact, statement.at))
    }
    moved = _moves(contacts, statements, touched)
    if not touched and not any(moved):
        return moved
    if not people.is_locked:
        locked_numbers(people.workspace_id)
    move_signups(
        entries, [(contacts[place], statements[place].earliest_at) for place, moves in enumerate(moved) if moves]
    )
    if not touched:
        return moved
    lone = LoneContacts(people, touched - people.changed, made=_made_alone(people, contacts, touched))
    changed = [
        lone.add(contact.pk, statement) if contact.pk in touched else moves
        for contact, statement, moves in zip(contacts, statements, moved, strict=True)
    ]
    lone.write(entries)
    others = {pk for pk in touched if pk not in lone}
    if others:
        families = Families(people.workspace_id, others, joined_now=people.changed)
        for number, key in people.confirmed_by.items():
            of_key = None if key is None else (key, microseconds(entries.received_at))
            families.words[people.contacts[number].pk].confirm(of_key)
        for place, contact in enumerate(contacts):
            if contact.pk in others:
                changed[place] = families.words[contact.pk].add(statements[place])
        families.write(entries)
    return list(map(bool, changed))


def _made_alone(people: People, contacts: Sequence[KnownContact], touched: Container[int]) -> list[KnownContact]:
    """The contacts that were just made, of whom something was said, and to whom nobody was joined."""
    return [
        contact
        for contact in {contact.pk: contact for contact in contacts}.values()
        if contact.external_id in people.made
        and contact.pk in touched
        and contact.pk not in people.changed
        and contact.merged_into_id is None
        and contact.made_by_key is None
    ]


def _moves(contacts: Sequence[KnownContact], statements: Sequence[Statement], touched: Container[int]) -> list[bool]:
    """The statements that only say that a contact was there before its signup as known so far, and nothing else."""
    earliest: dict[int, datetime] = {}
    moves = []
    for contact, statement in zip(contacts, statements, strict=True):
        at = statement.earliest_at
        is_earlier = contact.pk not in earliest or at < earliest[contact.pk]
        moves.append(contact.pk not in touched and is_earlier and is_moved(contact, at))
        if moves[-1]:
            earliest[contact.pk] = at
    return moves
