"""The access log: who of the staff looked at whose persona."""

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from traits.models.permissions import OF_LOOKS

MAX_REASON = 200
MAX_WORDS = 200
WORDS_KEPT = dt.timedelta(days=90)
"""How long search terms are kept; erase_search_words, a function of the migrations, uses the same period."""


class AccessKind(models.TextChoices):
    SUGGESTION = "suggestion", _("A suggestion")
    SUGGESTIONS = "suggestions", _("A list of suggestions")
    DECISION = "decision", _("A decision in the log")
    LOG = "log", _("A list of decisions")
    LOG_CHECK = "log_check", _("An integrity check of the log")
    TRAIT = "trait", _("A trait")
    ACTING = "acting", _("A decision on behalf of the person")
    PERSONA = "persona", _("The state of the graph")
    ACCOUNT = "account", _("The account")
    ERASURE = "erasure", _("A deletion receipt")
    EXPORT = "export", _("A download of suggestions")
    SEARCH = "search", _("A search in suggestions")
    IMPORT = "import", _("A preview of changes to suggestions")
    MODERATION = "moderation", _("What staff did")
    ACCESS_LOG = "access_log", _("The access log")


class AccessEntry(models.Model):
    """One access of staff to people's data, insert-only (a trigger refuses other changes).

    subject_id is the person; it is empty for lists of several people's data, which record the number of rows instead,
    and for searches and files also the people whose rows were shown. All ids outlive their accounts, like those of
    erasures. words are the search terms. An erasure of the persona of anyone concerned blanks reason and words; words
    are also blanked when WORDS_KEPT has passed.
    """

    staff_id = models.UUIDField()
    subject_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=16, choices=AccessKind.choices)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    number = models.PositiveIntegerField(null=True)
    people = ArrayField(models.UUIDField(), default=list, db_default=models.Value("{}"))
    words = models.CharField(max_length=MAX_WORDS, blank=True, db_default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("view",)
        permissions = OF_LOOKS
        verbose_name = _("access to a persona")
        verbose_name_plural = _("access log")
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
            # No pending list (fastupdate), because each query for a person would have to scan it.
            GinIndex(fields=["people"], name="access_of_people", fastupdate=False),
            models.Index(F("created_at"), name="access_words_by_age", condition=~Q(words="")),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @staticmethod
    def about(person: uuid.UUID) -> Q:
        """Filter for accesses that concern the person, alone or among others."""
        return Q(subject_id=person) | Q(people__contains=[person])

    @property
    def has_reason(self) -> bool:
        """Whether a reason was required; if it is empty, it has been erased."""
        return self.subject_id is not None or self.kind in (AccessKind.SEARCH, AccessKind.EXPORT, AccessKind.IMPORT)

    @property
    def staff_number(self) -> str:
        """Part of the id, enough to tell staff apart; only those who run PTFI know whose it is."""
        return str(self.staff_id)[:8]
