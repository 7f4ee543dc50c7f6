"""Settings of a web process that stores no receipts of reads, for bench/api.py --receipts."""

from django.apps import AppConfig

from ptfi.settings import *  # noqa: F403


class WithoutReceipts(AppConfig):
    name = "bench.without_receipts"

    def ready(self) -> None:
        from traits.api.views import SharedView

        SharedView.reader = property(lambda _: None)  # type: ignore[method-assign, assignment]


INSTALLED_APPS = [*INSTALLED_APPS, "bench.without_receipts.WithoutReceipts"]  # noqa: F405
