"""Users and their sessions."""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who logs in, by email (kept in lower case)."""

    email = models.EmailField(
        "email", unique=True, error_messages={"unique": "An account with this address already exists: log in with it."}
    )
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May log in to this administration site.")
    has_shortcuts = models.BooleanField("keyboard shortcuts", default=True)
    last_seen_at = models.DateTimeField(null=True, editable=False)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def api_id(self) -> str:
        return f"usr_{self.pk}"

    def save(self, *args: Any, **options: Any) -> None:
        """With another password, a change of the email that waits to be confirmed ends, whoever asked for it."""
        has_new_password = getattr(self, "_password", None) is not None  # which Django sets until it is saved
        super().save(*args, **options)
        if has_new_password:
            EmailAddress.objects.filter(user=self, verified=False).exclude(email=self.email).delete()

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return super().normalize_username(username).lower()

    def get_short_name(self) -> str:
        return self.name or self.email


class Session(AbstractBaseSession):
    """A log-in, as `workspaces.sessions` keeps it; without a user while somebody is still logging in."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    user_agent = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    must_rotate = models.BooleanField(default=False, help_text="Its key changes at its next use.")

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from workspaces.sessions import SessionStore  # which needs this model

        return SessionStore
