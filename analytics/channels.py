"""By what way a message reaches somebody."""

from django.db.models import TextChoices


class Channel(TextChoices):
    EMAIL = "EMAIL", "Email"
    SMS = "SMS", "SMS"
    PUSH = "PUSH", "Push"
    IN_APP = "IN_APP", "In-app"
