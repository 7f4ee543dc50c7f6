from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ptfi.accounts"
    label = "accounts"

    def ready(self) -> None:
        from ptfi.accounts import notices

        notices.connect()
