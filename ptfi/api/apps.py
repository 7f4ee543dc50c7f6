from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "ptfi.api"
    label = "api"
