"""What keys do in the review queue, and which key does it for a person."""

import dataclasses
import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.texts import Text

SIGNS = "/ ? . , ; : ' [ ] = + * # -"
ALLOWED = re.compile(f"[a-zA-Z{re.escape(SIGNS.replace(' ', ''))}]")
"""Keys that a person may choose: letters, with Shift as capitals, and signs. Digits choose within a menu."""


@dataclasses.dataclass(frozen=True)
class Action:
    """What a key does. key: unless the person chose another."""

    key: str
    words: Text


ACTIONS: dict[str, Action] = {
    "next": Action("j", _("next suggestion")),
    "previous": Action("k", _("previous suggestion")),
    "confirm": Action("c", _("confirm as suggested")),
    "edit": Action("e", _("edit, then confirm")),
    "reject": Action("r", _("reject, then choose a reason")),
    "snooze": Action("d", _("snooze, then choose until when")),
    "merge": Action("m", _("merge into one of your traits")),
    "note": Action("a", _("add a note to the rejection just made, or to the one about to be made")),
    "judge": Action("v", _("judge the evidence: next piece")),
    "judge_before": Action("V", _("judge the evidence: previous piece")),
    "select": Action("x", _("select")),
    "select_range": Action("X", _("select a range")),
    "select_all": Action("A", _("select all shown; again: all that match")),
    "undo": Action("z", _("undo your last decision of this visit")),
    "redo": Action("Z", _("redo what you undid")),
    "sitting": Action("s", _("start a sitting, or the next one")),
    "enough": Action("q", _("leave the sitting")),
    "add": Action("n", _("add a trait")),
    "search": Action("/", _("search")),
    "help": Action("?", _("help")),
}
"""By the name under which a person's own key is stored, in the order of the help."""


def keys_of(user: User) -> dict[str, str]:
    """Return the key of each action: the person's own, or else the usual one."""
    return {name: key_of(user, name) for name in ACTIONS}


def key_of(user: User, action: str) -> str:
    own: str = user.keys.get(action, ACTIONS[action].key)
    return own


def shown(key: str) -> str:
    """Return a key as it is printed: a capital needs Shift."""
    return f"⇧{key.lower()}" if key.isupper() else key


def changed(keys: Mapping[str, str]) -> dict[str, str]:
    """Return those of the keys that are not the usual ones."""
    return {name: key for name, key in keys.items() if key != ACTIONS[name].key}
