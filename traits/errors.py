"""Errors for broken rules of deciding; ptfi/web/error_pages.py renders them."""

from django.utils.translation import gettext_lazy as _

from ptfi.errors import InvalidError, NotFoundError, RuleError

__all__ = [
    "AlreadyDecidedError",
    "ErasureExpiredError",
    "InvalidError",
    "NotFoundError",
    "NotLatestError",
    "NotRejectedError",
    "RuleError",
    "StaleVersionError",
    "SuggestionGoneError",
    "TraitRemovedError",
]


class AlreadyDecidedError(RuleError):
    status = 409
    code = "already_decided"
    message = _("This suggestion was already decided, perhaps in another tab. Nothing was changed.")


class SuggestionGoneError(NotFoundError):
    """A decision about a suggestion that is not there (any more), or is somebody else's."""

    message = _("This suggestion is no longer here. It may have been replaced or held back. Nothing was saved.")


class StaleVersionError(RuleError):
    status = 409
    code = "stale_version"
    message = _("This has changed since you opened it. Nothing was saved. Check it again, then decide.")


class NotLatestError(RuleError):
    status = 409
    code = "not_latest"
    message = _("A later decision builds on this one, so it can’t be undone by itself. Nothing was changed.")


class NotRejectedError(RuleError):
    status = 409
    code = "not_rejected"
    message = _("Notes can only be added to suggestions that you rejected. Nothing was saved.")


class TraitRemovedError(RuleError):
    status = 409
    code = "trait_removed"
    message = _("This trait is no longer part of your persona. Nothing was changed.")


class ErasureExpiredError(RuleError):
    status = 409
    code = "erasure_expired"
    message = _("This was not confirmed in time, so nothing was deleted. Start again if you still want to delete it.")
