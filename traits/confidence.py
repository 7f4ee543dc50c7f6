"""Confidence in a suggestion or trait: the models' score, in words and bands, and the person's own rating."""

from decimal import Decimal

from django.db.models import Case, F, FloatField, Q, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from traits.models import ExtractedTraitCandidate, Origin, PersonaTrait

# Confidence in words, with the lowest score of each band.
BANDS = (("very_likely", _("very likely"), 0.85), ("likely", _("likely"), 0.65), ("possible", _("possible"), 0.45))
LOWEST_BAND = ("guess", _("a guess"), 0.0)
BAND_CHOICES = [band[:2] for band in (*BANDS, LOWEST_BAND)]
DECILES = 10
"""Number of equal bands of the score in the statistics about how often models were right."""
RATING = "user_confidence"
"""The field with the person's own rating, from 1 to 5."""
RATINGS = {
    "": _("not rated"),
    "1": _("barely"),
    "2": _("a little"),
    "3": _("partly"),
    "4": _("mostly"),
    "5": _("very well"),
}
"""How well a trait describes the person."""
STRENGTH = Case(
    When(user_confidence=None, origin=Origin.USER_DEFINED, then=None),
    When(user_confidence=None, then=F("confidence")),
    default=F("user_confidence") / Value(5.0),
    output_field=FloatField(),
)
"""A trait's strength from 0 to 1: the rating, else the score; None for unrated traits of the person's own."""


def score_of(thing: ExtractedTraitCandidate | PersonaTrait) -> float:
    """Return the models' score, from 0 to 1."""
    return thing.confidence if isinstance(thing, PersonaTrait) else thing.confidence_score


def rating_of(trait: PersonaTrait) -> int | None:
    """Return the person's own rating, from 1 to 5; None if there is none."""
    return trait.user_confidence


def whole_percent(share: float) -> int:
    """Convert a share of 0–1 to whole per cent, rounded down, so that none seems to be in a higher band than it is."""
    # Of the shortest decimal number that the share is, since 0.57 * 100 is a little less than 57.
    return int(Decimal(repr(float(share))) * 100)


def percentage(score: float) -> str:
    """Format a score of 0–1 as a percentage, rounded down like its band: 80%, in German 80 %."""
    return _formatted(whole_percent(score))


def part_percentage(share: float) -> str:
    """Format a part of a whole, from 0 to 1, as the nearest percentage: parts then add up to about 100%."""
    return _formatted(round(share * 100))


def _formatted(percent: int) -> str:
    return gettext("%(number)s%%") % {"number": percent}


def confidence_words(score: float) -> str:
    return str(next((words for _name, words, least in BANDS if score >= least), LOWEST_BAND[1]))


def band_condition(band: str) -> Q:
    """Return the condition for candidates in this band; for an unknown band, all of them."""
    upper = 1.1
    for name, _words, least in (*BANDS, LOWEST_BAND):
        if name == band:
            return Q(confidence_score__gte=least, confidence_score__lt=upper)
        upper = least
    return Q()
