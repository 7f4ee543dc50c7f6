"""What was done to a log by the functions that may: the record that an erasure leaves of itself."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Intervention(models.TextChoices):
    """Named as the database's functions are that write the rows (traits/migrations/0017_receipts.py)."""

    LOG_ERASED = "erase_persona_log", _("Log deleted")
    LOG_REDACTED = "redact_log", _("Texts removed from the log")
    MODERATION_ERASED = "erase_moderation", _("Staff’s notes deleted")
    MODERATION_BLANKED = "blank_moderation", _("Staff’s reasons removed")
    LOOKS_BLANKED = "erase_access_reasons", _("Reasons in the access log removed")


class LogIntervention(models.Model):
    """One thing that a function of the tables' owner did, written by that function; the application only reads it.

    erasure_id is the receipt that allowed it. revision and hash are the head of the log before, null where there was
    none or where the row was made later of an old receipt (is_backfilled). revisions: the entries that were rewritten,
    and digests the SHA-256 of what PostgreSQL shows of their new contents. It holds ids, times and numbers, and stays
    like the receipt.
    """

    subject_id = models.UUIDField()
    erasure_id = models.UUIDField()
    action = models.CharField(max_length=32, choices=Intervention.choices)
    revision = models.BigIntegerField(null=True)
    hash = models.BinaryField(max_length=32, null=True)
    number = models.BigIntegerField()
    revisions = ArrayField(models.BigIntegerField(), default=list)
    digests = ArrayField(models.BinaryField(max_length=32), default=list, db_default=[])
    created_at = models.DateTimeField()
    is_backfilled = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        indexes = [models.Index("subject_id", "id", name="intervention_of_person")]
        constraints = [models.CheckConstraint(name="intervention_action", condition=Q(action__in=Intervention.values))]

    def __str__(self) -> str:
        return f"{self.action} {self.erasure_id}"
