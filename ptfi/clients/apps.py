from django.apps import AppConfig


class ClientsConfig(AppConfig):
    """The programs that act for people, or bring suggestions, by OAuth."""

    name = "ptfi.clients"
    label = "clients"

    def ready(self) -> None:
        from ptfi.clients import cors

        cors.connect()
