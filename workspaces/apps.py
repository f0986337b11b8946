from django.apps import AppConfig
from django.contrib.admin import apps as admin


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        from workspaces import checks, receivers  # noqa: F401  registers them


class AdministrationConfig(admin.AdminConfig):
    default = False  # of this module
    default_site = "workspaces.administration.Administration"
