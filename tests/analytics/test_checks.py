"""The system check refuses models that could not be distributed by workspace."""

from django.db import models
from django.test.utils import isolate_apps

from analytics.checks import check_distribution, distribution_problems
from analytics.models.distribution import DistributedModel
from workspaces.row_security import tenant_models

ON_THE_COORDINATOR = {
    "ABTest",
    "Alert",
    "AlertChange",
    "AuditEvent",
    "Board",
    "Campaign",
    "Contact",
    "Delivery",
    "EmailRecipient",
    "Enrolment",
    "EventProperty",
    "ExchangeRate",
    "FormerSlug",
    "Invitation",
    "KeptAnswer",
    "KeptMapping",
    "Key",
    "Membership",
    "Note",
    "SavedFunnel",
    "SavedQuestion",
    "SavedSegment",
    "ScheduledEmail",
    "ShareLink",
    "Upload",
    "UtmTriple",
    "Variant",
    "Webhook",
    "WebhookEndpoint",
}
"""The models with a workspace that do not grow without bound: with what people set up, or for as long as rows are kept.

A new one either joins them or inherits DistributedModel: on a cluster, all others share one node.
"""


def problems(model):
    return [problem.id for problem in distribution_problems(model)]


def test_each_model_of_a_workspace_is_distributed_or_stays_on_the_coordinator():
    staying = {model.__name__ for model in tenant_models() if not issubclass(model, DistributedModel)}
    assert staying == ON_THE_COORDINATOR


def test_the_models_keep_the_rules():
    assert check_distribution(None) == []


@isolate_apps("analytics")
def test_ids_from_the_database_are_refused():
    class Counted(DistributedModel):
        class Meta:
            app_label = "analytics"

    assert problems(Counted) == ["analytics.E001"]


@isolate_apps("analytics")
def test_unique_constraints_begin_with_the_workspace():
    class Named(DistributedModel):
        id = models.UUIDField(primary_key=True)
        name = models.TextField()
        number = models.IntegerField(unique=True)

        class Meta:
            app_label = "analytics"
            constraints = [
                models.UniqueConstraint(fields=["workspace", "name"], name="good"),
                models.UniqueConstraint(fields=["name", "workspace"], name="bad"),
            ]

    assert problems(Named) == ["analytics.E002", "analytics.E002"]


@isolate_apps("analytics")
def test_a_composite_primary_key_begins_with_the_workspace():
    class Keyed(DistributedModel):
        pk = models.CompositePrimaryKey("number", "workspace_id")
        number = models.IntegerField()

        class Meta:
            app_label = "analytics"

    assert problems(Keyed) == ["analytics.E002"]


@isolate_apps("analytics")
def test_no_foreign_key_constraint_leaves_or_reaches_a_distributed_table():
    class Fact(DistributedModel):
        id = models.UUIDField(primary_key=True)
        link = models.ForeignKey("self", models.DO_NOTHING)
        loose = models.ForeignKey("self", models.DO_NOTHING, db_constraint=False, related_name="+")

        class Meta:
            app_label = "analytics"

    class Note(models.Model):
        fact = models.ForeignKey(Fact, models.CASCADE)

        class Meta:
            app_label = "analytics"

        def __str__(self):
            return "a note"

    assert problems(Fact) == ["analytics.E003"]
    assert problems(Note) == ["analytics.E003"]
