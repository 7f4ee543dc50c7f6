"""Refuses passwords that are known from breaches, or vary such a password or the person's own data."""

import threading
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from zxcvbn import zxcvbn

LEAST_GUESSES = 10**8
"""A password that takes fewer guesses is refused. This many guesses against scrypt take a core more than a month."""
MOST_CHARACTERS = 72
"""Only this much of a password is rated, because rating takes time quadratic in its length."""


CONTEXT = (
    *("EchoSphere", "PTFI", "persona", "trait", "identity", "suggestion", "candidate"),
    *("moderator", "support", "auditor", "administrator"),
)
"""Words that an attacker would try here first; docs/security.md lists them."""


RATING = threading.Lock()
"""zxcvbn keeps the words of a call in global lists, so concurrent calls would mix up people's data."""


class GuessabilityValidator:
    """Rates how many guesses a password takes, using lists of breached passwords, words and names, and patterns.

    Django's CommonPasswordValidator knows the 20,000 most frequent breached passwords exactly as they are; this one
    also recognizes common variations, such as added digits.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError if the password is easy to guess."""
        own = [str(text)[:MOST_CHARACTERS] for text in (_own(user, "email"), _own(user, "display_name")) if text]
        with RATING:
            rated = zxcvbn(password[:MOST_CHARACTERS], [*own, *CONTEXT])
        if rated["guesses"] < LEAST_GUESSES:
            raise ValidationError(
                gettext(
                    "This password is easy to guess. It’s close to one known from data breaches or to a few words."
                ),
                code="password_easy_to_guess",
            )

    def get_help_text(self) -> str:
        return gettext("Your password can’t be close to one known from data breaches. A few unrelated words work well.")


def _own(user: Any, name: str) -> Any:
    return getattr(user, name, None)
