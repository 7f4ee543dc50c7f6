"""The persona at a glance."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from traits.history import selectors as history
from traits.persona import overview
from traits.web import Request

LATELY = 5


@login_required
@never_cache
@require_safe
def overview_page(request: Request) -> HttpResponse:
    """What the persona holds, what waits, how it grew and who was right, from PostgreSQL alone."""
    user = request.user
    statuses = overview.statuses(user)
    models, number_of_models = overview.models(user)
    context = {
        "total": sum(statuses.values()),
        "statuses": statuses,
        "categories": overview.categories(user),
        "waiting": overview.waiting(user),
        "growth": overview.growth(user),
        "models": models,
        "more_models": number_of_models - len(models),
        "drawn": overview.DRAWN,
        "lately": history.page(user, history.HistoryFilters(), limit=LATELY).rows,
    }
    return render(request, "overview/overview.html", context)
