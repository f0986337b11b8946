"""The system's Chromium, which Playwright drives: it brings none of its own."""

import shutil

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first of them draws pages without a browser's own windows, which take over two thirds of the others' time."""
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
"""Its path, None where there is none."""
PLAIN_HOST = "shop.test"
"""A name of this machine that browsers do not trust without HTTPS."""
