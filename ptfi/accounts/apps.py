from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ptfi.accounts"
    label = "accounts"

    def ready(self) -> None:
        from ptfi.accounts import languages, mfa
        from ptfi.accounts.activity import notices, receivers

        languages.connect()
        mfa.install()
        notices.connect()
        receivers.connect()
