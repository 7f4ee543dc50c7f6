"""What was suggested, what holds now, and the log of every decision."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from traits.models.permissions import OF_CANDIDATES, OF_PERSONAS
from traits.models.staff_indexes import STAFF_INDEXES

MAX_NAME = 255
MAX_EVIDENCE = 1_000
MAX_EVIDENCE_TEXT = 4_000
MAX_TEXT = 10_000
MAX_LIST = 50


class Category(models.TextChoices):
    LINGUISTIC_STYLE = "LinguisticStyle", "Linguistic style"
    EMOTIONAL_RESPONSE_PATTERN = "EmotionalResponsePattern", "Emotional response pattern"
    KNOWLEDGE_DOMAIN = "KnowledgeDomain", "Knowledge domain"
    PHILOSOPHICAL_STANCE = "PhilosophicalStance", "Philosophical stance"
    COMMUNICATION_STYLE = "CommunicationStyle", "Communication style"
    BEHAVIORAL_PATTERN = "BehavioralPattern", "Behavioural pattern"
    INTEREST = "Interest", "Interest"
    SKILL = "Skill", "Skill"
    OTHER = "Other", "Other"


# Never part of a bulk confirmation: each of these is read before it is confirmed.
SENSITIVE = frozenset({Category.PHILOSOPHICAL_STANCE, Category.EMOTIONAL_RESPONSE_PATTERN})


class CandidateStatus(models.TextChoices):
    CANDIDATE = "candidate", "To review"
    AWAITING_REFINEMENT = "awaiting_refinement", "Later"
    CONFIRMED = "confirmed_by_user", "Confirmed"
    REFINED = "refined_by_user", "Confirmed with changes"
    REJECTED = "rejected_by_user", "Rejected"
    ARCHIVED = "archived_auto_superseded", "Archived"


UNDECIDED = (CandidateStatus.CANDIDATE, CandidateStatus.AWAITING_REFINEMENT)


class TraitStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    DORMANT = "dormant", "Dormant"
    EXPERIMENTAL = "experimental", "Experimental"


class Origin(models.TextChoices):
    AI_CONFIRMED = "ai_confirmed_user", "Suggested, confirmed by you"
    AI_REFINED = "ai_refined_user", "Suggested, changed by you"
    USER_DEFINED = "user_defined", "Added by you"
    DERIVED = "derived_system", "Derived"


class Verdict(models.TextChoices):
    SUPPORTS = "supports", "Supports it"
    OUT_OF_CONTEXT = "out_of_context", "Out of context"
    NOT_ME = "not_me", "Not me"
    TOO_PRIVATE = "too_private", "Too private"


# Foreign keys to the person carry no index of their own: another one of the table begins with that column.
class Suppression(models.Model):
    """Suggestions with this name key and category are not offered to this person again.

    sources: ids of the candidates and traits whose reject or removal wants it; it goes with the last of them.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    name_key = models.CharField(max_length=MAX_NAME)
    category = models.CharField(max_length=32, choices=Category.choices)
    sources = ArrayField(models.UUIDField(), default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("user", "name_key", "category", name="suppression_once")]

    def __str__(self) -> str:
        return str(self.pk)


class ExtractedTraitCandidate(models.Model):
    """A trait that the pipeline suggests; supporting_evidence holds pieces (traits/log/snapshots.py)."""

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
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    search = models.GeneratedField(
        expression=Func("trait_name", "trait_description", "supporting_evidence", function="candidate_search_vector"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = "candidate"
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
            models.Index("user", "status", F("updated_at").desc(), "candidate_id", name="candidate_by_status"),
            # The counts of the tabs come from this index alone.
            models.Index(fields=["user", "status"], include=["deferred_until", "held_reason"], name="candidate_counts"),
            models.Index("user", "name_key", "trait_category", name="candidate_name_key"),
            models.Index("suppressed_by", name="candidate_suppressed", condition=~Q(suppressed_by=None)),
            models.Index("user", name="candidate_superseding", condition=~Q(supersedes=[])),
            # A long list of what is not merged yet: merging it in larger pieces makes imports a third faster.
            GinIndex(fields=["search"], name="candidate_search", gin_pending_list_limit=16_384),
            *STAFF_INDEXES,
        ]

    def __str__(self) -> str:
        return str(self.candidate_id)

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED


class Persona(models.Model):
    """One row a person: the lock of every change, the head of their log, and the outbox of the graph.

    generation counts full replays: the graph drops rows of an older one, so a stalled projector cannot
    write into a persona that is being rebuilt. While suggestions_off_at is set, imports store nothing for the person.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="persona")
    revision = models.BigIntegerField(default=0)
    hash = models.BinaryField(default=bytes(32), max_length=32)
    last_entry_at = models.DateTimeField(null=True)
    generation = models.BigIntegerField(default=1)
    projected_revision = models.BigIntegerField(default=0)
    projected_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    held_at = models.DateTimeField(null=True)
    suggestions_off_at = models.DateTimeField(null=True)

    class Meta:
        permissions = OF_PERSONAS
        constraints = [
            models.CheckConstraint(
                name="persona_projected", condition=Q(projected_revision__gte=0, projected_revision__lte=F("revision"))
            )
        ]
        indexes = [
            models.Index("last_entry_at", name="persona_outbox", condition=Q(projected_revision__lt=F("revision"))),
            models.Index("held_at", name="persona_held", condition=~Q(held_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def behind(self) -> int:
        """Entries of the log that the graph does not show yet."""
        return self.revision - self.projected_revision


class ActedFor(Persona):
    """A person for whom staff act: a place in the admin, with the permission act_for_person and no rows of its own."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "person to act for"
        verbose_name_plural = "act for a person"


class PersonaTrait(models.Model):
    """A trait that the person has now, written in the transaction of each decision; version is its newest entry's."""

    trait_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=MAX_NAME)
    name_key = models.CharField(max_length=MAX_NAME, editable=False)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=32, choices=Category.choices)
    origin = models.CharField(max_length=32, choices=Origin.choices)
    status = models.CharField(max_length=32, choices=TraitStatus.choices, default=TraitStatus.ACTIVE)
    confidence = models.FloatField()
    user_confidence = models.PositiveSmallIntegerField(null=True)
    notes = models.TextField(blank=True)
    concepts = models.JSONField(default=list)
    expression_contexts = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    version = models.BigIntegerField()
    created_at = models.DateTimeField()
    last_refined_at = models.DateTimeField()
    last_observed_at = models.DateTimeField(null=True)
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="trait_confidence", condition=Q(confidence__gte=0) & Q(confidence__lte=1)),
            models.CheckConstraint(
                name="trait_user_confidence",
                condition=Q(user_confidence=None) | Q(user_confidence__gte=1, user_confidence__lte=5),
            ),
            models.CheckConstraint(name="trait_category", condition=Q(category__in=Category.values)),
            models.CheckConstraint(name="trait_status", condition=Q(status__in=TraitStatus.values)),
        ]
        indexes = [models.Index("user", "name_key", name="trait_name_key")]

    def __str__(self) -> str:
        return str(self.trait_id)


class CommunicationStyle(models.Model):
    """The value of one element of the person's communication style, in one context ("" is everywhere)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    element = models.CharField(max_length=100)
    context = models.CharField(max_length=100, blank=True)
    value = models.JSONField()
    version = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("user", "element", "context", name="style_once")]

    def __str__(self) -> str:
        return str(self.pk)
