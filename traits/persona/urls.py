"""URLs of the overview, the trait pages, pairs of traits and the communication style."""

from django.urls import path

from traits.persona import duplicate_views, style_views, views

urlpatterns = [
    path("persona/", views.overview_page, name="overview"),
    path("traits/new/", views.trait_new, name="trait_new"),
    path("traits/similar/", views.trait_similar, name="trait_similar"),
    path("traits/pairs/", duplicate_views.trait_duplicates, name="trait_duplicates"),
    path("traits/<uuid:trait_id>/beside/<uuid:other_id>/", duplicate_views.trait_compare, name="trait_compare"),
    path("traits/<uuid:trait_id>/", views.trait, name="trait"),
    path("traits/<uuid:trait_id>/edit/", views.trait_edit, name="trait_edit"),
    path("traits/<uuid:trait_id>/status/", views.trait_status, name="trait_status"),
    path("traits/<uuid:trait_id>/remove/", views.trait_remove, name="trait_remove"),
    path("styles/", style_views.styles, name="styles"),
    path("styles/<uuid:style_id>/", style_views.style, name="style"),
]
