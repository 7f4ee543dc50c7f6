"""Which clients read which traits, and what they are told of changes."""

import uuid

from allauth.idp.oidc.models import Client
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class NoticeEvent(models.TextChoices):
    CORRECTED = "trait.corrected"
    REMOVED = "trait.removed"
    ERASED = "trait.erased"
    # Nothing sends it yet.
    CONTESTED = "trait.contested"
    NARROWED = "grant.narrowed"
    REVOKED = "grant.revoked"


WAITING = Q(acknowledged_at=None, given_up_at=None)
"""Of a Notice: that it is still to be sent."""


class TraitRecipient(models.Model):
    """That a confidential client read a trait or suggestion, without when.

    It outlasts the receipts of reads, because the client may still hold what it read. It goes when the trait is erased:
    then a notice says so. subject_id is the person; there is no constraint, as it outlasts the account.
    """

    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    subject_id = models.UUIDField()
    trait_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint("subject_id", "trait_id", "client", name="recipient_once")]

    def __str__(self) -> str:
        return str(self.pk)


class NoticePosition(models.Model):
    """Up to which revision of a person's log notices were made; a row for each person with recipients."""

    subject_id = models.UUIDField(primary_key=True)
    revision = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.pk)


class Notice(models.Model):
    """A message to a client: ids, no texts. Its notice_id is the same whenever it is made again for the same change.

    The order of id is that of the messages about one trait, and about one person's grant. A message waits while it is
    neither acknowledged (acknowledged_at) nor given up (given_up_at), and no longer than 41 hours. claimed_until: a
    process is sending it. status: of the last answer, 0 for none. erasure_id: the erasure that it is about.
    """

    notice_id = models.UUIDField(unique=True, default=uuid.uuid4)
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    subject_id = models.UUIDField()
    trait_id = models.UUIDField(null=True)
    event = models.CharField(max_length=20, choices=NoticeEvent.choices)
    erasure_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="notice_event", condition=Q(event__in=NoticeEvent.values))]
        indexes = [
            models.Index("subject_id", F("id").desc(), name="notice_of_person"),
            models.Index("client", "next_attempt_at", name="notice_waiting", condition=WAITING),
            models.Index("subject_id", "client", "trait_id", "id", name="notice_order", condition=WAITING),
            models.Index("created_at", name="notice_age"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ErasureRecipient(models.Model):
    """An app that had read what an erasure deleted or thinned out: how many traits, and of how many it knows by now.

    notifiable: whether it can be told; of others only the number of traits is known, by the receipts of reads.
    """

    erasure = models.ForeignKey("traits.Erasure", models.CASCADE, related_name="recipients")
    client_id = models.CharField(max_length=100)
    notifiable = models.BooleanField(default=True)
    traits = models.PositiveIntegerField(default=0)
    acknowledged = models.PositiveIntegerField(default=0)
    given_up = models.PositiveIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("erasure", "client_id", name="erasure_recipient_once")]

    def __str__(self) -> str:
        return str(self.pk)
