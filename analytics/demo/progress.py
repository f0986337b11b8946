"""How far the demo's history is filled in, kept in a file beside the database: pages tell it until all is there."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

_FILE = "demo-progress.json"


@dataclass(frozen=True)
class DemoProgress:
    """The workspace's days from `filled_from` on are there, those from `first_day` on will be; `now` is when it began,
    by which its items are the same when it goes on."""

    workspace_id: int
    now: datetime
    first_day: date
    filled_from: date

    @property
    def share(self) -> float:
        days = (self.now.date() - self.first_day).days
        return (self.now.date() - self.filled_from).days / days if days else 1.0


def demo_progress() -> DemoProgress | None:
    """None where nothing is being filled in."""
    with suppress(FileNotFoundError):
        said = json.loads((settings.VAR_DIR / _FILE).read_text())
        return DemoProgress(
            said["workspace_id"],
            datetime.fromisoformat(said["now"]),
            date.fromisoformat(said["first_day"]),
            date.fromisoformat(said["filled_from"]),
        )
    return None


def note_demo_progress(progress: DemoProgress) -> None:
    """Whole or not at all for who reads it meanwhile."""
    settings.VAR_DIR.mkdir(exist_ok=True)
    said = {
        "workspace_id": progress.workspace_id,
        "now": progress.now.isoformat(),
        "first_day": progress.first_day.isoformat(),
        "filled_from": progress.filled_from.isoformat(),
    }
    new = settings.VAR_DIR / f"{_FILE}.new"
    new.write_text(json.dumps(said))
    new.replace(settings.VAR_DIR / _FILE)


def forget_demo_progress() -> None:
    (settings.VAR_DIR / _FILE).unlink(missing_ok=True)
