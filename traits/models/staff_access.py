"""Who of the staff looked at whose persona."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

MAX_REASON = 200


class AccessKind(models.TextChoices):
    SUGGESTION = "suggestion", "A suggestion"
    SUGGESTIONS = "suggestions", "A list of suggestions"
    DECISION = "decision", "A decision in the log"
    LOG = "log", "A list of decisions"
    LOG_CHECK = "log_check", "The check of the log"
    TRAIT = "trait", "A trait"
    ACTING = "acting", "Acting on request"
    PERSONA = "persona", "How far the graph is"
    ACCOUNT = "account", "The account"
    ERASURE = "erasure", "A receipt of an erasure"
    EXPORT = "export", "A file of suggestions"


class AccessEntry(models.Model):
    """One look of staff at what is a person's, insert-only (a trigger refuses the rest).

    subject_id is the person, empty for a list of many people's, which has the number of its rows instead. Both ids
    outlive their accounts, as those of erasures do. An erasure of the persona takes the reason alone.
    """

    staff_id = models.UUIDField()
    subject_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=16, choices=AccessKind.choices)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    number = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("view",)
        verbose_name = "look at a persona"
        verbose_name_plural = "looks at personas"
        constraints = [
            models.CheckConstraint(name="access_kind", condition=Q(kind__in=AccessKind.values)),
            models.CheckConstraint(name="access_of_one_or_many", condition=Q(subject_id=None) ^ Q(number=None)),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="access_newest"),
            models.Index("staff_id", F("created_at").desc(), F("id").desc(), name="access_by_staff"),
            models.Index(
                "subject_id",
                F("created_at").desc(),
                F("id").desc(),
                name="access_of_person",
                condition=~Q(subject_id=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def staff_number(self) -> str:
        """Enough of the id to tell staff apart; who it is, the people who run PTFI know."""
        return str(self.staff_id)[:8]
