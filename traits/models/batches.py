"""What senders do and learn: batches of suggestions, changes of waiting ones, and what became of them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from traits.models.limits import MAX_NAME
from traits.models.moderation import MAX_REASON


class Door(models.TextChoices):
    COMMAND = "command", _("Import by command")
    UPLOAD = "upload", _("File imported by staff")
    API = "api", _("Request of an app")


COUNTS = {
    "created": _("new"),
    "updated": _("changed"),
    "unchanged": _("unchanged"),
    "ignored": _("ignored"),
    "suppressed": _("blocked"),
    "archived": _("replaced"),
    "returned": _("back in the queue"),
    "withdrawn": _("withdrawn"),
    "refused": _("refused"),
    "new_people": _("new people"),
}
"""What a batch counts, in the order in which pages show it; other counts are shown by their name."""


class IngestBatch(models.Model):
    """One import or ingest request: when, by which door, who sent what, and the result. It is never deleted.

    name: the file's name without its folder, or the id of the request. digest: SHA-256 of what was sent, in
    hexadecimal. counts: as in COUNTS. finished_at is null while the import runs, and if it was interrupted.

    A trigger (traits/migrations/0028_batches.py) refuses changes of a finished batch, except that an erasure blanks
    name and reason, which may name a person, and the digest, if nobody else's suggestions are left in the batch.
    """

    batch_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    door = models.CharField(max_length=16, choices=Door.choices)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    client_id = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=MAX_NAME, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ("view",)
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [models.CheckConstraint(name="batch_door", condition=Q(door__in=Door.values))]
        indexes = [
            models.Index(F("created_at").desc(), "batch_id", name="batch_newest"),
            models.Index("client_id", F("created_at").desc(), "batch_id", name="batch_of_client"),
            models.Index("staff", F("created_at").desc(), "batch_id", name="batch_by_staff", condition=~Q(staff=None)),
        ]

    def __str__(self) -> str:
        return str(self.batch_id)


class CandidateChange(models.Model):
    """What a batch changed in a stored suggestion: the columns that differ, before and after; personal data.

    taken_back_at: when staff undid the change. Rows are deleted with the suggestion and with the persona, lose erased
    evidence, and are kept for SUGGESTION_CHANGES_DAYS.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    candidate_id = models.UUIDField()
    batch_id = models.UUIDField()
    before = models.JSONField()
    after = models.JSONField()
    created_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index("user", F("id").desc(), name="change_of_person"),
            models.Index("candidate_id", F("id").desc(), name="change_of_candidate"),
            models.Index("batch_id", "candidate_id", name="change_of_batch"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Feedback(models.Model):
    """A decision that the client that sent the suggestion may learn of, or (without entry) that it was erased.

    Written for people with Persona.feedback_since, in the decision's transaction; kept for FEEDBACK_DAYS. What was
    decided stands in the log's entry. user is null for what was erased.
    """

    client_id = models.CharField(max_length=100)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False)
    candidate_id = models.UUIDField()
    entry_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index("client_id", "id", name="feedback_of_client"),
            models.Index("user", "candidate_id", name="feedback_of_person", condition=~Q(user=None)),
        ]

    def __str__(self) -> str:
        return str(self.pk)
