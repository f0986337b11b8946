"""What is in the database after something was sent, in words short enough for an assertion."""

from typing import Any

from django.apps import apps

from analytics.models import Contact, Event, Identity, IdentityKind, IngestRemark, Message, Person, PersonNumbers
from workspaces.models import Workspace

STATUS_FIELDS = ("sent_at", "delivered_at", "opened_at", "clicked_at", "bounced_at", "failed_at")


def row_counts() -> dict[str, int]:
    """The rows of each table, without the one that is only a lock and the one that tells of what was refused."""
    models = set(apps.get_app_config("analytics").get_models()) - {PersonNumbers, IngestRemark}
    return {model.__name__: model._default_manager.count() for model in models}


def device(workspace: Workspace, value: str) -> int:
    return _person(workspace, IdentityKind.ANONYMOUS, value)


def user(workspace: Workspace, value: str) -> int:
    return _person(workspace, IdentityKind.EXTERNAL, value)


def _person(workspace: Workspace, kind: IdentityKind, value: str) -> int:
    """The number by which the person of an identity is known now."""
    number = Identity.objects.get(workspace=workspace, kind=kind, value=value).person_number
    return known_by(workspace, number)


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
