"""An example message that shows the effect of a communication style."""

import itertools
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text

REQUEST: dict[str, Text] = {
    "very_formal": _("Would you be so kind as to send me the report?"),
    "formal": _("Could you please send me the report?"),
    "neutral": _("Please send me the report."),
    "informal": _("Send me the report, will you?"),
    "very_informal": _("Hey, shoot me that report!"),
}
REASON: dict[str, Text] = {
    "simple": _("I want to see if the plan works."),
    "everyday": _("I want to check whether the plan holds up."),
    "technical": _("I want to validate the assumptions of the plan against the data."),
}
JOKES: dict[str, list[Text]] = {
    "low": [_("It need not be a masterpiece.")],
    "medium": [_("If it has a happy ending, even better.")],
    "high": [_("If it has a happy ending, even better."), _("I promise to laugh at the footnotes.")],
}
UNHURRIED: tuple[Text, Text] = (_("I have been going through the plan again, step by step."), _("There is no hurry."))
EMOJI = "🙂👀🤓😄🎉🙏"


def example(values: Mapping[str, Any]) -> str:
    """Return the message in the style of the known elements; elements that are not set are neutral."""
    pace = values.get("Pacing")
    sentences = [REQUEST.get(values.get("FormalityLevel", ""), REQUEST["neutral"])]
    if pace == "slow":
        sentences.append(UNHURRIED[0])
    if pace != "fast":
        sentences.append(REASON.get(values.get("VocabularyComplexity", ""), REASON["everyday"]))
    sentences += JOKES.get(values.get("HumorUsage", ""), [])
    if pace == "slow":
        sentences.append(UNHURRIED[1])
    # The preference is the share of sentences that end in an emoji: at least one, unless it is 0.
    preference = values.get("EmojiPreference", 0)
    marks = EMOJI[: max(1, round(preference * len(sentences)))] if preference > 0 else ""
    return " ".join(f"{said} {mark}".strip() for said, mark in itertools.zip_longest(sentences, marks, fillvalue=""))
