from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import apps as admin_apps
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        from workspaces import checks, receivers  # noqa: F401  registers them


class AdministrationConfig(admin_apps.SimpleAdminConfig):
    """Staff's pages come with the addresses that lead to them (`campaignos/urls.py`): commands and their processes do
    without, and without all that these pages bring in."""

    default = False  # of this module
    default_site = "workspaces.administration.Administration"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_administration, checks.Tags.admin)


def check_administration(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Django's own check of the administration, after staff's pages are there, whichever check comes first."""
    admin.autodiscover()
    return check_admin_app(app_configs, **kwargs)
