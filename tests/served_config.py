"""gunicorn's configuration of the project, whose processes also tell the test when they can answer."""

import os
from pathlib import Path
from typing import Any

from campaignos.gunicorn import *  # noqa: F403


def post_worker_init(worker: Any) -> None:
    Path(os.environ["READY_WORKERS"], str(worker.pid)).touch()
