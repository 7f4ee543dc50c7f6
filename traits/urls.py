"""URLs of the start page and, in a file each, of the subjects' pages."""

from django.urls import include, path

from traits.history.heads import log_heads
from traits.persona.views import home

urlpatterns = [
    path("", home, name="home"),
    path("", include("traits.review.urls")),
    path("", include("traits.persona.urls")),
    path(".well-known/ptfi-log-heads", log_heads, name="log_heads"),
    path("persona/", include("traits.history.urls")),
    path("", include("traits.privacy.urls")),
    path("accounts/", include("traits.sharing.urls")),
]
