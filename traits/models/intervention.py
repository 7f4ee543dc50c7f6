"""The record of interventions in a log, by the functions that may make them; erasures leave it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Intervention(models.TextChoices):
    """Named after the database functions that write the rows (traits/migrations/0017_receipts.py)."""

    LOG_ERASED = "erase_persona_log", _("Log deleted")
    LOG_REDACTED = "redact_log", _("Texts removed from the log")
    MODERATION_ERASED = "erase_moderation", _("Staff’s notes deleted")
    MODERATION_BLANKED = "blank_moderation", _("Staff’s reasons removed")
    LOOKS_BLANKED = "erase_access_reasons", _("Reasons in the access log removed")


class LogIntervention(models.Model):
    """One intervention by a function of the tables' owner, which writes the row; the application only reads it.

    erasure_id is the receipt that allowed it. revision and hash are the log's head before it, null if there was none or
    if the row was added later for an old receipt (is_backfilled). revisions: the entries that were rewritten; digests:
    the SHA-256 of their new contents as PostgreSQL displays them. The row holds ids, times and numbers, and stays, like
    the receipt.
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
