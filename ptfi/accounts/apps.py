from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ptfi.accounts"
    label = "accounts"

    def ready(self) -> None:
        from ptfi.accounts.activity import notices, receivers

        notices.connect()
        receivers.connect()
