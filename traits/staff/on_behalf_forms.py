"""What the pages that act for a person send, read into the words of the services."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import QueryDict

from ptfi.accounts.models import User
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits import decisions, forms
from traits.errors import InvalidError
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.review.forms import read_until
from traits.web import read_version

Act = Callable[[], list[UserRefinedTrait]]
"""One decision, to be made in the front door's transaction; its entries."""


By = dict[str, Any]
"""For whom (user) and by whom (actor), as every service takes it."""


def suggestion_act(by: By, candidate: ExtractedTraitCandidate, post: QueryDict, form: forms.EditForm) -> Act:
    """The decision about a suggestion that the form names. Raises InvalidError, also for a decision that is none."""
    given = by | {"candidate_id": candidate.pk, "version": read_version(post)}
    match post.get("act"):
        case "confirm":
            return lambda: decisions.confirm(**given).entries
        case "edit":
            if not form.is_valid():
                raise InvalidError
            own = forms.read_evidence(post)
            return lambda: decisions.confirm(**given, changes=form.changes(candidate), evidence=own).entries
        case "reject":
            reason = post.get("reason", "").replace("\r\n", "\n")
            return lambda: decisions.reject(**given, code=post.get("code", ""), reason=reason).entries
        case "defer":
            until = read_until(post)
            return lambda: decisions.defer(**given, until=until).entries
        case "reopen":
            return lambda: decisions.reopen(**given).entries
    raise InvalidError("Choose what to do.")


def trait_act(by: By, trait: PersonaTrait, post: QueryDict) -> Act:
    """The decision about a trait that the form names. Raises InvalidError."""
    given = by | {"trait_id": trait.pk, "version": read_version(post)}
    match post.get("act"):
        case "status":
            return lambda: decisions.set_status(**given, status=post.get("status", "")).entries
        case "remove":
            reason = post.get("reason", "").replace("\r\n", "\n")
            return lambda: decisions.remove_trait(**given, reason=reason).entries
    raise InvalidError("Choose what to do.")


def undo_act(by: By, action_id: uuid.UUID) -> Act:
    return lambda: decisions.undo(**by, action_id=action_id).entries


def traits_page(user: User, after: str) -> Page[PersonaTrait]:
    """A page of the person's traits, by name."""
    rows = PersonaTrait.objects.filter(user=user).only("trait_id", "name", "name_key", "category", "status", "version")
    return keyset.page(rows, ("name_key", "pk"), after)
