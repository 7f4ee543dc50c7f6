"""What staff did with suggestions; never a decision, which is the person's alone."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

MAX_REASON = 240


class ModerationAction(models.TextChoices):
    ARCHIVE = "archive", "Archived"
    REQUEUE = "requeue", "Put back into the queue"
    FLAG = "flag", "Held back"
    RELEASE = "release", "Released"
    REASSIGN = "reassign", "Given to somebody else"
    RECEIVE = "receive", "Taken over from somebody else"


class ModerationEntry(models.Model):
    """One thing that staff did with one person's suggestion; insert-only (a trigger refuses the rest).

    before and after hold status, whether it was held back, and whose it was: no texts. The reason, which the person
    reads, is "" once they have erased what it was about. Entries that were made together share batch_id.
    """

    entry_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch_id = models.UUIDField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    # The id alone: a candidate may be given to somebody else, or be erased.
    candidate_id = models.UUIDField()
    action = models.CharField(max_length=16, choices=ModerationAction.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    before = models.JSONField()
    after = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "moderation entries"
        constraints = [
            models.CheckConstraint(name="moderation_action", condition=Q(action__in=ModerationAction.values)),
        ]
        indexes = [
            models.Index("user", F("created_at").desc(), "entry_id", name="moderation_of_person"),
            models.Index("candidate_id", F("created_at").desc(), name="moderation_of_candidate"),
            models.Index("actor", F("created_at").desc(), name="moderation_by_actor"),
            models.Index(F("created_at").desc(), "entry_id", name="moderation_newest"),
        ]

    def __str__(self) -> str:
        return str(self.entry_id)
