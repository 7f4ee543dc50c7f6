from django.apps import AppConfig


class ClientsConfig(AppConfig):
    """The programs that act for people, or bring suggestions, by OAuth."""

    name = "ptfi.oauth"
    label = "clients"

    def ready(self) -> None:
        from ptfi.oauth import cors

        cors.connect()
