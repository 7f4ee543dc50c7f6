"""Begin a sitting."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from ptfi.db.transactions import front_door
from traits.review.selectors import QueueFilters
from traits.review.sittings import selectors
from traits.web import Request, address


@login_required
@require_POST
def begin_sitting(request: Request) -> HttpResponse:
    """Begin a sitting with the surest suggestions, and open its first card."""
    with front_door():
        sitting = selectors.start(request.user)
    query = QueueFilters(sitting=str(sitting.sitting_id)).query() if sitting else ""
    return HttpResponseRedirect(address(reverse("review"), query))
