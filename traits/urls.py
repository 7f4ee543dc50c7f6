"""Every address of the pages over suggestions, decisions and one's data; each subject has its own file."""

from django.urls import include, path

urlpatterns = [
    path("", include("traits.review.urls")),
    path("", include("traits.persona.urls")),
    path("persona/", include("traits.history.urls")),
    path("", include("traits.privacy.urls")),
]
