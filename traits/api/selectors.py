"""What the API lists: candidates and the log, by offset, with how many there are."""

import uuid
from collections.abc import Iterable

from django.db.models import Q

from ptfi.accounts.models import User
from ptfi.db.prepared import fetch
from traits.api.serializers import CANDIDATE, EVIDENCE
from traits.errors import NotFoundError
from traits.models import UNDECIDED, CandidateStatus, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.search import spaced

TABLE = ExtractedTraitCandidate._meta.db_table


def _json(names: dict[str, str], sources: dict[str, str]) -> str:
    """SQL that makes JSON of these names; sources says where a value comes from that is not the column of its name."""
    pairs = (f"'{name}', {sources.get(field, field)}" for name, field in names.items())
    return f"json_build_object({', '.join(pairs)})"


PIECE = _json(
    EVIDENCE,
    {field: f"piece->'{field}'" for field in EVIDENCE.values()} | {"verdict": "nullif(piece->>'verdict', '')"},
)
PIECES = f"SELECT coalesce(json_agg({PIECE}), '[]') FROM jsonb_array_elements(supporting_evidence) piece"  # noqa: S608
# Made where the rows are: to take them apart and put them together again costs more than to find them.
ITEM = _json(CANDIDATE, {"supporting_evidence": f"({PIECES})"})


def _literals(statuses: Iterable[str]) -> str:
    """The statuses as SQL: constants, as a partial index goes by them."""
    return ", ".join(f"'{CandidateStatus(status).value}'" for status in sorted(set(statuses)))


# Those that staff hold back are in no list while the person could still decide about them.
OWN = f"user_id = %s AND (held_reason = '' OR status NOT IN ({_literals(UNDECIDED)}))"
CONDITIONS = (
    "trait_category = ANY(%s)",
    "confidence_score >= %s",
    "confidence_score <= %s",
    "originating_models @> ARRAY[%s]::varchar[]",
    "concepts @> jsonb_build_array(%s::text)",
    # Of what is computed there is no index: that over words holds everybody's (selectors.OWN_WORDS).
    "coalesce(search, '') @@ websearch_to_tsquery('simple', %s)",
)
ORDERS = ("created_at", "confidence_score", "trait_name", "updated_at")


def listed_candidates(
    user: User,
    *,
    statuses: list[str] | None = None,
    categories: list[str] | None = None,
    least: float | None = None,
    most: float | None = None,
    model: str = "",
    concept: str = "",
    q: str = "",
    order: str = "created_at",
    descending: bool = True,
    offset: int = 0,
    limit: int = 20,
) -> tuple[list[str], int]:
    """Some of the person's candidates with their evidence, as JSON, and how many there are; undecided ones unless told.

    q is full text; order is one of ORDERS.
    """
    filters = zip(
        CONDITIONS, (categories or None, least, most, model or None, concept or None, spaced(q) or None), strict=True
    )
    given = {condition: value for condition, value in filters if value is not None}
    text = " AND ".join([OWN, f"status IN ({_literals(statuses or UNDECIDED)})", *given])
    values = [user.pk, *given.values()]
    place = f"{ORDERS[ORDERS.index(order)]} {'DESC' if descending else 'ASC'}, candidate_id LIMIT %s OFFSET %s"
    counted = f"SELECT count(*) FROM {TABLE} WHERE {text}"  # noqa: S608 (texts of ours, values apart)
    page = f"SELECT {ITEM}::text, ({counted}) FROM {TABLE} WHERE {text} ORDER BY {place}"  # noqa: S608 (as above)
    rows = fetch(page, [*values, *values, limit, offset])
    if not rows:
        # The total comes with the rows; past the last one it is asked for.
        return [], fetch(counted, values)[0][0] if offset else 0
    return [text for text, _ in rows], rows[0][1]


def candidate(user: User, candidate_id: uuid.UUID) -> ExtractedTraitCandidate:
    """One of those that may be listed, replaced ones among them. Raises NotFoundError."""
    rows = ExtractedTraitCandidate.objects.filter(user=user, pk=candidate_id).defer("search")
    found = rows.exclude(~Q(held_reason=""), status__in=UNDECIDED).first()
    if found is None:
        raise NotFoundError
    return found


def log_page(user: User, *, offset: int, limit: int) -> tuple[list[UserRefinedTrait], int]:
    """Some entries of the person's log, newest first, and how many there are."""
    rows = UserRefinedTrait.objects.filter(user=user)
    return list(rows.order_by("-revision")[offset : offset + limit]), rows.count()


def log_of(user: User, thing_id: uuid.UUID, limit: int) -> list[UserRefinedTrait]:
    """The newest entries about a trait."""
    rows = UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=thing_id)
    return list(rows.order_by("-revision")[:limit])


def require_entry(user: User, action_id: uuid.UUID) -> None:
    """Raise NotFoundError unless this is an entry or a batch of the person's."""
    mine = UserRefinedTrait.objects.filter(user=user)
    if not mine.filter(Q(pk=action_id) | Q(batch_id=action_id)).exists():
        raise NotFoundError


def require_trait(user: User, trait_id: uuid.UUID) -> None:
    """Raise NotFoundError unless this is, or was, a trait of the person's."""
    has_it = PersonaTrait.objects.filter(user=user, pk=trait_id).exists()
    if not has_it and not UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=trait_id).exists():
        raise NotFoundError
