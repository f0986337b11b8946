"""What is kept about the running of the installation itself; no workspace's rows."""

from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class JobState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def newest(self) -> "JobRunQuerySet":
        """The last run of each job."""
        return self.filter(
            pk__in=JobRun.objects.order_by().values("job").annotate(last=models.Max("pk")).values("last")
        )


class JobRun(models.Model):
    """One run of a scheduled job, and the numbers it answered."""

    job = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    result: Any = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    error = models.TextField(blank=True, help_text="The kind of error that stopped it; the log has the rest.")

    objects = JobRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="job_run_state_is_known"),
        ]
        indexes = [models.Index(fields=["job", "-started_at"], name="job_run_newest")]

    def __str__(self) -> str:
        return f"{self.job} {self.started_at:%Y-%m-%d %H:%M:%S} {self.state}"

    @property
    def duration(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.finished_at is not None else None
