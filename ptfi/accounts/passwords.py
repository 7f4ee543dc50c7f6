"""What a password must not be: one that is known from breaches, or a variation of such, or of the person's own data."""

import threading
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from zxcvbn import zxcvbn

LEAST_GUESSES = 10**8
"""A password for which fewer are needed is refused. Trying so many against scrypt takes a core more than a month."""
MOST_CHARACTERS = 72
"""Of a longer one, the beginning is rated: rating takes a time that grows with the square of the length."""


CONTEXT = (
    *("EchoSphere", "PTFI", "persona", "trait", "identity", "suggestion", "candidate"),
    *("moderator", "support", "auditor", "administrator"),
)
"""Words that somebody who guesses would try here first; docs/security.md lists them."""


RATING = threading.Lock()
"""zxcvbn keeps the words of one rating where it keeps its lists: two at a time would mix people up."""


class GuessabilityValidator:
    """Rates how many guesses a password takes by lists of breached passwords, words and names, and by patterns.

    Django's CommonPasswordValidator knows the 20,000 most frequent breached passwords as they are; this also knows
    what people do to them, such as adding digits.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError for one that is easy to guess."""
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
