from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TraitsConfig(AppConfig):
    name = "traits"
    verbose_name = _("Personas")

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
