from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ptfi.accounts"
    label = "accounts"

    def ready(self) -> None:
        from ptfi.accounts import languages
        from ptfi.accounts.activity import notices, receivers

        languages.connect()
        notices.connect()
        receivers.connect()
