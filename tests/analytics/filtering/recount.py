"""What conditions mean, slow and obvious: every fact of a workspace looked at in Python, one after the other."""

from collections import Counter
from functools import partial

from analytics.mailboxes import mailbox_group
from analytics.models import Contact, Event, Message, MessageEvent, Person, SavedSegment
from analytics.questions.filters import AllOf, AnyOf, Did, EventAct, InSegment, Not, holds
from analytics.questions.values import value_at
from analytics.utm import utm_text

HARM = {
    "hard_bounced": ("bounced", "hard"),
    "soft_bounced": ("bounced", "soft"),
    "complained": ("complained", ""),
    "unsubscribed": ("unsubscribed", ""),
}


class Recount:
    def __init__(self, workspace, asked):
        self.workspace, self.asked = workspace, asked
        people = {person.number: person.joined_to for person in Person.objects.filter(workspace=workspace)}
        self.root = {number: number if kept is None else kept for number, kept in people.items()}
        self.everybody = set(self.root.values())
        self.events = list(Event.objects.filter(workspace=workspace).select_related("utm"))
        self.messages = list(Message.objects.filter(workspace=workspace).select_related("contact"))
        self.reports = list(MessageEvent.objects.filter(workspace=workspace))
        current = Contact.objects.current().filter(workspace=workspace)
        self.contacts = {self.root[contact.person_number]: contact for contact in current}

    @staticmethod
    def value_of_event(event, field):
        if field.path:
            return value_at(event.properties, field.path)
        if field.key == "event":
            return event.type
        name = field.key.removeprefix("utm.")
        if name in ("term", "content"):
            return utm_text(name, event.context, event.properties) if event.utm else None
        return (getattr(event.utm, name) or None) if event.utm else None

    @staticmethod
    def value_of_message(message, field):
        if field.key == "domain":
            return mailbox_group(message.contact.email)
        return getattr(message, {"campaign": "campaign_id", "variant": "variant_id"}.get(field.key, field.key))

    def value_of_person(self, person, field):
        contact = self.contacts.get(person)
        if field.key == "contact.known":
            return contact is not None
        if contact is None:
            return None
        return value_at(contact.attributes, field.path) if field.path else contact.signed_up_at

    def matching_events(self, condition):
        return {event.pk for event in self.events if holds(condition, partial(self.value_of_event, event))}

    def matching_messages(self, condition):
        return {message.pk for message in self.messages if holds(condition, partial(self.value_of_message, message))}

    def people(self, condition):
        return {person for person in self.everybody if self.is_meant(person, condition)}

    def is_meant(self, person, condition):
        match condition:
            case AllOf(conditions):
                return all(self.is_meant(person, inner) for inner in conditions)
            case AnyOf(conditions):
                return any(self.is_meant(person, inner) for inner in conditions)
            case Not(inner):
                return not self.is_meant(person, inner)
            case Did():
                return condition.is_met(self.times(condition)[person])
            case InSegment(segment_id):
                segment = SavedSegment.objects.get(workspace=self.workspace, pk=segment_id)
                return self.is_meant(person, segment.conditions(self.workspace.zone))
        return condition.matches(self.value_of_person(person, condition.field))

    def times(self, did):
        window = did.window(self.asked)
        acts = self.event_acts(did) if isinstance(did.act, EventAct) else self.message_acts(did)
        return Counter(
            self.root[fact.person_number]
            for fact, at in acts
            if at is not None and (window is None or window.starts_at <= at < window.ends_at)
        )

    def event_acts(self, did):
        matching = self.matching_events(did.where)
        return [(one, one.occurred_at) for one in self.events if one.pk in matching and did.act.matches(one.type)]

    def message_acts(self, did):
        matching, status = self.matching_messages(did.where), did.act.status
        for message in self.messages:
            if message.pk in matching and did.act.campaign_id in (None, message.campaign_id):
                if status in HARM:
                    of_message = [one for one in self.reports if one.message_id == message.pk]
                    of_kind = [one for one in of_message if (one.type, one.bounce_kind) == HARM[status]]
                    yield message, min((one.occurred_at for one in of_kind), default=None)
                else:
                    yield message, getattr(message, f"{status}_at" if status else "created_at")
