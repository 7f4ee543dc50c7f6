"""The log of every decision."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from traits.models.permissions import OF_LOG


class Decision(models.TextChoices):
    CONFIRMED_ASIS = "confirmed_asis", _("Confirmed")
    CONFIRMED_MODIFIED = "confirmed_modified", _("Confirmed with changes")
    REJECTED = "rejected", _("Rejected")
    USER_ADDED = "user_added_confirmed", _("Added")
    SUPERSEDED = "superseded", _("Replaced by a newer suggestion")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DEFERRED = "deferred", _("Snoozed")
    MERGED = "merged", _("Merged")
    REOPENED = "reopened", _("Reopened")
    EDITED = "edited", _("Edited")
    STATUS_CHANGED = "status_changed", _("Status changed")
    REMOVED = "removed", _("Removed")
    STYLE_CHANGED = "style_changed", _("Style changed")
    EVIDENCE_ERASED = "evidence_erased", _("Evidence deleted")
    UNDONE = "undone", _("Undone")


# Add each new kind of decision to the groups that it belongs to.
SETTLING = (Decision.CONFIRMED_ASIS, Decision.CONFIRMED_MODIFIED, Decision.MERGED, Decision.REJECTED, Decision.REMOVED)
"""Decisions that settle a suggestion until it is reopened or they are undone.

Quality has a column for each of them, in this order.
"""
PLACING = (*SETTLING, Decision.DEFERRED)
"""Decisions that set a suggestion's state; later entries in its history are about the trait that it became."""
TURNING = (*SETTLING, Decision.REOPENED)
"""Decisions that settle a suggestion or reverse that."""
SUPPRESSING = (Decision.REJECTED, Decision.REMOVED)
"""Decisions that prevent the same suggestion from being made again."""
COUNTING_TRAITS = (Decision.CONFIRMED_ASIS, Decision.CONFIRMED_MODIFIED, Decision.USER_ADDED, Decision.REMOVED)
"""Decisions that change how many traits the person has."""
FOR_MANY = (Decision.CONFIRMED_ASIS, Decision.REJECTED, Decision.DEFERRED)
"""Decisions that can be made on several suggestions together."""
BY_SENDER = (Decision.SUPERSEDED, Decision.WITHDRAWN)
"""What a sender does with suggestions of its own that are undecided."""
NEVER_UNDONE = (Decision.UNDONE, *BY_SENDER, Decision.EVIDENCE_ERASED)
FREQUENT = (Decision.CONFIRMED_ASIS, Decision.CONFIRMED_MODIFIED, Decision.REJECTED)
"""The most common decisions in a log."""


class ActorKind(models.TextChoices):
    PERSON = "person", _("You")
    STAFF = "staff", _("Staff")
    PIPELINE = "pipeline", _("The pipeline")


class RejectionCode(models.TextChoices):
    NOT_ME = "not_me", _("Not me")
    OUTDATED = "outdated", _("Outdated")
    WRONG_EVIDENCE = "wrong_evidence", _("Wrong evidence")
    TOO_PRIVATE = "too_private", _("Too private")
    DUPLICATE = "duplicate", _("Duplicate")
    OTHER = "other", _("Other")


class UserRefinedTrait(models.Model):
    """An entry of the log, insert-only by a trigger; traits/log/chain.py says what the hashes cover."""

    refinement_action_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    revision = models.BigIntegerField()
    user_decision = models.CharField(max_length=32, choices=Decision.choices)
    trait_id_in_pkg = models.UUIDField(null=True)
    # After a candidate is erased, only its id stays, because the hash covers it.
    original_candidate = models.ForeignKey(
        "traits.ExtractedTraitCandidate",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    style_element = models.CharField(max_length=201, null=True)
    batch_id = models.UUIDField(null=True)
    undoes = models.UUIDField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    actor_kind = models.CharField(max_length=16, choices=ActorKind.choices)
    client_id = models.CharField(max_length=100, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    rejection_code = models.CharField(max_length=32, choices=RejectionCode.choices, blank=True)
    content = models.JSONField()
    salt = models.BinaryField(max_length=16)
    digest = models.BinaryField(max_length=32)
    previous_hash = models.BinaryField(max_length=32)
    # Rows from before this column existed, and rows of a release that does not know it, use the first algorithm.
    hash_algorithm = models.SmallIntegerField(db_default=1)
    hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("decision log")
        permissions = OF_LOG
        constraints = [
            models.UniqueConstraint("user", "revision", name="log_revision_once"),
            models.UniqueConstraint("undoes", name="log_undone_once", condition=~Q(undoes=None)),
            models.CheckConstraint(name="log_decision", condition=Q(user_decision__in=Decision.values)),
            models.CheckConstraint(
                name="log_undoes",
                condition=Q(undoes=None) ^ Q(user_decision=Decision.UNDONE),
            ),
            models.CheckConstraint(name="log_reference", condition=~Q(actor_kind=ActorKind.STAFF) | ~Q(reference="")),
            models.CheckConstraint(
                name="log_rejection_code",
                condition=Q(rejection_code="")
                | Q(user_decision=Decision.REJECTED, rejection_code__in=RejectionCode.values),
            ),
        ]
        indexes = [
            models.Index("user", "trait_id_in_pkg", F("revision").desc(), name="log_of_trait"),
            # Begins with the candidate, so that deleting one does not scan the whole log.
            models.Index("original_candidate", F("revision").desc(), name="log_by_candidate"),
            models.Index("user", "batch_id", name="log_of_batch", condition=~Q(batch_id=None)),
            models.Index("user", "user_decision", F("revision").desc(), name="log_by_decision"),
            models.Index(
                "user", "style_element", F("revision").desc(), name="log_of_style", condition=~Q(style_element=None)
            ),
            # Cheap to maintain, because entries arrive in the order of their times.
            BrinIndex("created_at", name="log_by_time", pages_per_range=32, autosummarize=True),
            # For staff's lists across all people; for frequent kinds the first of these finds a page quickly.
            models.Index(F("created_at").desc(), F("refinement_action_id").desc(), name="log_newest"),
            models.Index(
                "user_decision",
                F("created_at").desc(),
                F("refinement_action_id").desc(),
                name="log_rarer",
                condition=~Q(user_decision__in=FREQUENT),
            ),
            models.Index(
                "actor_kind",
                F("created_at").desc(),
                F("refinement_action_id").desc(),
                name="log_by_others",
                condition=~Q(actor_kind=ActorKind.PERSON),
            ),
            models.Index(
                "actor",
                F("created_at").desc(),
                F("refinement_action_id").desc(),
                name="log_by_staff",
                condition=Q(actor_kind=ActorKind.STAFF),
            ),
        ]

    def __str__(self) -> str:
        return str(self.refinement_action_id)
