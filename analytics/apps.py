from django.apps import AppConfig

from analytics.providers import WEBHOOK_PROVIDERS


class AnalyticsConfig(AppConfig):
    name = "analytics"
    webhook_providers = WEBHOOK_PROVIDERS

    def ready(self) -> None:
        from analytics import checks, receivers  # noqa: F401  register system checks and receivers
        from analytics.audited import DataAction
        from workspaces.models.audit import register_actions

        register_actions(DataAction)
