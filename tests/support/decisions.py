"""What decisions leave behind."""

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
