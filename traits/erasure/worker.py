"""The steps that erase a part of the persona: rows, what the log says about them, and sources of suppressions.

The caller of a step holds the person's lock. Each step finds out what is left to do, so that another process can take
the next one.
"""

import dataclasses
import logging
import uuid

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from ptfi.accounts.models import User
from traits.erasure.batches import blank_batches, redact_changes
from traits.erasure.kept import TOLD, kept
from traits.erasure.persona import erase_records
from traits.erasure.redaction import Redaction, scope_of
from traits.ingest.feedback import erase_feedback
from traits.log import entries as log
from traits.log.proofs.attestations import attest
from traits.log.snapshots import trait_state
from traits.models import (
    ActorKind,
    Decision,
    Erasure,
    ErasureState,
    ExtractedTraitCandidate,
    Persona,
    PersonaTrait,
    Suppression,
    UserRefinedTrait,
)
from traits.moderation.services import blank_reasons, without_text
from traits.sharing.notices.outbox import tell_of_erasure

logger = logging.getLogger(__name__)

THINGS = 200
"""Suggestions per step."""
TRAITS = 100
"""Traits per step; they are in memory together."""
ENTRIES = 500
"""Log entries that one step rewrites, besides those about deleted suggestions and traits."""
THINNED = ["supporting_evidence", "held_reason", "version", "updated_at"]
CHUNK = 10
"""Rows in memory together; a row may have several megabytes."""


class ErasureWorker:
    """Takes one step: rows, entries about them, other entries that quote them, and an entry about the erasure."""

    def __init__(self, user: User, erasure: Erasure) -> None:
        self.user, self.erasure = user, erasure
        self.scope = scope_of(erasure)
        self.persona = Persona.objects.get(user=user)
        self.at = self.persona.next_moment()
        self.redaction = Redaction(self.scope)
        self.thinned: dict[str, PersonaTrait] = {}
        self.touched = set[uuid.UUID]()

    def take(self) -> None:
        # Each kind of row is searched only when the preceding kind is done.
        done = self._take_candidates() and self._take_traits() and self._take_entries() and self._take_changes()
        self._append()
        self.touched |= set(map(uuid.UUID, self.redaction.traits | self.redaction.gone_candidates))
        tell_of_erasure(self.erasure, self.touched)
        self.erasure.things = sorted({*self.erasure.things, *map(uuid.UUID, self._things())})
        if done:
            self._finish()
        attest(self.user.pk)
        self.erasure.save()
        self.erasure.refresh_from_db()

    def _take_candidates(self) -> bool:
        rows = self.scope.candidates(self.user).order_by("pk")
        ids = list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True)[:THINGS])
        gone = set[uuid.UUID]()
        self.touched |= set(ids)
        blank_batches(ExtractedTraitCandidate.objects.filter(pk__in=ids))
        for start in range(0, len(ids), CHUNK):
            chunk = list(ExtractedTraitCandidate.objects.filter(pk__in=ids[start : start + CHUNK]).defer("search"))
            gone |= {row.pk for row in chunk if not self._thin(row)}
            left = [row for row in chunk if row.pk not in gone]
            ExtractedTraitCandidate.objects.bulk_update(left, THINNED)
        blank_reasons(self.user, ids)
        self._count(candidates=len(gone), candidates_less=len(ids) - len(gone))
        self._drop(gone)
        return len(ids) < THINGS

    def _thin(self, row: ExtractedTraitCandidate) -> bool:
        """Remove the evidence from the row, in memory; returns False if no evidence is left."""
        if self.scope.category:
            return False
        row.supporting_evidence = self.scope.left(row.supporting_evidence)
        # Staff may have quoted the evidence.
        row.held_reason = without_text(row.held_reason)
        row.version, row.updated_at = row.version + 1, self.at
        return bool(row.supporting_evidence)

    def _drop(self, gone: set[uuid.UUID]) -> None:
        """Delete these suggestions, and remove them from the log and from suppressions."""
        if not gone:
            return
        held = set(PersonaTrait.objects.filter(user=self.user, pk__in=gone).values_list("pk", flat=True))
        self.redaction.gone_candidates |= set(map(str, gone))
        self.redaction.gone_traits |= set(map(str, gone - held))
        self._rewrite(Q(original_candidate__in=gone))
        self._rewrite_about(gone - held)
        redact_changes(self.user, self.scope, gone, CHUNK)
        self._delete(ExtractedTraitCandidate, gone)
        if erase_feedback(self.user.pk, gone):
            # The receipt says so when it is finished.
            self.erasure.kept |= TOLD
        self._forget(gone)

    def _take_traits(self) -> bool:
        ids = list(self.scope.traits(self.user).order_by("pk").values_list("pk", flat=True)[:TRAITS])
        self.touched |= set(ids)
        if self.scope.category:
            self.redaction.gone_traits |= set(map(str, ids))
            self.redaction.traits |= set(map(str, ids))
            self._rewrite_about(set(ids))
            self._delete(PersonaTrait, set(ids))
            self._forget(set(ids))
            self._count(traits=len(ids))
            return len(ids) < TRAITS
        for trait in PersonaTrait.objects.filter(pk__in=ids):
            trait.evidence = self.scope.left(trait.evidence)
            self.thinned[str(trait.pk)] = trait
        self._count(traits_less=len(ids))
        return len(ids) < TRAITS

    def _take_entries(self) -> bool:
        rows = self.scope.entries(self.user).order_by("revision")
        found = list(rows.values_list("revision", flat=True)[:ENTRIES])
        self._rewrite(Q(revision__in=found))
        return len(found) < ENTRIES

    def _take_changes(self) -> bool:
        """Remove from earlier versions of suggestions what imports had changed."""
        return redact_changes(self.user, self.scope, [], THINGS)

    def _rewrite_about(self, traits: set[uuid.UUID]) -> None:
        """Rewrite the entries about these traits, and those about other traits that conflicted with them."""
        # Every version of the snapshots has this id in a relation.
        relation = Q(content__relation__trait_id__in=list(map(str, traits)))
        self._rewrite(Q(trait_id_in_pkg__in=traits) | relation)

    def _rewrite(self, which: Q) -> None:
        entries = UserRefinedTrait.objects.filter(which, user=self.user)
        revisions = list(entries.order_by("revision").values_list("revision", flat=True))
        for start in range(0, len(revisions), CHUNK):
            chunk = UserRefinedTrait.objects.filter(user=self.user, revision__in=revisions[start : start + CHUNK])
            self.redaction.write(self.user, chunk)

    def _append(self) -> None:
        """Append an entry for each trait and suggestion that lost something; the first names the rewritten entries."""
        also = self.redaction.traits - self.thinned.keys() - self.redaction.gone_traits
        for trait in PersonaTrait.objects.filter(user=self.user, pk__in=also):
            self.thinned[str(trait.pk)] = trait
        traits = sorted(self.thinned.keys() | self.redaction.traits)
        changes = [self._change(trait_id=pk, candidate_id=pk) for pk in traits]
        changes += [self._change(candidate_id=pk) for pk in sorted(self.redaction.candidates - set(traits))]
        redacted = {str(revision): digest for revision, digest in sorted(self.redaction.digests.items())}
        if redacted and not changes:
            changes = [self._change()]
        if redacted:
            changes[0] = dataclasses.replace(changes[0], redacted=redacted)
        entries = log.append(self.persona, changes, actor=self._actor(), at=self.at, batch_id=self.erasure.pk)
        for entry in entries:
            if changed := self.thinned.get(str(entry.trait_id_in_pkg)):
                changed.version = entry.revision
        PersonaTrait.objects.bulk_update(self.thinned.values(), ["evidence", "version"], batch_size=CHUNK)
        self._count(log_entries=len(redacted))

    def _change(self, trait_id: str | None = None, candidate_id: str | None = None) -> log.Change:
        trait = self.thinned.get(trait_id or "")
        states = {"trait": trait_state(trait) if trait else None}
        known = candidate_id in self.redaction.candidates
        return log.Change(
            decision=Decision.EVIDENCE_ERASED,
            trait_id=uuid.UUID(trait_id) if trait_id else None,
            candidate_id=uuid.UUID(candidate_id) if candidate_id and known else None,
            before=states,
            after=states,
        )

    def _actor(self) -> log.Actor:
        kind = self.erasure.actor_kind
        return log.Actor(
            user_id=self.user.pk if kind == ActorKind.PERSON else None,
            kind=kind,
            client_id=self.erasure.client_id,
            reference=self.erasure.reference,
        )

    def _things(self) -> set[str]:
        """The ids that the graph may hold in nodes that the pipeline made."""
        return self.redaction.evidence | (self.redaction.traits - self.thinned.keys())

    def _forget(self, sources: set[uuid.UUID]) -> None:
        """Remove these sources of suppressions; a suppression without any is dropped unless it blocks suggestions."""
        rows = list(Suppression.objects.filter(user=self.user, sources__overlap=list(sources)))
        for row in rows:
            row.sources = [source for source in row.sources if source not in sources]
        Suppression.objects.bulk_update(rows, ["sources"])
        self._drop_idle()

    def _drop_idle(self) -> None:
        keeps = ExtractedTraitCandidate.objects.filter(suppressed_by=OuterRef("pk"))
        idle = Suppression.objects.filter(~Exists(keeps), user=self.user, sources=[])
        self._count(suppressions=idle.delete()[0])

    def _delete(self, model: type[ExtractedTraitCandidate] | type[PersonaTrait], ids: set[uuid.UUID]) -> None:
        # Raw delete, because the ORM would first query rows that refer to these.
        model.objects.filter(user=self.user, pk__in=ids)._raw_delete("default")

    def _count(self, **more: int) -> None:
        for name, number in more.items():
            if number:
                self.erasure.counts[name] = self.erasure.counts.get(name, 0) + number

    def _finish(self) -> None:
        self._drop_idle()
        erasure = self.erasure
        erasure.counts |= {"kept_answers": erasure.counts["kept_answers"] + erase_records(self.user)["kept_answers"]}
        erasure.state, erasure.target = ErasureState.ERASED, {}
        erasure.erased_at = Now()
        erasure.generation, erasure.revision = self.persona.generation, self.persona.revision
        erasure.kept = kept(erasure.kind, erasure.counts, is_told=TOLD.keys() <= erasure.kept.keys())
        logger.info("A part (%s) of the persona of %s was erased: %s", erasure.kind, self.user.pk, erasure.pk)
