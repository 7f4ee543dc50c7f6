"""The addresses of the first page and of a trait's pages."""

from django.urls import path

from traits.persona import duplicate_views as pair_views
from traits.persona import style_views
from traits.persona import views as trait_views

urlpatterns = [
    path("", trait_views.home, name="home"),
    path("traits/new/", trait_views.trait_new, name="trait_new"),
    path("traits/similar/", trait_views.trait_similar, name="trait_similar"),
    path("traits/pairs/", pair_views.trait_pairs, name="trait_pairs"),
    path("traits/<uuid:trait_id>/beside/<uuid:other_id>/", pair_views.trait_beside, name="trait_beside"),
    path("traits/<uuid:trait_id>/", trait_views.trait, name="trait"),
    path("traits/<uuid:trait_id>/edit/", trait_views.trait_edit, name="trait_edit"),
    path("traits/<uuid:trait_id>/status/", trait_views.trait_status, name="trait_status"),
    path("traits/<uuid:trait_id>/remove/", trait_views.trait_remove, name="trait_remove"),
    path("styles/", style_views.styles, name="styles"),
    path("styles/<uuid:style_id>/", style_views.style, name="style"),
]
