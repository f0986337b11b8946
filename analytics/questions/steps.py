"""The steps of a funnel."""

from dataclasses import dataclass

from campaignos.commas import comma_text, comma_values

MAX_STEPS = 10
MAX_TYPE_LENGTH = 200


@dataclass(frozen=True)
class Step:
    """What a person does: an event of a type."""

    event_type: str

    def __str__(self) -> str:
        return self.event_type


def read_steps(text: str) -> tuple[Step, ...]:
    """Event types separated by commas, one with a comma in it quoted as in CSV. Raises ValueError for other texts."""
    names = [*map(str.strip, comma_values(text))]
    if len(names) > MAX_STEPS or not all(map(is_event_type, names)):
        raise ValueError(f"1 to {MAX_STEPS} event types are a funnel's steps")
    return tuple(map(Step, names))


def steps_text(steps: tuple[Step, ...]) -> str:
    return comma_text(step.event_type for step in steps)


def is_event_type(name: str) -> bool:
    return 0 < len(name) <= MAX_TYPE_LENGTH and "\0" not in name
