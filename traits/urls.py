"""The review queue's addresses, the traits', and the whole persona's."""

from django.urls import include, path

from traits.privacy import erasure_part_views, erasure_views
from traits.privacy import views as data_views
from traits.review import bulk_views, decision_views, views

urlpatterns = [
    path("review/", views.review, name="review"),
    path("review/filters/", views.review_filters, name="review_filters"),
    path("review/news/", views.review_news, name="review_news"),
    path("review/bulk/", bulk_views.bulk, name="bulk"),
    path("review/<uuid:candidate_id>/", views.review_candidate, name="review_candidate"),
    path("review/<uuid:candidate_id>/confirm/", decision_views.confirm, name="confirm"),
    path("review/<uuid:candidate_id>/edit/", decision_views.edit_candidate, name="edit_candidate"),
    path("review/<uuid:candidate_id>/reject/", decision_views.reject, name="reject"),
    path("review/<uuid:candidate_id>/defer/", decision_views.defer, name="defer"),
    path("review/<uuid:candidate_id>/merge/", decision_views.merge, name="merge"),
    path("review/<uuid:candidate_id>/reopen/", decision_views.reopen, name="reopen"),
    path("undo/", bulk_views.undo_newest, name="undo_newest"),
    path("undo/<uuid:action_id>/", bulk_views.undo, name="undo"),
    path("persona/erasures/new/", erasure_views.erasure_new, name="erasure_new"),
    path("persona/erasures/<uuid:erasure_id>/", erasure_views.erasure, name="erasure"),
    path("persona/erasures/<uuid:erasure_id>/confirm/", erasure_views.erasure_confirm, name="erasure_confirm"),
    path("persona/erasures/<uuid:erasure_id>/let-in/", data_views.bar_lift, name="bar_lift"),
    path("persona/erasures/account/", erasure_part_views.account_erase, name="account_erase"),
    path("accounts/deleted/", erasure_part_views.account_erased, name="account_erased"),
    path("persona/erasures/", data_views.erasures, name="erasures"),
    path("persona/data/", data_views.my_data, name="my_data"),
    path("persona/looks/", data_views.looks, name="looks"),
    path("persona/sources/", data_views.sources, name="sources"),
    path("persona/sources/<str:source>/erase/", erasure_part_views.erase_source, name="erase_source"),
    path("persona/categories/<str:category>/erase/", erasure_part_views.erase_category, name="erase_category"),
    path("persona/evidence/<str:evidence_id>/erase/", erasure_part_views.erase_evidence, name="erase_evidence"),
    path("persona/suppressions/", data_views.suppressions, name="suppressions"),
    path("persona/suppressions/<int:suppression_id>/lift/", data_views.suppression_lift, name="suppression_lift"),
    path("persona/suggestions/", erasure_views.suggestions, name="suggestions"),
    path("", include("traits.persona.urls")),
    path("persona/", include("traits.history.urls")),
]
