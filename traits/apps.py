from django.apps import AppConfig


class TraitsConfig(AppConfig):
    name = "traits"

    def ready(self) -> None:
        """Tell the project what it is to measure here, and what the application may do with receipts."""
        from ptfi.db import grants
        from traits import metrics
        from traits.models import Erasure, LogIntervention

        metrics.register()
        # A receipt stays.
        grants.narrow(Erasure, "SELECT", "INSERT", "UPDATE")
        # Only functions of the owner write what they did.
        grants.narrow(LogIntervention, "SELECT")
