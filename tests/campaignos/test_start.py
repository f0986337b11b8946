"""What a process brings in before it has anything to do."""

import os
import subprocess
import sys

import pytest

PAGES = ("analytics.views", "rest_framework.serializers", "workspaces.access")
TELL = f"""
import django, sys; django.setup()
import analytics.ingest.files.imports
print([name for name in {PAGES} if name in sys.modules])
from django.urls import get_resolver; get_resolver().url_patterns
print([name for name in {PAGES} if name not in sys.modules])
"""


@pytest.mark.processes
def test_a_process_that_imports_files_brings_in_no_pages(tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "campaignos.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'unused.sqlite3'}",
        "SECRET_KEY": "for-the-test",
    }
    told = subprocess.run([sys.executable, "-c", TELL], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split("\n") == ["[]", "[]", ""]
