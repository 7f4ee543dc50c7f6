"""What each kind of decision is called wherever it is named; a decision of a new kind gets its words here."""

import dataclasses

from traits.models import Decision


@dataclasses.dataclass(frozen=True, kw_only=True)
class Words:
    """The words for one kind of decision; those of places where it cannot occur are empty.

    history: what was done, after who did it. batch: the same of several together. notice: what the page that decided
    says. about_other: what that page adds for the other trait of a conflict. message: the answer of the API. today:
    what the review page counts it as. never_undone: why nobody can undo it.
    """

    history: str
    batch: str = ""
    notice: str = ""
    about_other: str = ""
    message: str = ""
    today: str = ""
    never_undone: str = ""


WORDS: dict[str, Words] = {
    Decision.CONFIRMED_ASIS: Words(
        history="confirmed “{suggestion}”",
        batch="confirmed {number} suggestions together",
        notice="Confirmed “{name}”.",
        message="Confirmed.",
        today="confirmed",
    ),
    Decision.CONFIRMED_MODIFIED: Words(
        history="confirmed “{suggestion}” with changes",
        notice="Confirmed “{name}” with your changes.",
        message="Confirmed with your changes.",
        today="confirmed",
    ),
    Decision.REJECTED: Words(
        history="rejected “{suggestion}”",
        batch="rejected {number} suggestions together",
        notice="Rejected “{name}”{others}. It will not be suggested again.",
        message="Rejected. It will not be suggested again.",
        today="rejected",
    ),
    Decision.USER_ADDED: Words(history="added “{trait}”", message="Part of your persona now."),
    Decision.SUPERSEDED: Words(
        history="replaced “{suggestion}” by a newer suggestion",
        batch="replaced {number} suggestions by newer ones",
        never_undone="The pipeline brought something newer.",
    ),
    Decision.DEFERRED: Words(
        history="put off “{suggestion}”",
        batch="put off {number} suggestions together",
        notice="Put off “{name}”.",
        message="Put off.",
        today="put off",
    ),
    Decision.MERGED: Words(
        history="merged “{suggestion}” into “{trait}”",
        notice="Merged “{name}” into “{trait}”.",
        message="Merged.",
        today="confirmed",
    ),
    Decision.REOPENED: Words(
        history="put “{suggestion}” back to be reviewed",
        notice="“{name}” is back in your queue.",
        message="Back in your queue.",
    ),
    Decision.EDITED: Words(history="edited “{old}”", message="Saved."),
    Decision.STATUS_CHANGED: Words(
        history="changed the status of “{old}”",
        about_other=" “{name}” is dormant now.",
        message="The status is changed.",
    ),
    Decision.REMOVED: Words(
        history="removed “{old}”",
        about_other=" “{name}” is removed.",
        message="No longer part of your persona.",
    ),
    Decision.STYLE_CHANGED: Words(
        history="set {element} to “{value}”", batch="changed {number} elements of your style together"
    ),
    Decision.EVIDENCE_ERASED: Words(
        history="erased evidence of “{trait}”",
        batch="erased evidence of {number} traits together",
        never_undone="What was erased does not come back.",
    ),
    Decision.UNDONE: Words(
        history="undid an earlier decision",
        batch="undid {number} decisions together",
        never_undone="An undo cannot be undone. Simply decide again.",
    ),
}
TODAY = {
    words: [kind for kind, each in WORDS.items() if each.today == words]
    for words in dict.fromkeys(each.today for each in WORDS.values() if each.today)
}
"""The decisions that the review page counts under each of its words."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class RelationWords:
    """The words for how two traits, or a suggestion and a trait, stand to each other.

    history: a sentence that follows the decision's. label: in brackets. notice: what the page of two traits says.
    """

    history: str
    label: str
    notice: str = ""


SAME_TRAIT = "same"
"""The relation of two traits of which one went into the other: one entry removed, one edited."""
RELATIONS: dict[str, RelationWords] = {
    "replaces": RelationWords(
        history="It replaces “{related}”, which is dormant since.",
        label="one took the other's place",
        notice="“{other}” is dormant now; “{name}” took its place.",
    ),
    "both_true": RelationWords(
        history="Both it and “{related}” are true, each in its own place.",
        label="both are true, in different places",
        notice="Both stay, each in its own place.",
    ),
    "old_was_wrong": RelationWords(
        history="“{related}” never was right, and is removed.",
        label="one of the two was never right",
        notice="“{other}” is no longer part of your persona.",
    ),
    "new_is_wrong": RelationWords(
        history="You kept “{related}”, which says otherwise.",
        label="the one you had is right",
    ),
    SAME_TRAIT: RelationWords(
        history="Both said the same.",
        label="both said the same",
        notice="“{other}” went into “{name}”.",
    ),
}
