"""What every web project has: settings, addresses, errors, middleware. No domain words."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# NumPy's threads for products of matrices wait by turning round and round: a report with three sums of products took a
# third more of the processors, which other requests would have had. It is read as NumPy is loaded.

__version__ = "0.2.0"
"""The program's version. Whatever tells it reads it here; CHANGELOG.md has the releases."""
