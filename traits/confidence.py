"""Confidence in words: the bands of the score, and how to filter by one."""

from django.db.models import Q

# Confidence in words: the least score of each band.
BANDS = (("very_likely", "very likely", 0.85), ("likely", "likely", 0.65), ("possible", "possible", 0.45))
LOWEST_BAND = ("guess", "a guess", 0.0)


def confidence_words(score: float) -> str:
    return next((words for _, words, least in (*BANDS, LOWEST_BAND) if score >= least), LOWEST_BAND[1])


def band_condition(band: str) -> Q:
    """Which candidates have a confidence of this band; all, where it is none."""
    upper = 1.1
    for name, _, least in (*BANDS, LOWEST_BAND):
        if name == band:
            return Q(confidence_score__gte=least, confidence_score__lt=upper)
        upper = least
    return Q()
