"""What stays after erasures, and why: one text for each kind of erasure and key of ``Erasure.kept``.

Receipts store the texts in English. Pages show the text of the key in the reader's language (receipts.py), so that a
receipt can be read in every language whatever the wording was when it was made.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext

from ptfi.web.language import grouped
from traits.models.erasure import ErasureKind

ALWAYS = {
    "receipt": _("This receipt: times, numbers and IDs, but no texts."),
    "backups": _("Backups, until they are overwritten. If one is restored, this deletion is repeated."),
}
TOLD = {
    "feedback": _(
        "For the apps that could learn what you decided: the IDs of deleted suggestions, so that they forget them."
    ),
}
OF_THE_WHOLE = {
    **TOLD,
    "receipt": ALWAYS["receipt"],
    "looks": _("The access log: who of the staff looked and when, without their reasons and search terms."),
    "moderation": _(
        "What staff did with your suggestions or decided on your behalf: what, who and when, without texts."
    ),
    "imports": _("The record of imports: when, by whom and how many suggestions, without names of files and reasons."),
}
OF_A_PART = {
    **TOLD,
    "traits": _("Traits that you confirmed, as you confirmed them, without this evidence."),
    "decisions": _(
        "The entries of your log: that you decided, when and how, without the deleted texts. Topics that a trait took"
        " over in a merge are still named in them, even if the merge was undone."
    ),
}
KEPT: dict[str, dict[str, str]] = {
    ErasureKind.PERSONA: {
        "account": _("Your account, which you sign in with, and its settings."),
        "apps": _("Your connected apps. They find nothing now, and you can disconnect them."),
        **OF_THE_WHOLE,
        "suggestions": _("That suggestions are off, until you turn them on again."),
        "graphUser": _("An empty node in the graph, so that nothing older can be written there again."),
        **ALWAYS,
    },
    ErasureKind.ACCOUNT: {
        **OF_THE_WHOLE,
        "graphUser": _(
            "An empty node in the graph with your account's ID, so that nothing older can be written there."
        ),
        "barred": _(
            "A fingerprint (hash) of the name that the pipeline knows you by. It can't be turned back into the name,"
            " and keeps you from being imported again."
        ),
        **ALWAYS,
    },
    ErasureKind.CATEGORY: {
        **OF_A_PART,
        "traits": _(
            "Traits and suggestions in other categories, even if they were once in this one, and what they took over"
            " in a merge; in the log even if that was undone."
        ),
        "category": _("That this category is blocked, until you allow it again."),
        **ALWAYS,
    },
    ErasureKind.SOURCE: {
        **OF_A_PART,
        "source": _(
            "A fingerprint (hash) of the source's name that can't be turned back into it. It blocks the source until"
            " you allow it again."
        ),
        **ALWAYS,
    },
    ErasureKind.EVIDENCE: {
        **OF_A_PART,
        "evidence": _(
            "A fingerprint (hash) of the piece that can't be turned back into the text. It blocks the piece until you"
            " allow it again."
        ),
        **ALWAYS,
    },
}
PIPELINE_NODES = "pipelineNodes"
"""A key of all kinds, which is added when the graph was cleared; its text is nodes_stay()."""


def nodes_stay(number: int) -> str:
    """Say that nodes that the pipeline created in the graph stay; receipts store it in English, with the number."""
    text = ngettext(
        "%(number)s node that the pipeline created in the graph, without its texts.",
        "%(number)s nodes that the pipeline created in the graph, without their texts.",
        number,
    )
    return text % {"number": grouped(number)}


def kept(kind: str, counts: dict[str, int], *, is_barred: bool = False, is_told: bool = False) -> dict[str, str]:
    """What stays after an erasure of this kind, by its counts.

    is_barred: the account can't be imported again. is_told: senders are told that suggestions were erased.
    """
    absent = set[str]() if is_told else {*TOLD}
    if not is_barred:
        absent.add("barred")
    if not counts.get("traits_less") and kind != ErasureKind.CATEGORY:
        absent.add("traits")
    if not counts.get("log_entries"):
        absent.add("decisions")
    return {key: text for key, text in KEPT[kind].items() if key not in absent}
