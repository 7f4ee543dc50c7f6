"""What the pages that act for a person send, read into the words of the services."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits import decisions
from traits.errors import InvalidError
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.persona.forms import RemoveForm, StatusForm
from traits.review.forms import BUTTONS, EditForm

Act = Callable[[], list[UserRefinedTrait]]
"""One decision, to be made in the front door's transaction; its entries."""


By = dict[str, Any]
"""For whom (user) and by whom (actor), as every service takes it."""


def suggestion_act(by: By, candidate: ExtractedTraitCandidate, post: QueryDict, form: EditForm) -> Act:
    """The decision about a suggestion that the form names. Raises InvalidError, also for a decision that is none."""
    given = by | {"candidate_id": candidate.pk}
    act = post.get("act", "")
    if act == "edit":
        if not form.is_valid():
            raise InvalidError
        return lambda: decisions.confirm(**given, **form.arguments()).entries
    if act not in BUTTONS:
        raise InvalidError(gettext("Choose an action."))
    button = BUTTONS[act](post)
    arguments = button.arguments()
    return lambda: button.decide(**given, **arguments).entries


def trait_act(by: By, trait: PersonaTrait, post: QueryDict) -> Act:
    """The decision about a trait that the form names. Raises InvalidError."""
    given = by | {"trait_id": trait.pk}
    match post.get("act"):
        case "status":
            status = StatusForm(post).cleaned
            return lambda: decisions.set_status(**given, **status).entries
        case "remove":
            removal = RemoveForm(post).cleaned
            return lambda: decisions.remove_trait(**given, **removal).entries
    raise InvalidError(gettext("Choose an action."))


def undo_act(by: By, action_id: uuid.UUID) -> Act:
    return lambda: decisions.undo(**by, action_id=action_id).entries


def traits_page(user: User, after: str) -> Page[PersonaTrait]:
    """A page of the person's traits, by name."""
    rows = PersonaTrait.objects.filter(user=user).only("trait_id", "name", "name_key", "category", "status", "version")
    return keyset.page(rows, ("name_key", "pk"), after)
