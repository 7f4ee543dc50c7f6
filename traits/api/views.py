"""The base of all views of a persona: what the caller sees of it goes through the selector of traits/sharing."""

import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.http import HttpResponse
from rest_framework.request import Request

from ptfi.api.errors import InsufficientScopeError
from ptfi.api.idempotency import once
from ptfi.api.views import PersonView
from traits import selectors
from traits.api.privacy import for_caller, hidden_pieces, visible_pieces
from traits.decisions.inputs import Evidence
from traits.errors import NotFoundError
from traits.evidence import Piece
from traits.models import UserRefinedTrait
from traits.sharing import receipts
from traits.sharing.log import all_inside, check_written, require_former
from traits.sharing.receipts import Read, Reader
from traits.sharing.slices import Slice, is_current, slice_of

Values = dict[str, Any]
IDS = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Done = TypeVar("Done")


class SharedView(PersonView):
    """A view of a persona. seen: what the caller sees of it."""

    seen: Slice

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.seen = slice_of(self.person, request.auth)
        if request.method not in ("GET", "HEAD") and not self.seen.write:
            raise InsufficientScopeError

    @property
    def reader(self) -> Reader | None:
        """The app that reads; None if the person does."""
        if self.seen.is_own:
            return None
        return Reader(self.person.pk, self.request.auth.client_id, f"api {self.get.operation.id}")

    def note(self, what: Callable[[], Read]) -> None:
        """Store the receipt of an app's read; call it before answering. what: tells what the answer holds."""
        if reader := self.reader:
            receipts.store(reader, what())

    def require(self, granted: bool) -> None:
        """Raise InsufficientScopeError unless this is granted."""
        if not granted:
            raise InsufficientScopeError

    def once(self, request: Request, act: Callable[[], tuple[int, Any]]) -> HttpResponse:
        """Perform a change as ptfi.api.idempotency.once does, if the grant still allows it."""

        def allowed() -> tuple[int, Any]:
            done = act()
            # Whoever changes a grant holds the person's lock, which the decision has by now.
            self.require(is_current(self.seen))
            return done

        return once(request, allowed, may_repeat=self.may_repeat)

    def may_repeat(self, body: bytes) -> bool:
        """Whether everything that a stored response names is still inside; the person may have moved it since."""
        ids = {uuid.UUID(found.decode()) for found in IDS.findall(body)}
        if self.seen.is_own:
            return True
        shown = {str(pk) for pk in ids}
        return all_inside(self.person, self.seen, ids) and shown.isdisjoint(hidden_pieces(self.person, self.seen))

    def within(self, entries: Sequence[UserRefinedTrait]) -> None:
        """Refuse a decision that reached outside the slice. Raises NotFoundError, InsufficientScopeError."""
        check_written(self.seen, entries)

    def reachable(self, trait_id: uuid.UUID) -> uuid.UUID:
        """The id of a trait that the caller sees or saw; for any other one, an id that does not exist."""
        if self.seen.is_own:
            return trait_id
        try:
            self.require_trait(trait_id)
        except NotFoundError:
            return uuid.uuid4()
        return trait_id

    def require_trait(self, trait_id: uuid.UUID) -> None:
        """Raise NotFoundError unless the id belongs to a current or former trait that the caller sees."""
        if not selectors.has_trait(self.person, trait_id, self.seen.traits()):
            require_former(self.person, self.seen, trait_id)

    def judged(self, evidence: Evidence, pieces: list[Piece]) -> Evidence:
        """The evidence, with ids that do not exist in the place of the pieces that the caller does not see."""
        if self.seen.is_own or not evidence.verdicts:
            return evidence
        visible = visible_pieces(self.seen, pieces, hidden_pieces(self.person, self.seen))
        verdicts = {pk if pk in visible else str(uuid.uuid4()): said for pk, said in evidence.verdicts.items()}
        return Evidence(verdicts=verdicts, own=evidence.own)

    def shared(self, data: Any) -> Any:
        """The answer to a decision as the caller may see it."""
        return for_caller(self.seen, data)
