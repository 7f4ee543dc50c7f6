"""The addresses of a person's own data: what is held, who looked at it, erasing it."""

from django.urls import path

from traits.privacy import erasure_part_views, erasure_views, views

urlpatterns = [
    path("persona/erasures/new/", erasure_views.erasure_new, name="erasure_new"),
    path("persona/erasures/<uuid:erasure_id>/", erasure_views.erasure, name="erasure"),
    path("persona/erasures/<uuid:erasure_id>/confirm/", erasure_views.erasure_confirm, name="erasure_confirm"),
    path("persona/erasures/<uuid:erasure_id>/let-in/", views.bar_lift, name="bar_lift"),
    path("persona/erasures/account/", erasure_part_views.account_erase, name="account_erase"),
    path("accounts/deleted/", erasure_part_views.account_erased, name="account_erased"),
    path("persona/erasures/", views.erasures, name="erasures"),
    path("persona/data/", views.my_data, name="my_data"),
    path("persona/looks/", views.looks, name="looks"),
    path("persona/sources/", views.sources, name="sources"),
    path("persona/sources/<str:source>/erase/", erasure_part_views.erase_source, name="erase_source"),
    path("persona/categories/<str:category>/erase/", erasure_part_views.erase_category, name="erase_category"),
    path("persona/evidence/<str:evidence_id>/erase/", erasure_part_views.erase_evidence, name="erase_evidence"),
    path("persona/suppressions/", views.suppressions, name="suppressions"),
    path("persona/suppressions/<int:suppression_id>/lift/", views.suppression_lift, name="suppression_lift"),
    path("persona/suggestions/", erasure_views.suggestions, name="suggestions"),
]
