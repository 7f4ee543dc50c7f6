"""Why a suggestion stands where it does in the recommended order, in words."""

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from traits.confidence import confidence_words
from traits.models import SENSITIVE, ExtractedTraitCandidate
from traits.review.order.taste import Tally, Taste, kinds_of

ENOUGH = 3
"""Decisions on a kind before they are mentioned."""


def why_here(candidate: ExtractedTraitCandidate, taste: Taste) -> str:
    """Return a sentence that says why the suggestion comes now, or only now."""
    likely = capfirst(confidence_words(candidate.confidence_score))
    if taste.is_new and candidate.trait_category in SENSITIVE:
        return gettext("This one needs a closer look, so it comes after the easier ones.")
    if tally := _closest(candidate, taste):
        text = gettext("%(likely)s, and you confirmed %(agreed)s of %(decided)s of this kind.")
        return text % {"likely": likely, "agreed": tally.agreed, "decided": tally.decided}
    number = candidate.evidence_count
    text = ngettext(
        "%(likely)s, with %(number)s piece of evidence.", "%(likely)s, with %(number)s pieces of evidence.", number
    )
    return text % {"likely": likely, "number": number}


def _closest(candidate: ExtractedTraitCandidate, taste: Taste) -> Tally | None:
    """Return the tally of the closest kind with enough decisions: category and model, else the category, or a model."""
    kinds = kinds_of(candidate.trait_category, candidate.originating_models, candidate.evidence_count)
    for sort in ("both", "category", "model"):
        tallies = [taste.of(kind) for kind in kinds if kind[0] == sort]
        best = max(tallies, key=lambda tally: tally.decided, default=Tally())
        if best.decided >= ENOUGH:
            return best
    return None
