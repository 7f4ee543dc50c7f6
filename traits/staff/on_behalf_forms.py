"""What the pages that act for a person send, read into the words of the services."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import QueryDict

from ptfi.accounts.models import User
from traits.decisions import candidates as services
from traits.decisions import traits as persona
from traits.decisions import undo
from traits.errors import InvalidError
from traits.forms import VersionedForm
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.persona.forms import RemoveForm, StatusForm
from traits.review.forms import EditForm, RejectForm, SnoozeForm
from traits.staff.filters import chosen

Act = Callable[[], list[UserRefinedTrait]]
"""One decision, to be made in the front door's transaction; its entries."""


By = dict[str, Any]
"""For whom (user) and by whom (actor), as every service takes it."""


def suggestion_act(by: By, candidate: ExtractedTraitCandidate, post: QueryDict, form: EditForm) -> Act:
    """The decision about a suggestion that the form names. Raises InvalidError, also for a decision that is none."""
    given = by | {"candidate_id": candidate.pk}
    seen = VersionedForm(post).cleaned
    match post.get("act"):
        case "confirm":
            return lambda: services.confirm(**given, **seen).entries
        case "edit":
            if not form.is_valid():
                raise InvalidError
            return lambda: services.confirm(**given, **form.arguments()).entries
        case "reject":
            rejection = RejectForm(post).arguments()
            return lambda: services.reject(**given, **rejection).entries
        case "defer":
            snooze = SnoozeForm(post).arguments()
            return lambda: services.defer(**given, **snooze).entries
        case "reopen":
            return lambda: services.reopen(**given, **seen).entries
    raise InvalidError("Choose what to do.")


def trait_act(by: By, trait: PersonaTrait, post: QueryDict) -> Act:
    """The decision about a trait that the form names. Raises InvalidError."""
    given = by | {"trait_id": trait.pk}
    match post.get("act"):
        case "status":
            status = StatusForm(post).cleaned
            return lambda: persona.set_status(**given, **status).entries
        case "remove":
            removal = RemoveForm(post).cleaned
            return lambda: persona.remove_trait(**given, **removal).entries
    raise InvalidError("Choose what to do.")


def undo_act(by: By, action_id: uuid.UUID) -> Act:
    return lambda: undo.undo(**by, action_id=action_id).entries


def traits_page(user: User, after: str, limit: int) -> tuple[list[PersonaTrait], str]:
    """The person's traits by name, and the key to go on from; "" at the end."""
    rows = PersonaTrait.objects.filter(user=user).only("trait_id", "name", "name_key", "category", "status", "version")
    last = rows.filter(pk__in=chosen([after])).first()
    if last:
        rows = rows.filter(name_key__gte=last.name_key).exclude(name_key=last.name_key, pk__lte=last.pk)
    found = list(rows.order_by("name_key", "pk")[: limit + 1])
    return found[:limit], str(found[limit - 1].pk) if len(found) > limit else ""
