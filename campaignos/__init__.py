"""What every web project has: settings, addresses, errors, middleware. No domain words."""

__version__ = "0.2.0"
"""Of the whole program. What says it elsewhere reads it here; CHANGELOG.md has its releases."""
