"""The system's Chromium, which Playwright drives: it brings none of its own."""

import shutil

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""Its path, None where there is none."""
