"""What a person keeps of the review queue: the current sitting, and views with names."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from ptfi.texts import MOST_SORTED


class Sitting(models.Model):
    """The suggestions that a person set out to decide in one go, in their order; a new sitting replaces the last one.

    revision: that of the person's log when it began.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    sitting_id = models.UUIDField(default=uuid.uuid4)
    candidate_ids = ArrayField(models.UUIDField())
    revision = models.BigIntegerField()
    started_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.sitting_id)


class SavedView(models.Model):
    """Filters and order of the queue under a name; query: as in an address."""

    MOST = 30
    MAX_NAME = 80

    view_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=MAX_NAME)
    name_key = models.CharField(max_length=255, editable=False)
    sort_key = models.CharField(max_length=MOST_SORTED, editable=False, db_collation="C")
    query = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("user", "name_key", name="saved_view_once")]

    def __str__(self) -> str:
        return str(self.view_id)
