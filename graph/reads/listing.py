"""The list of traits as the API answers it, for the API itself and for the page that shows what an app is told."""

from typing import Any

from django.utils import timezone

from graph.reads import traits as queries
from graph.reads.seen import ALL, seen_by
from ptfi.accounts.models import User
from ptfi.web.keyset import hide
from traits import selectors
from traits.api.privacy import for_caller, hidden_pieces
from traits.api.serializers.traits import trait_json
from traits.decisions.candidates import new_trait
from traits.decisions.inputs import NO_CHANGES, NO_EVIDENCE
from traits.models import ExtractedTraitCandidate
from traits.sharing.slices import Slice

LIMIT = 20
"""How many traits are on a page, unless the caller asks for another number."""
Json = dict[str, Any]


def listed(person: User, seen: Slice, *, limit: int, **which: Any) -> Json:
    """The answer of the list of traits to a caller who sees this. which: its filters, and after which trait it begins.

    Raises GraphUnavailableError.
    """
    of_app = ALL if seen.is_own else seen_by(person, seen, frozenset())
    page = queries.traits(person.pk, limit=limit, seen=of_app, **which)
    held = selectors.traits(person, [item.id for item in page.items], seen.traits())
    # A trait that was just removed may still be in the graph, but is no longer part of the persona.
    data = [trait_json(held[item.id]) | {"strength": item.strength} for item in page.items if item.id in held]
    data = for_caller(seen, data, hidden_pieces(person, seen))
    following = hide(page.next_key) or None
    return {"data": data, "pagination": {"limit": limit, "total": page.total, "next": following}}


def if_confirmed(
    seen: Slice, candidate: ExtractedTraitCandidate, *, revision: int, private: frozenset[str]
) -> Json | None:
    """What the list would hold in addition if the person confirmed the suggestion as it is; None: nothing.

    Its times are those of now. revision: of the entry that would be written. private: hidden_pieces().
    """
    trait = new_trait(candidate, NO_CHANGES, NO_EVIDENCE, timezone.now(), candidate.trait_name)
    if not seen.holds(trait.category, trait.expression_contexts):
        return None
    trait.version = revision
    found: Json = for_caller(seen, trait_json(trait) | {"strength": trait.confidence}, private)
    return found
