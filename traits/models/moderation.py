"""What staff did with suggestions. Decisions are the person's alone."""

import dataclasses
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text

MAX_REASON = 240


class ModerationAction(models.TextChoices):
    ARCHIVE = "archive", _("Archived")
    REQUEUE = "requeue", _("Put back into the queue")
    FLAG = "flag", _("Held back")
    RELEASE = "release", _("Released")
    REASSIGN = "reassign", _("Given to somebody else")
    RECEIVE = "receive", _("Taken over from somebody else")
    DECIDE = "decide", _("Decided on behalf of the person")
    REVERT = "revert", _("Change taken back")
    REAPPLY = "reapply", _("Change made again")

    @property
    def words(self) -> "ActionWords":
        return WORDS[self]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ActionWords:
    """The texts for an action, besides its label, which says that it was done.

    told: what the person reads about it. name, meaning and permission: set for actions that staff choose, "" for
    others.
    """

    told: Text
    name: Text = ""
    meaning: Text = ""
    permission: str = ""


WORDS = {
    ModerationAction.ARCHIVE: ActionWords(
        name=_("Archive"),
        meaning=_("They leave the queue undecided. Only staff can put them back."),
        told=_("Staff removed a suggestion from your queue"),
        permission="traits.archive_candidate",
    ),
    ModerationAction.REQUEUE: ActionWords(
        name=_("Put back into the queue"),
        meaning=_("They are back in the queue, to be decided."),
        told=_("Staff put a suggestion back into your queue"),
        permission="traits.requeue_candidate",
    ),
    ModerationAction.FLAG: ActionWords(
        name=_("Hold back"),
        meaning=_("The person cannot see them or decide on them until you release them."),
        told=_("Staff are holding a suggestion back for now"),
        permission="traits.flag_candidate",
    ),
    ModerationAction.RELEASE: ActionWords(
        name=_("Release"),
        meaning=_("The person sees them again and can decide."),
        told=_("Staff released a suggestion that was held back"),
        permission="traits.flag_candidate",
    ),
    ModerationAction.REASSIGN: ActionWords(
        name=_("Give to somebody else"),
        meaning=_("They reached the wrong person and go to the one they are about. Both are told."),
        told=_("Staff removed a suggestion that is about somebody else"),
        permission="traits.reassign_candidate",
    ),
    ModerationAction.RECEIVE: ActionWords(
        told=_("Staff moved a suggestion to you that had reached somebody else by mistake"),
    ),
    ModerationAction.DECIDE: ActionWords(
        told=_("Staff decided on your behalf, as you asked; the decision was deleted"),
    ),
    ModerationAction.REVERT: ActionWords(
        told=_("Staff took back what the pipeline had changed in a suggestion"),
        permission="traits.archive_candidate",
    ),
    ModerationAction.REAPPLY: ActionWords(
        told=_("Staff made a change by the pipeline to a suggestion again"),
        permission="traits.requeue_candidate",
    ),
}
CHOSEN_ACTIONS = [action for action in ModerationAction if action.words.name]
"""The actions that staff can choose."""


class ModerationEntry(models.Model):
    """One thing that staff did with one person's suggestion; insert-only (a trigger refuses other changes).

    Decisions by staff on behalf of the person are in the log; they get an entry here (`decide`) when the log is erased.

    before and after hold status, whether it was held, and whose it was, but no texts. The reason, which the person
    reads, is "" once they have erased what it was about. The entry outlives persona and account. Entries that were made
    together share batch_id. ingest_batch is the batch of suggestions that staff acted on as a whole, if they did.
    """

    entry_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch_id = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    # Only the id, because a candidate may be moved to another person or erased.
    candidate_id = models.UUIDField()
    action = models.CharField(_("action"), max_length=16, choices=ModerationAction.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    before = models.JSONField()
    after = models.JSONField()
    created_at = models.DateTimeField(_("time"))
    ingest_batch = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("moderation entry")
        verbose_name_plural = _("moderation log")
        constraints = [
            models.CheckConstraint(name="moderation_action", condition=Q(action__in=ModerationAction.values)),
        ]
        indexes = [
            models.Index("user", F("created_at").desc(), "entry_id", name="moderation_of_person"),
            models.Index("candidate_id", F("created_at").desc(), name="moderation_of_candidate"),
            models.Index("actor", F("created_at").desc(), name="moderation_by_actor"),
            models.Index(F("created_at").desc(), "entry_id", name="moderation_newest"),
            models.Index("ingest_batch", name="moderation_of_batch", condition=~Q(ingest_batch=None)),
        ]

    def __str__(self) -> str:
        return str(self.entry_id)
