"""How sure a suggestion or trait is: the score of the models, in words and bands, and the person's own rating."""

from django.db.models import Case, F, FloatField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from traits.models import ExtractedTraitCandidate, Origin, PersonaTrait

# Confidence in words: the least score of each band.
BANDS = (("very_likely", _("very likely"), 0.85), ("likely", _("likely"), 0.65), ("possible", _("possible"), 0.45))
LOWEST_BAND = ("guess", _("a guess"), 0.0)
BAND_CHOICES = [band[:2] for band in (*BANDS, LOWEST_BAND)]
DECILES = 10
"""Equal parts of the score, where it is counted how often models were right."""
RATING = "user_confidence"
"""The field of the person's own rating, from 1 to 5."""
RATINGS = {
    "": _("not rated"),
    "1": _("barely"),
    "2": _("a little"),
    "3": _("partly"),
    "4": _("mostly"),
    "5": _("very well"),
}
"""How well it describes the person."""
STRENGTH = Case(
    When(user_confidence=None, origin=Origin.USER_DEFINED, then=None),
    When(user_confidence=None, then=F("confidence")),
    default=F("user_confidence") / Value(5.0),
    output_field=FloatField(),
)
"""Of a trait from 0 to 1: the rating, else the score; None for one of the person's own that they have not rated."""


def score_of(thing: ExtractedTraitCandidate | PersonaTrait) -> float:
    """What the models said, from 0 to 1."""
    return thing.confidence if isinstance(thing, PersonaTrait) else thing.confidence_score


def rating_of(trait: PersonaTrait) -> int | None:
    """What the person said, from 1 to 5; None where they have not rated it."""
    return trait.user_confidence


def confidence_words(score: float) -> str:
    return str(next((words for _name, words, least in BANDS if score >= least), LOWEST_BAND[1]))


def band_condition(band: str) -> Q:
    """Which candidates have a confidence of this band; all, where it is none."""
    upper = 1.1
    for name, _words, least in (*BANDS, LOWEST_BAND):
        if name == band:
            return Q(confidence_score__gte=least, confidence_score__lt=upper)
        upper = least
    return Q()
