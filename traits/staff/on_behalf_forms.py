"""Forms of the pages that act for a person, translated into calls of the services."""

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
"""A decision to be made inside front_door(); returns its entries."""


By = dict[str, Any]
"""The arguments user (for whom) and actor (by whom) of every service."""


def suggestion_act(by: By, candidate: ExtractedTraitCandidate, post: QueryDict, form: EditForm) -> Act:
    """Return the decision about a suggestion that was sent. Raises InvalidError, also for unknown decisions."""
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
    """Return the decision about a trait that was sent. Raises InvalidError."""
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
    """Return a page of the person's traits, by name."""
    rows = PersonaTrait.objects.filter(user=user).only("trait_id", "name", "sort_key", "category", "status", "version")
    return keyset.page(rows, ("sort_key", "pk"), after)
