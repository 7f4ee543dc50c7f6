"""Find or create the people that the records of a batch are about."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from ptfi.accounts.models import User
from ptfi.db import sql
from traits.ingest.blocklist import ended_accounts
from traits.ingest.parsing import CandidateRecord
from traits.models import Persona


@dataclass(frozen=True, slots=True)
class People:
    """The person of each record; None for one who has erased their account or is not known. new: accounts made."""

    ids: list[UUID | None]
    new: int = 0


def people_of(batch: Sequence[CandidateRecord], owner: User | None, *, may_create: bool = True) -> People:
    """The people of the records, with a Persona from now on; with owner, all records are theirs.

    New people get an account that nobody can sign in to, if may_create.
    """
    if owner:
        _give_personas([owner.pk])
        return People([owner.pk] * len(batch))
    _give_personas(sorted({record.user_id for record in batch if record.user_id}))
    ids, new = _accounts([record for record in batch if not record.user_id], may_create)
    return People([record.user_id or ids.get(record.sent_id) or ids.get(record.external_id) for record in batch], new)


def _accounts(records: Sequence[CandidateRecord], may_create: bool) -> tuple[dict[str, UUID], int]:
    """External id → account, also for ids as they were sent, which accounts of earlier releases may have.

    Also the number of accounts that were made.
    """
    names = {record.external_id: record.display_name for record in reversed(records)}
    sent = {record.sent_id for record in records}
    known = _known(names.keys() | sent)
    pairs = {(record.external_id, record.sent_id) for record in records}
    missing = [pair for pair in pairs if known.keys().isdisjoint(pair)] if may_create else []
    ended = ended_accounts({external_id for pair in missing for external_id in pair}) if missing else set()
    if new := {pair[0] for pair in missing if not ended.intersection(pair)}:
        _create({external_id: names[external_id] for external_id in sorted(new)})
        known = _known(names.keys() | sent)
    _give_personas(sorted(user_id for user_id, has_persona in known.values() if not has_persona))
    return {external_id: user_id for external_id, (user_id, _) in known.items()}, len(new)


def _known(external_ids: Collection[str]) -> dict[str, tuple[UUID, bool]]:
    """External id → account, and whether the account has a Persona."""
    people = User.objects.filter(external_id__in=sql.any_of(external_ids, "text"))
    found = people.values_list("external_id", "id", "persona__user_id")
    return {external_id: (user_id, persona is not None) for external_id, user_id, persona in found if external_id}


def _create(names: dict[str, str]) -> None:
    users = [User(external_id=external_id, display_name=name) for external_id, name in names.items()]
    for user in users:
        user.set_unusable_password()
    User.objects.bulk_create(users, ignore_conflicts=True)


def _give_personas(users: Collection[UUID]) -> None:
    Persona.objects.bulk_create([Persona(user_id=user) for user in users], ignore_conflicts=True)
