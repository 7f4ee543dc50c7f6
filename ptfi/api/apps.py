from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "ptfi.api"
    label = "api"

    def ready(self) -> None:
        # Importing it registers the authentication schemes with drf-spectacular.
        from ptfi.api.openapi import schema  # noqa: F401
