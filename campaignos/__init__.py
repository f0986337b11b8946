"""What every web project has: settings, addresses, errors, middleware. No domain words."""

__version__ = "0.2.0"
"""The program's version. Whatever tells it reads it here; CHANGELOG.md has the releases."""
