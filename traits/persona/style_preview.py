"""A small example of what the elements of a communication style do to a message."""

import itertools
from collections.abc import Mapping
from typing import Any

REQUEST = {
    "very_formal": "Would you be so kind as to send me the report?",
    "formal": "Could you please send me the report?",
    "neutral": "Please send me the report.",
    "informal": "Send me the report, will you?",
    "very_informal": "Hey, shoot me that report!",
}
REASON = {
    "simple": "I want to see if the plan works.",
    "everyday": "I want to check whether the plan holds up.",
    "technical": "I want to validate the assumptions of the plan against the data.",
}
JOKES = {
    "low": ["It need not be a masterpiece."],
    "medium": ["If it has a happy ending, even better."],
    "high": ["If it has a happy ending, even better.", "I promise to laugh at the footnotes."],
}
UNHURRIED = ("I have been going through the plan again, step by step.", "There is no hurry.")
EMOJI = "🙂👀🤓😄🎉🙏"


def example(values: Mapping[str, Any]) -> str:
    """The same message, said as the known elements want it; what they do not set is neutral."""
    pace = values.get("Pacing")
    sentences = [REQUEST.get(values.get("FormalityLevel", ""), REQUEST["neutral"])]
    if pace == "slow":
        sentences.append(UNHURRIED[0])
    if pace != "fast":
        sentences.append(REASON.get(values.get("VocabularyComplexity", ""), REASON["everyday"]))
    sentences += JOKES.get(values.get("HumorUsage", ""), [])
    if pace == "slow":
        sentences.append(UNHURRIED[1])
    # After so large a share of the sentences, at least one unless there is to be none.
    preference = values.get("EmojiPreference", 0)
    marks = EMOJI[: max(1, round(preference * len(sentences)))] if preference > 0 else ""
    return " ".join(f"{said} {mark}".strip() for said, mark in itertools.zip_longest(sentences, marks, fillvalue=""))
