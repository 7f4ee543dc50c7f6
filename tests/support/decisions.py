"""Reading and changing what decisions left behind."""

import uuid

from django.db import connection

from ptfi.accounts.models import User
from traits.log.verification import verify
from traits.models import ExtractedTraitCandidate, Persona, UserRefinedTrait


def status(candidate: ExtractedTraitCandidate) -> str:
    """The current status in the table; also refreshes the given object."""
    candidate.refresh_from_db(fields=["status", "deferred_until"])
    return candidate.status


def log_of(user: User) -> list[str]:
    """The decisions in the person's log, oldest first."""
    return list(UserRefinedTrait.objects.filter(user=user).order_by("revision").values_list("user_decision", flat=True))


def assert_log_whole(user: User) -> None:
    assert list(verify(Persona.objects.get(user=user))) == []


def backdate(action_id: uuid.UUID, weeks: int) -> None:
    """Move the decision this many weeks into the past."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE traits_userrefinedtrait SET created_at = created_at - make_interval(weeks => %s)"
            " WHERE refinement_action_id = %s",
            [weeks, action_id],
        )
        cursor.execute("ALTER TABLE traits_userrefinedtrait ENABLE TRIGGER USER")
