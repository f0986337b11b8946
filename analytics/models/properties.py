"""Properties of events as people see to them: what they say of one, and whether reports read it from a column."""

from dataclasses import dataclass

from django.db import models

from analytics.models.facts import derived_digits
from workspaces.models import Workspace
from workspaces.scope import ScopedManager

MAX_PROPERTY_NAME = 255
"""Characters of a name that can be described, or have a switch."""


MAX_DESCRIPTION = 500


class ColumnChoice(models.TextChoices):
    AUTO = "auto", "Automatic"
    ON = "on", "On"
    OFF = "off", "Off"


class EventProperty(models.Model):
    """What people have said of a property of one type of event. Of others there is no row: names come with events.

    A switched column is built, or taken away, day by day in the background: days before `building_before` are still to
    be done; null where nothing is.
    """

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="event_properties", db_index=False)
    event_type = models.CharField(max_length=200)
    name = models.CharField(max_length=MAX_PROPERTY_NAME, help_text="Its path: names joined by dots.")
    description = models.CharField(max_length=MAX_DESCRIPTION, blank=True)
    column = models.CharField(max_length=4, choices=ColumnChoice, default=ColumnChoice.AUTO)
    column_set_at = models.DateTimeField(null=True, blank=True)
    building_before = models.DateField(null=True, blank=True)
    days_built = models.PositiveIntegerField(default=0)
    days_to_build = models.PositiveIntegerField(default=0)

    objects = ScopedManager["EventProperty"]()

    class Meta:
        verbose_name_plural = "event properties"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "event_type", "name"], name="event_property_name"),
            models.CheckConstraint(condition=~models.Q(name=""), name="event_property_has_name"),
            models.CheckConstraint(
                condition=models.Q(column__in=ColumnChoice.values), name="event_property_column_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "event_type", "name", "column"],
                name="event_property_switched",
                condition=~models.Q(column=ColumnChoice.AUTO),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type}: {self.name}"

    @property
    def api_id(self) -> str:
        return property_id(self.workspace_id, self.event_type, self.name)

    @property
    def building(self) -> "Building | None":
        """How far it is; None where nothing is left to be done."""
        return None if self.building_before is None else Building(self.days_built, self.days_to_build)


@dataclass(frozen=True)
class Building:
    days_done: int
    days: int


def property_id(workspace_id: int, event_type: str, name: str) -> str:
    """The identifier of a property, which has no row as long as nobody has said anything of it."""
    return f"prop_{derived_digits(workspace_id, 'property', event_type, name)}"


def event_type_id(workspace_id: int, event_type: str) -> str:
    return f"ety_{derived_digits(workspace_id, 'event type', event_type)}"
