"""URLs of a person's own data: what is stored, who looked at it, erasing it."""

from django.urls import path

from traits.privacy import erasure_views, verify_views, views

urlpatterns = [
    path("persona/erasures/new/", erasure_views.erasure_new, name="erasure_new"),
    path("persona/erasures/<uuid:erasure_id>/", erasure_views.erasure, name="erasure"),
    path("persona/erasures/<uuid:erasure_id>/confirm/", erasure_views.erasure_confirm, name="erasure_confirm"),
    path("persona/erasures/<uuid:erasure_id>/let-in/", views.block_remove, name="block_remove"),
    path("persona/erasures/account/", erasure_views.account_erase, name="account_erase"),
    path("accounts/deleted/", erasure_views.account_erased, name="account_erased"),
    path("persona/erasures/", views.erasures, name="erasures"),
    path("persona/data/", views.my_data, name="my_data"),
    path("persona/data/verify/", verify_views.verify, name="verify"),
    path("persona/erasures/<uuid:erasure_id>/file/", verify_views.receipt_file, name="receipt_file"),
    path("persona/looks/", views.staff_access, name="staff_access"),
    path("persona/sources/", views.sources, name="sources"),
    path("persona/sources/<str:source>/erase/", erasure_views.erase_source, name="erase_source"),
    path("persona/categories/<str:category>/erase/", erasure_views.erase_category, name="erase_category"),
    path("persona/evidence/<str:evidence_id>/erase/", erasure_views.erase_evidence, name="erase_evidence"),
    path("persona/suppressions/", views.suppressions, name="suppressions"),
    path("persona/suppressions/<int:suppression_id>/lift/", views.suppression_remove, name="suppression_remove"),
    path("persona/feedback/", erasure_views.feedback_toggle, name="feedback_toggle"),
    path("persona/suggestions/", erasure_views.suggestions_toggle, name="suggestions_toggle"),
]
