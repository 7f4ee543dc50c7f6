"""Undoing an import while people decide on its suggestions."""

import contextlib
import threading
import uuid

import pytest
from django.db import connection

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self
from tests.support.pipeline import api_row, pipeline, send
from traits import decisions
from traits.errors import RuleError
from traits.log.verification import verify
from traits.models import (
    CandidateStatus,
    ExtractedTraitCandidate,
    IngestBatch,
    ModerationEntry,
    Persona,
    PersonaTrait,
)
from traits.moderation import batches as moderation


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_undoing_an_import_races_with_decisions(alice: User, sam: User) -> None:
    rows = [api_row(alice, traitName=f"Trait {number}") for number in range(30)]
    send(pipeline(), *rows)
    batch = IngestBatch.objects.get()

    def decide() -> None:
        try:
            for row in reversed(rows):
                with contextlib.suppress(RuleError):
                    decisions.confirm(**acting_for_self(alice), candidate_id=uuid.UUID(row["candidateID"]))
        finally:
            connection.close()

    deciding = threading.Thread(target=decide)
    deciding.start()
    moderation.carry_out(actor=sam, batch=batch, name="undo", reason="Model gone wrong")
    deciding.join()
    archived = set(ModerationEntry.objects.values_list("candidate_id", flat=True))
    confirmed = set(PersonaTrait.objects.values_list("pk", flat=True))
    assert archived | confirmed == {uuid.UUID(row["candidateID"]) for row in rows}
    assert not archived & confirmed
    found = dict(ExtractedTraitCandidate.objects.values_list("pk", "status"))
    assert {pk for pk, status in found.items() if status == CandidateStatus.ARCHIVED} == archived
    assert list(verify(Persona.objects.get(user=alice))) == []
