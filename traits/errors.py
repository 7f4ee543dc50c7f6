"""The rules of deciding, as errors; ptfi/web/error_pages.py renders them."""

from ptfi.errors import NotFoundError, RuleError

__all__ = [
    "AlreadyDecidedError",
    "ErasureExpiredError",
    "InvalidError",
    "NotFoundError",
    "NotLatestError",
    "RuleError",
    "StaleVersionError",
    "TraitRemovedError",
]


class InvalidError(RuleError):
    message = "Some of this could not be accepted."


class AlreadyDecidedError(RuleError):
    status = 409
    code = "already_decided"
    message = "This suggestion was already decided, perhaps in another tab. Nothing was changed."


class StaleVersionError(RuleError):
    status = 409
    code = "stale_version"
    message = "This has changed since you opened it. Look at it again before you decide."


class NotLatestError(RuleError):
    status = 409
    code = "not_latest"
    message = "Something newer was decided about this, so it cannot be undone on its own."


class TraitRemovedError(RuleError):
    status = 409
    code = "trait_removed"
    message = "That trait is no longer part of your persona."


class ErasureExpiredError(RuleError):
    status = 409
    code = "erasure_expired"
    message = "This was not confirmed in time. Ask again if you still want it; nothing was erased."
