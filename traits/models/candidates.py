"""Suggestions, and suppressions of what must not be suggested again."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Index, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ptfi.texts import MOST_SORTED, Text
from traits.models.limits import MAX_NAME
from traits.models.permissions import OF_CANDIDATES


class Category(models.TextChoices):
    LINGUISTIC_STYLE = "LinguisticStyle", _("Linguistic style")
    EMOTIONAL_RESPONSE_PATTERN = "EmotionalResponsePattern", _("Emotional response pattern")
    KNOWLEDGE_DOMAIN = "KnowledgeDomain", _("Knowledge domain")
    PHILOSOPHICAL_STANCE = "PhilosophicalStance", _("Philosophical stance")
    COMMUNICATION_STYLE = "CommunicationStyle", _("Communication style")
    BEHAVIORAL_PATTERN = "BehavioralPattern", _("Behavioural pattern")
    INTEREST = "Interest", _("Interest")
    SKILL = "Skill", _("Skill")
    OTHER = "Other", _("Other")


# Never part of a bulk confirmation, so that the person reads each of these before confirming it.
SENSITIVE = frozenset({Category.PHILOSOPHICAL_STANCE, Category.EMOTIONAL_RESPONSE_PATTERN})


class CandidateStatus(models.TextChoices):
    CANDIDATE = "candidate", _("To review")
    AWAITING_REFINEMENT = "awaiting_refinement", _("Snoozed")
    CONFIRMED = "confirmed_by_user", _("Confirmed")
    REFINED = "refined_by_user", _("Confirmed with changes")
    REJECTED = "rejected_by_user", _("Rejected")
    ARCHIVED = "archived_auto_superseded", _("Archived")


UNDECIDED = (CandidateStatus.CANDIDATE, CandidateStatus.AWAITING_REFINEMENT)


class Verdict(models.TextChoices):
    SUPPORTS = "supports", _("Supports it")
    OUT_OF_CONTEXT = "out_of_context", _("Out of context")
    NOT_ME = "not_me", _("Not about me")
    TOO_PRIVATE = "too_private", _("Too private")


VERDICT_CHOICES: list[tuple[str, Text]] = [("", _("No opinion")), *Verdict.choices]
"""The verdicts that a person can choose from, including none."""

WORDS = Func("trait_name", "trait_description", function="candidate_words", output_field=SearchVectorField())
"""Searches name and description only, for staff without access to evidence: results must not depend on it."""
SUPPORT = ExpressionWrapper(
    (F("confidence_score") * F("evidence_count") + 0.5) / (F("evidence_count") + 1.0), output_field=models.FloatField()
)
"""The confidence, drawn towards one half if there is little evidence: a Beta prior that counts as one piece."""
FILTERED = ["status", "trait_category", "language", "held_reason", "user", "confidence_score", "created_at"]
"""Columns that the filters use. Including them in the index makes selective filters index-only scans."""
STAFF_INDEXES = [
    Index(
        fields=["-created_at", "candidate_id"],
        include=[name for name in FILTERED if name != "created_at"],
        name="candidate_newest",
    ),
    Index(
        fields=["-confidence_score", "candidate_id"],
        include=[name for name in FILTERED if name != "confidence_score"],
        name="candidate_surest",
    ),
    Index(fields=["-created_at", "candidate_id"], name="candidate_held", condition=~Q(held_reason="")),
    GinIndex("originating_models", name="candidate_of_model"),
    GinIndex(WORDS, name="candidate_words", gin_pending_list_limit=16_384),
]


# Foreign keys to the person need no index of their own, because another index of each table begins with that column.
class Suppression(models.Model):
    """A block on suggestions with this name key and category for this person.

    sources: ids of the candidates and traits whose rejection or removal caused it; it is dropped with the last of them.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    name_key = models.CharField(max_length=MAX_NAME)
    sort_key = models.CharField(max_length=MOST_SORTED, editable=False, db_default="", db_collation="C")
    category = models.CharField(max_length=32, choices=Category.choices)
    sources = ArrayField(models.UUIDField(), default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("user", "name_key", "category", name="suppression_once")]

    def __str__(self) -> str:
        return str(self.pk)


class ExtractedTraitCandidate(models.Model):
    """A trait that the pipeline suggests; supporting_evidence is a list of pieces (traits/log/snapshots.py).

    batch_id and changed_in are the batches that brought it and that last changed it; null if older than batches.
    client_id is the client that owns it, "" for the installation's own imports. sequence is the sender's number of the
    version that is stored; null if it gave none. withdrawn_at is when the sender withdrew it, for good.
    """

    candidate_id = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    trait_name = models.CharField(max_length=MAX_NAME)
    name_key = models.CharField(max_length=MAX_NAME, editable=False)
    trait_description = models.TextField(blank=True)
    trait_category = models.CharField(max_length=32, choices=Category.choices)
    supporting_evidence = models.JSONField(default=list)
    evidence_count = models.GeneratedField(
        expression=Func("supporting_evidence", function="jsonb_array_length"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    confidence_score = models.FloatField()
    originating_models = ArrayField(models.CharField(max_length=MAX_NAME), default=list)
    associated_raw_feature_set_ids = ArrayField(models.UUIDField(), default=list)
    concepts = models.JSONField(default=list)
    supersedes = ArrayField(models.UUIDField(), default=list)
    language = models.CharField(max_length=35, blank=True)
    status = models.CharField(max_length=32, choices=CandidateStatus.choices, default=CandidateStatus.CANDIDATE)
    deferred_until = models.DateTimeField(null=True, blank=True)
    held_reason = models.CharField(max_length=MAX_NAME, blank=True)
    suppressed_by = models.ForeignKey(
        Suppression, models.SET_NULL, null=True, blank=True, related_name="suppressed", db_index=False
    )
    batch_id = models.UUIDField(null=True, blank=True, editable=False)
    changed_in = models.UUIDField(null=True, blank=True, editable=False)
    client_id = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    sequence = models.BigIntegerField(null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    search = models.GeneratedField(
        expression=Func("trait_name", "trait_description", "supporting_evidence", function="candidate_search_vector"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        permissions = OF_CANDIDATES
        constraints = [
            models.CheckConstraint(
                name="candidate_confidence", condition=Q(confidence_score__gte=0) & Q(confidence_score__lte=1)
            ),
            models.CheckConstraint(name="candidate_name", condition=~Q(trait_name="")),
            models.CheckConstraint(name="candidate_category", condition=Q(trait_category__in=Category.values)),
            models.CheckConstraint(name="candidate_status", condition=Q(status__in=CandidateStatus.values)),
            models.CheckConstraint(
                name="candidate_deferred",
                condition=Q(deferred_until=None) | Q(status=CandidateStatus.AWAITING_REFINEMENT),
            ),
        ]
        indexes = [
            models.Index(
                "user",
                F("created_at").desc(),
                "candidate_id",
                name="candidate_pending",
                condition=Q(status__in=UNDECIDED),
            ),
            # The recommended order begins with the best supported suggestions.
            models.Index(
                "user", SUPPORT.desc(), "candidate_id", name="candidate_support", condition=Q(status__in=UNDECIDED)
            ),
            models.Index("user", "status", F("updated_at").desc(), "candidate_id", name="candidate_by_status"),
            # The tabs' counts are index-only scans of this index.
            models.Index(fields=["user", "status"], include=["deferred_until", "held_reason"], name="candidate_counts"),
            models.Index("user", "name_key", "trait_category", name="candidate_name_key"),
            models.Index("suppressed_by", name="candidate_suppressed", condition=~Q(suppressed_by=None)),
            models.Index("user", name="candidate_superseding", condition=~Q(supersedes=[])),
            models.Index("batch_id", "candidate_id", name="candidate_of_batch", condition=~Q(batch_id=None)),
            # A large pending list: merging it in larger chunks makes imports a third faster.
            GinIndex(fields=["search"], name="candidate_search", gin_pending_list_limit=16_384),
            *STAFF_INDEXES,
        ]

    def __str__(self) -> str:
        return str(self.candidate_id)

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED

    def set_status(self, status: str, at: dt.datetime) -> None:
        """Set a new status, in memory; the caller sets deferred_until when snoozing."""
        self.status, self.deferred_until = status, None
        self.version, self.updated_at = self.version + 1, at
