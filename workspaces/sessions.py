"""Sessions that know whose they are: listed, ended one by one, and over after a while unused or at the latest.

Django's database sessions, with the user beside the data (docs/decisions/0010).
"""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY as USER_ID
from django.contrib.sessions.backends import db
from django.utils import timezone

from campaignos.bookkeeping import note_in_passing
from campaignos.fixed_rows import FixedRows, Placeholder
from workspaces.models import Session, User

SEEN_PRECISION = timedelta(minutes=5)
"""How often the use of a session is noted."""
STARTED = "started"
USER_AGENT = "user_agent"


_SESSION = FixedRows(
    lambda: Session.objects.filter(
        session_key=Placeholder("session_key"),
        expire_date__gt=Placeholder("now", Session._meta.get_field("expire_date")),
    )
)


class SessionStore(db.SessionStore):
    must_rotate = False
    """The key should change: what the user may do has changed since it was given."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create(self) -> None:
        """A new key begins a new life, as at log-in."""
        self[STARTED] = int(time.time())
        super().create()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        now = timezone.now()
        started_at = datetime.fromtimestamp(data[STARTED], UTC) if STARTED in data else now
        return Session(
            session_key=self._get_or_create_session_key(),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=_ends_at(started_at, now),
            user_id=data.get(USER_ID),
            user_agent=data.get(USER_AGENT, ""),
            started_at=started_at,
            last_seen_at=now,
        )

    def _get_session_from_db(self) -> Session | None:
        """As Django's: without a row, without its key."""
        row = _SESSION.first(session_key=self.session_key, now=timezone.now())
        if row is None:
            self._session_key = None
        elif row.user_id:
            self.must_rotate = row.must_rotate
            _note_use(row, row.user_id)
        return row


def _ends_at(started_at: datetime, seen_at: datetime) -> datetime:
    return min(
        started_at + timedelta(seconds=settings.SESSION_COOKIE_AGE),
        seen_at + timedelta(seconds=settings.SESSION_IDLE_AGE),
    )


def _note_use(row: Session, user_id: int) -> None:
    """Two queries in passing, at most every few minutes."""
    now = timezone.now()
    if abs(now - row.last_seen_at) > SEEN_PRECISION:

        def write() -> None:
            ends_at = _ends_at(row.started_at, now)
            Session.objects.filter(pk=row.pk).update(last_seen_at=now, expire_date=ends_at)
            User.objects.filter(pk=user_id).update(last_seen_at=now)

        note_in_passing(write)


def public_id(session_key: str) -> str:
    """Names a session without giving it away."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]
