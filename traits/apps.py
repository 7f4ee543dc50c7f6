from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TraitsConfig(AppConfig):
    name = "traits"
    verbose_name = _("Personas")

    def ready(self) -> None:
        """Register the metrics and a part of the consent page, and restrict privileges on receipts and records."""
        from ptfi.db import grants
        from ptfi.oauth import consent
        from traits import metrics
        from traits.models import Erasure, IngestBatch, LogIntervention
        from traits.sharing import slices
        from traits.sharing.consent import PersonaPart
        from traits.sharing.notices import metrics as of_notices

        metrics.register()
        of_notices.register()
        consent.parts.append(PersonaPart())
        slices.register()
        # Receipts cannot be deleted.
        grants.narrow(Erasure, "SELECT", "INSERT", "UPDATE")
        # Nor can the records of imports.
        grants.narrow(IngestBatch, "SELECT", "INSERT", "UPDATE")
        # Only functions of the owner write these records of what they did.
        grants.narrow(LogIntervention, "SELECT")
