"""What django-allauth tells by signal alone."""

from typing import Any

from allauth.mfa.signals import authentication_failed
from django.dispatch import receiver

from workspaces.audit import record
from workspaces.models import Action, User


@receiver(authentication_failed)
def record_wrong_second_factor(user: User, **kwargs: Any) -> None:
    record(Action.LOG_IN_FAILED, by=None, account=user, after={"second factor": "wrong"})
