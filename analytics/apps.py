from django.apps import AppConfig

from analytics.providers import WEBHOOK_PROVIDERS


class AnalyticsConfig(AppConfig):
    name = "analytics"
    webhook_providers = WEBHOOK_PROVIDERS

    def ready(self) -> None:
        from analytics import checks, receivers, registrations  # noqa: F401  they register
