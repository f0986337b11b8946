"""What every template knows of the program."""

from typing import Any

from django.http import HttpRequest

from campaignos import __version__


def version(request: HttpRequest) -> dict[str, Any]:
    return {"version": __version__}
