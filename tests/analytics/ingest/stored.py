"""What is in the database after something was sent, in words short enough for an assertion."""

import json
from typing import Any

from django.apps import apps
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import connection

from analytics.models import Contact, Event, Identity, IdentityKind, IngestRemark, Message, Person, PersonNumbers
from workspaces.models import Workspace

STATUS_FIELDS = ("sent_at", "delivered_at", "opened_at", "clicked_at", "bounced_at", "failed_at")


def row_counts() -> dict[str, int]:
    """The rows of each table, without the one that is only a lock and the one that tells of refusals. One query."""
    models = set(apps.get_app_config("analytics").get_models()) - {PersonNumbers, IngestRemark}
    counts = " UNION ALL ".join(f"SELECT '{model.__name__}', count(*) FROM {model._meta.db_table}" for model in models)
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return dict(cursor.fetchall())


def device(workspace: Workspace, value: str) -> int:
    return _person(workspace, IdentityKind.ANONYMOUS, value)


def user(workspace: Workspace, value: str) -> int:
    return _person(workspace, IdentityKind.EXTERNAL, value)


def _person(workspace: Workspace, kind: IdentityKind, value: str) -> int:
    """The number by which the person of an identity is known now."""
    number = Identity.objects.get(workspace=workspace, kind=kind, value=value).person_number
    return known_by(workspace, number)


def own_number(workspace: Workspace, identity: str) -> int:
    """The number that an identity such as `e:ada` leads to, whomever that joined."""
    kind, value = identity.split(":")
    return int(Identity.objects.get(workspace=workspace, kind=kind, value=value).person_number)


def known_by(workspace: Workspace, number: int) -> int:
    person = Person.objects.get(workspace=workspace, number=number)
    return person.number if person.joined_to is None else person.joined_to


def people_of_events(workspace: Workspace) -> dict[str, int]:
    """By message id of each event, whose it is."""
    rows = Event.objects.filter(workspace=workspace).values_list("message_id", "person_number")
    return {message_id: known_by(workspace, number) for message_id, number in rows}


def contacts(workspace: Workspace) -> set[str]:
    """The external ids of the contacts there are now."""
    rows = Contact.objects.current().filter(workspace=workspace)
    return set(rows.values_list("external_id", flat=True))


def reached(message: Message) -> dict[str, Any]:
    """The statuses that a message reached, and when."""
    return {name: getattr(message, name) for name in STATUS_FIELDS if getattr(message, name) is not None}


def columns_with(*texts: str) -> set[str]:
    """`app.Model.field` of every column in which some row, of whatever workspace, has one of the texts."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for row in model._base_manager.all()
        for field in model._meta.concrete_fields
        if any(text.lower() in _written(row, field).lower() for text in texts)
    }


def _written(row: Any, field: Any) -> str:
    value = getattr(row, field.attname)
    if field.name == "session_data" and isinstance(row, AbstractBaseSession):
        value = row.get_decoded()
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
