"""Erase a whole persona: the tables immediately, the graph afterwards, from the receipt (traits/models/erasure.py).

It locks the person's Persona row in the mode that blocks imports, too, so that nothing comes in meanwhile.
"""

import logging
import time
import uuid
from collections.abc import Collection

from django.db import transaction
from django.db.models import Model
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.accounts.session_messages import clear_session_messages
from ptfi.api.models import IdempotencyKey
from ptfi.db import idempotency, sql, wake
from traits.erasure.batches import blank_batches
from traits.erasure.kept import kept
from traits.erasure.mail import tell_after_commit
from traits.erasure.redaction import Scope
from traits.errors import ErasureExpiredError, InvalidError, NotFoundError
from traits.ingest.feedback import erase_feedback
from traits.log import entries as log
from traits.log.chain import NO_HASH
from traits.log.proofs.attestations import attest
from traits.models import (
    ActorKind,
    CandidateChange,
    CommunicationStyle,
    Erasure,
    ErasureState,
    ExtractedTraitCandidate,
    Feedback,
    ModerationAction,
    ModerationEntry,
    Persona,
    PersonaTrait,
    ReadReceipt,
    SavedView,
    Sitting,
    Suppression,
    UserRefinedTrait,
)
from traits.models.erasure import WHOLE, ErasureKind
from traits.sharing.grants import forget_contexts
from traits.sharing.notices.outbox import tell_of_erasure

logger = logging.getLogger(__name__)

TABLES: dict[str, type[Model]] = {
    "changes": CandidateChange,
    "candidates": ExtractedTraitCandidate,
    "traits": PersonaTrait,
    "styles": CommunicationStyle,
    "suppressions": Suppression,
}
"""Tables whose rows are deleted, in this order; the log is erased before them, because it names candidates."""


@transaction.atomic
def request_erasure(*, user: User, actor: log.Actor, confirm_email: str, recently_authenticated: bool) -> Erasure:
    """Request the erasure of the persona; for a person who has just signed in it is carried out immediately.

    For others it waits 24 hours for their confirmation. A repeated request returns the erasure that is under way.
    Raises InvalidError (confirm) if the e-mail is not the account's.
    """
    check_email(user, confirm_email)
    persona = lock_all(user)
    erasure = _under_way(user)
    if erasure is None:
        erasure = new_erasure(user, actor)
        erasure.save(force_insert=True)
    if recently_authenticated and erasure.state == ErasureState.AWAITING_CONFIRMATION:
        carry_out(user, persona, erasure)
    return erasure


@transaction.atomic
def confirm_erasure(*, user: User, actor: log.Actor, erasure_id: uuid.UUID) -> Erasure:  # noqa: ARG001 (all take one)
    """Carry out an erasure that waits for confirmation; one that was carried out is returned unchanged.

    Raises NotFoundError, ErasureExpiredError.
    """
    persona = lock_all(user)
    erasure = receipt(user, erasure_id)
    if erasure.state == ErasureState.EXPIRED:
        raise ErasureExpiredError
    if erasure.state == ErasureState.AWAITING_CONFIRMATION:
        carry_out(user, persona, erasure)
    return erasure


@transaction.atomic
def erase_persona(*, user: User, actor: log.Actor) -> Erasure:
    """Erase the persona without asking the person; for operators, who give a reference."""
    persona = lock_all(user)
    erasure = new_erasure(user, actor)
    expire_awaiting(user)
    erasure.save(force_insert=True)
    carry_out(user, persona, erasure)
    return erasure


def check_email(user: User, confirm_email: str) -> None:
    """Raise InvalidError (confirm) if this is not the account's e-mail."""
    if not user.email or confirm_email.strip().lower() != user.email:
        raise InvalidError(details={"confirm": [gettext("This is not the e-mail address of your account.")]})


def receipt(user: User, erasure_id: uuid.UUID, kinds: Collection[str] | None = None) -> Erasure:
    """The receipt of the person's erasure, with its current state. Raises NotFoundError.

    kinds: only erasures of these are found; None: of all.
    """
    mine = Erasure.objects.filter(user=user, pk=erasure_id)
    erasure = (mine if kinds is None else mine.filter(kind__in=kinds)).first()
    if erasure is None:
        raise NotFoundError
    if erasure.state == ErasureState.AWAITING_CONFIRMATION and erasure.confirm_by <= timezone.now():
        erasure.state = ErasureState.EXPIRED
    return erasure


def counts(user: User) -> dict[str, int]:
    """How much an erasure would delete, by kind."""
    held = {name: model._default_manager.filter(user=user).count() for name, model in TABLES.items()}
    held["log_entries"] = UserRefinedTrait.objects.filter(user=user).count()
    return held | {"evidence": Scope({}).pieces(user)}


@transaction.atomic
def set_suggestions(*, user: User, actor: log.Actor, on: bool) -> None:
    """Turn suggestions for the person on or off; while they are off, imports store none. An erasure turns them off."""
    persona = lock_all(user)
    if on == (persona.suggestions_off_at is None):
        return
    persona.suggestions_off_at = None if on else timezone.now()
    persona.save(update_fields=["suggestions_off_at"])
    logger.info("Suggestions for %s were turned %s by %s", user.pk, "on" if on else "off", actor.kind)


@transaction.atomic
def set_feedback(*, user: User, actor: log.Actor, on: bool) -> None:
    """Let the clients that sent suggestions learn what the person decides from now on, or no longer anything."""
    persona = lock_all(user)
    if on == (persona.feedback_since is not None):
        return
    persona.feedback_since = persona.next_moment() if on else None
    persona.save(update_fields=["feedback_since"])
    logger.info("Feedback of %s was turned %s by %s", user.pk, "on" if on else "off", actor.kind)


def lock_all(user: User) -> Persona:
    """Lock the person's row in the mode that blocks imports about them, too."""
    idempotency.lock(str(user.pk))
    Persona.objects.bulk_create([Persona(user=user)], ignore_conflicts=True)
    return Persona.objects.select_for_update().get(user=user)


def new_erasure(user: User, actor: log.Actor, kind: str = ErasureKind.PERSONA) -> Erasure:
    """A new receipt, not saved yet."""
    return Erasure(
        user=user,
        subject_id=user.pk,
        kind=kind,
        actor_kind=actor.kind,
        client_id=actor.client_id,
        reference=actor.reference,
    )


def _under_way(user: User) -> Erasure | None:
    """The erasure that waits for confirmation, or one not yet in the graph if the persona is still empty."""
    mine = Erasure.objects.filter(user=user, kind=ErasureKind.PERSONA)
    mine.filter(
        state=ErasureState.AWAITING_CONFIRMATION, requested_at__lte=timezone.now() - Erasure.CONFIRM_WITHIN
    ).update(state=ErasureState.EXPIRED)
    awaiting = mine.filter(state=ErasureState.AWAITING_CONFIRMATION).first()
    if awaiting or any(counts(user).values()):
        return awaiting
    return mine.filter(state=ErasureState.ERASED).order_by("-erased_at").first()


def expire_awaiting(user: User) -> None:
    """Expire requests that wait for the person's confirmation, because the erasure is being carried out already."""
    awaiting = Erasure.objects.filter(user=user, state=ErasureState.AWAITING_CONFIRMATION)
    awaiting.update(state=ErasureState.EXPIRED)


def carry_out(user: User, persona: Persona, erasure: Erasure) -> None:
    """Carry out the erasure of the persona; the caller holds lock_all."""
    tell_after_commit(user, erasure)
    wake.after_commit()
    _end_parts(user)
    entries = UserRefinedTrait.objects.filter(user=user).order_by()
    erasure.things = sorted({pk for (pk,) in entries.values_list("trait_id_in_pkg").distinct() if pk})
    erasure.counts = counts(user)
    # A timestamp in milliseconds is above every generation that a restored PostgreSQL could have forgotten.
    erasure.generation = max(persona.generation, int(time.time() * 1000)) + 1
    erasure.confirmed_at = timezone.now()
    erasure.state = ErasureState.ERASED
    is_told = Feedback.objects.filter(user=user).exists()
    erasure.kept = kept(erasure.kind, erasure.counts, is_barred=bool(erasure.bar), is_told=is_told)
    # The database's own clock, because it lets the log be erased only in the transaction that sets this time.
    erasure.erased_at = Now()
    erasure.save()
    _erase_tables(user, erasure)
    # Saved filters may quote the persona.
    SavedView.objects.filter(user=user).delete()
    Sitting.objects.filter(user=user).delete()
    erasure.counts |= erase_records(user)
    _reset(persona, erasure.generation)
    Erasure.objects.filter(pk=erasure.pk).update(counts=erasure.counts)
    erasure.refresh_from_db()
    logger.info("The persona of %s was erased, by %s: %s", user.pk, erasure.actor_kind, erasure.pk)


def _erase_tables(user: User, erasure: Erasure) -> None:
    rows = ExtractedTraitCandidate.objects.filter(user=user).order_by("pk")
    # Ordered by id, like everywhere else; an import may hold locks on some by mistake, under another person.
    list(rows.select_for_update().values_list("pk"))
    _keep_what_staff_decided(user)
    sql.call("erase_persona_log", user.pk)
    # The records of what staff looked at and did stay; the texts that they wrote may quote the persona.
    sql.call("erase_access_reasons", user.pk)
    sql.call("erase_moderation", user.pk)
    blank_batches(ExtractedTraitCandidate.objects.filter(user=user))
    attest(user.pk)
    for model in TABLES.values():
        # Raw delete, because the ORM would first query rows that refer to these, which are gone already.
        model._default_manager.filter(user=user)._raw_delete("default")
    tell_of_erasure(erasure)
    ReadReceipt.objects.filter(user=user)._raw_delete("default")
    erase_feedback(user.pk)
    forget_contexts(user.pk)


def _keep_what_staff_decided(user: User) -> None:
    """Keep a record of who of the staff made which kind of decision for the person, and when; the log is erased."""
    entries = UserRefinedTrait.objects.filter(user=user, actor_kind=ActorKind.STAFF)
    state = {"status": "", "held": ""}
    decided = [
        ModerationEntry(
            entry_id=entry.pk,
            batch_id=entry.batch_id or entry.pk,
            user_id=user.pk,
            candidate_id=entry.original_candidate_id or entry.trait_id_in_pkg or entry.pk,
            action=ModerationAction.DECIDE,
            actor_id=entry.actor_id,
            before=state,
            after=state | {"decision": entry.user_decision},
            created_at=entry.created_at,
        )
        for entry in entries.defer("content").iterator()
        if entry.actor_id
    ]
    # An erasure that is repeated after a restore finds these rows already there.
    ModerationEntry.objects.bulk_create(decided, ignore_conflicts=True, batch_size=1_000)


def _end_parts(user: User) -> None:
    """End erasures of parts, as the whole persona goes; the graph nodes they name are blanked once it is cleared."""
    parts = Erasure.objects.filter(user=user).exclude(kind__in=WHOLE)
    parts.filter(state=ErasureState.ERASING).update(state=ErasureState.ERASED, erased_at=Now(), target={})
    parts.filter(state=ErasureState.ERASED).update(revision=0, next_attempt_at=None)


def erase_records(user: User) -> dict[str, int]:
    """Delete other records that quote the persona; returns the numbers by kind."""
    clear_session_messages(user)
    return {"kept_answers": IdempotencyKey.objects.filter(owner=str(user.pk)).delete()[0]}


def _reset(persona: Persona, generation: int) -> None:
    """Reset the row to that of a new person, with a generation later than everything written so far."""
    Persona.objects.filter(pk=persona.pk).update(
        revision=0,
        hash=NO_HASH,
        last_entry_at=None,
        generation=generation,
        projected_revision=0,
        projected_at=None,
        claimed_until=None,
        attempts=0,
        next_attempt_at=None,
        last_error="",
        went_back_at=None,
        suggestions_off_at=timezone.now(),
        feedback_since=None,
    )
