"""What a filter means: people, and of what they did the events and the messages."""

from dataclasses import dataclass

from analytics.questions.fields import Subject
from analytics.questions.filters import NO_CONDITION, AllOf, AnyOf, FieldCondition, Filter, Not, all_of, fields_in


class MixtureError(ValueError):
    """What is allowed instead of one condition on people and facts, or on events and messages, which means neither."""


@dataclass(frozen=True)
class Parts:
    """People who meet `people`; of the facts, events that meet `events` and messages that meet `messages`."""

    people: AllOf = NO_CONDITION
    events: AllOf = NO_CONDITION
    messages: AllOf = NO_CONDITION

    @property
    def all(self) -> AllOf:
        return all_of(self.people, self.events, self.messages)

    def on(self, subject: Subject) -> AllOf:
        return {Subject.PEOPLE: self.people, Subject.EVENTS: self.events, Subject.MESSAGES: self.messages}[subject]

    @property
    def sources(self) -> AllOf:
        """Of the conditions on events, those on nothing but the source, which an attribution's rows are chosen by."""
        return AllOf(tuple(each for each in self.events.conditions if _is_on_sources(each)))

    @property
    def conversions(self) -> AllOf:
        """Of the conditions on events, the others: in an attribution those on conversions."""
        return AllOf(tuple(each for each in self.events.conditions if not _is_on_sources(each)))


NO_PARTS = Parts()
SOURCE_FIELDS = ("utm.source", "utm.medium", "utm.campaign")


def _is_on_sources(condition: Filter) -> bool:
    return all(field.key in SOURCE_FIELDS for field in fields_in(condition))


def parts_of(condition: Filter) -> Parts:
    """A filter taken apart. Raises MixtureError where one `any` or `not` is about several of them."""
    by_subject: dict[Subject, list[Filter]] = {subject: [] for subject in Subject}
    for inner in all_of(condition).conditions:
        by_subject[subject_of(inner)].append(inner)
    return Parts(**{subject.value: AllOf(tuple(conditions)) for subject, conditions in by_subject.items()})


def subject_of(condition: Filter) -> Subject:
    """What a condition is about; people, where it is empty. Raises MixtureError where that is several things."""
    match condition:
        case FieldCondition(field):
            return field.subject
        case AllOf(conditions) | AnyOf(conditions):
            subjects = {subject_of(inner) for inner in conditions}
        case Not(inner):
            return subject_of(inner)
        case _:
            return Subject.PEOPLE
    if len(subjects) > 1:
        several = " and ".join(sorted(subjects))
        raise MixtureError(f"conditions on {several} each in an all at the top, not within one any or not")
    return subjects.pop() if subjects else Subject.PEOPLE
