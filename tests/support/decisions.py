"""What decisions leave behind."""

import uuid

from django.db import connection

from ptfi.accounts.models import User
from traits.log.verification import verify
from traits.models import ExtractedTraitCandidate, Persona, UserRefinedTrait


def status(candidate: ExtractedTraitCandidate) -> str:
    """As the table has it now; the row in hand follows."""
    candidate.refresh_from_db(fields=["status", "deferred_until"])
    return candidate.status


def log_of(user: User) -> list[str]:
    """The person's log, oldest first."""
    return list(UserRefinedTrait.objects.filter(user=user).order_by("revision").values_list("user_decision", flat=True))


def assert_log_whole(user: User) -> None:
    assert list(verify(Persona.objects.get(user=user))) == []


def backdate(action_id: uuid.UUID, weeks: int) -> None:
    """Have it been decided so many weeks ago, as if time had passed since."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE traits_userrefinedtrait SET created_at = created_at - make_interval(weeks => %s)"
            " WHERE refinement_action_id = %s",
            [weeks, action_id],
        )
        cursor.execute("ALTER TABLE traits_userrefinedtrait ENABLE TRIGGER USER")
