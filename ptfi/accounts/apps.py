from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ptfi.accounts"
    label = "accounts"

    def ready(self) -> None:
        from ptfi.accounts import notices
        from ptfi.accounts.activity import receivers

        notices.connect()
        receivers.connect()
