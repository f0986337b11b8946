"""What the doctor says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    WELL = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Diagnosis:
    """How one thing of an installation is; `remedy` says what to do about it, and is empty where it is well."""

    topic: str
    condition: Condition
    text: str
    remedy: str = ""


def well(topic: str, text: str) -> Diagnosis:
    return Diagnosis(topic, Condition.WELL, text)


def warning(topic: str, text: str, remedy: str) -> Diagnosis:
    return Diagnosis(topic, Condition.WARNING, text, remedy)


def problem(topic: str, text: str, remedy: str) -> Diagnosis:
    return Diagnosis(topic, Condition.PROBLEM, text, remedy)
