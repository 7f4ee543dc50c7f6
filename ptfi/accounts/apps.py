from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ptfi.accounts"
    label = "accounts"
