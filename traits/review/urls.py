"""The addresses of the review queue, and of undoing."""

from django.urls import path

from traits.review import bulk_views, decision_views, undo_views, views

urlpatterns = [
    path("review/", views.review, name="review"),
    path("review/filters/", views.review_filters, name="review_filters"),
    path("review/news/", views.review_news, name="review_news"),
    path("review/bulk/", bulk_views.bulk, name="bulk"),
    path("review/<uuid:candidate_id>/", views.review_candidate, name="review_candidate"),
    path("review/<uuid:candidate_id>/confirm/", decision_views.confirm, name="confirm"),
    path("review/<uuid:candidate_id>/edit/", decision_views.edit_candidate, name="edit_candidate"),
    path("review/<uuid:candidate_id>/reject/", decision_views.reject, name="reject"),
    path("review/<uuid:candidate_id>/snooze/", decision_views.snooze, name="snooze"),
    # Cards that were open before the address had this name.
    path("review/<uuid:candidate_id>/defer/", decision_views.snooze),
    path("review/<uuid:candidate_id>/merge/", decision_views.merge, name="merge"),
    path("review/<uuid:candidate_id>/reopen/", decision_views.reopen, name="reopen"),
    path("undo/", undo_views.undo_newest, name="undo_newest"),
    path("undo/<uuid:action_id>/", undo_views.undo, name="undo"),
]
