"""What serves requests does not look for garbage at every turn."""

import subprocess
import sys

import pytest

from campaignos.settings import BASE_DIR


@pytest.mark.long
def test_a_report_is_made_without_looking_for_garbage_again_and_again(tmp_path):
    """Python's usual 700 objects took a third of a campaign's page."""
    code = "import gc, campaignos.wsgi; print(*gc.get_threshold(), gc.get_freeze_count() > 0)"
    settings = {
        "DJANGO_SETTINGS_MODULE": "campaignos.settings",
        "SECRET_KEY": "for-tests",
        "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, env=settings, capture_output=True, check=True, text=True
    )
    assert done.stdout.split() == ["50000", "20", "20", "True"]
