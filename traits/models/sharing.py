"""What people grant to apps, and what the apps read."""

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F
from django.utils import timezone

from traits.models.candidates import Category

EVERYWHERE = "everywhere"
"""The context that stands for all: traits of any context, and those that name none."""


class Grant(models.Model):
    """What a person lets a client see and do. Without a row, and with empty lists, that is nothing.

    categories and contexts limit the traits. contexts: names as the person spells them, or EVERYWHERE. evidence and
    styles: whether these are shown. write: decide on suggestions and change traits; suggest: propose new ones.
    revision counts the changes. carried_over: made for a consent of an earlier release, and the person has not yet
    confirmed or changed it; told_at: when they were told by mail.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    categories = ArrayField(models.CharField(max_length=32, choices=Category.choices), default=list)
    contexts = ArrayField(models.CharField(max_length=100), default=list)
    evidence = models.BooleanField(default=False)
    styles = models.BooleanField(default=False)
    write = models.BooleanField(default=False)
    suggest = models.BooleanField(default=False)
    revision = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    carried_over = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("user", "client", name="grant_once")]
        indexes = [
            models.Index("user", name="grant_untold", condition=models.Q(carried_over=True, told_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ReadReceipt(models.Model):
    """An answered read of a client; kept for RECEIPT_DAYS, also after the client is disconnected or gone.

    operation: the front door and the operation, such as "api listTraits". categories, trait_ids: of the traits and
    suggestions in the answer. evidence: whether it held any. number: how many items the answer held.
    """

    # Without a constraint, which would lock the account's row for each of them.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    client_id = models.CharField(max_length=100)
    operation = models.CharField(max_length=60)
    categories = ArrayField(models.CharField(max_length=32), default=list)
    trait_ids = ArrayField(models.UUIDField(), default=list)
    evidence = models.BooleanField(default=False)
    number = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index("user", F("id").desc(), name="receipt_of_person"),
            # Cheap to maintain: they come in the order of their times.
            BrinIndex("created_at", name="receipt_age", pages_per_range=32, autosummarize=True),
        ]

    def __str__(self) -> str:
        return str(self.pk)
