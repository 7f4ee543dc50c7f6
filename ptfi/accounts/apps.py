from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "ptfi.accounts"
    verbose_name = _("Accounts")
    label = "accounts"

    def ready(self) -> None:
        from ptfi.accounts import languages, mfa, session_messages
        from ptfi.accounts.activity import notices, receivers

        languages.connect()
        mfa.install()
        notices.connect()
        receivers.connect()
        session_messages.connect()
