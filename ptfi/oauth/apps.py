from django.apps import AppConfig


class OAuthConfig(AppConfig):
    """OAuth clients: apps that act for people, and the pipeline, which adds suggestions."""

    name = "ptfi.oauth"
    label = "clients"

    def ready(self) -> None:
        from ptfi.oauth import cors

        cors.connect()
