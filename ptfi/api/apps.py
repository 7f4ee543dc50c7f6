from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "ptfi.api"
    label = "api"

    def ready(self) -> None:
        # Tells drf-spectacular how our callers authenticate.
        from ptfi.api.openapi import schema  # noqa: F401
