"""URLs of the review queue and of undo."""

from django.urls import path

from traits.review import bulk_views, decision_views, saved_views, undo_views, views
from traits.review.forms import BUTTONS
from traits.review.keys.views import finder, review_keys
from traits.review.sittings.views import begin_sitting

urlpatterns = [
    path("review/", views.review, name="review"),
    path("review/filters/", views.review_filters, name="review_filters"),
    path("review/news/", views.review_news, name="review_news"),
    path("review/sitting/progress/", views.review_sitting, name="review_sitting"),
    path("review/sitting/", begin_sitting, name="begin_sitting"),
    path("review/keys/", review_keys, name="review_keys"),
    path("find/", finder, name="finder"),
    path("review/views/", saved_views.views_page, name="review_views"),
    path("review/views/<uuid:view_id>/delete/", saved_views.delete_view, name="delete_view"),
    path("review/bulk/", bulk_views.bulk, name="bulk"),
    path("review/<uuid:candidate_id>/", views.review_candidate, name="review_candidate"),
    path("review/<uuid:candidate_id>/edit/", decision_views.edit_candidate, name="edit_candidate"),
    path("review/<uuid:candidate_id>/note/", decision_views.note, name="note"),
    path("review/<uuid:candidate_id>/merge/", decision_views.merge, name="merge"),
    *(
        path(f"review/<uuid:candidate_id>/{name}/", decision_views.decide, {"button": name}, name=name)
        for name in BUTTONS
    ),
    # For cards that were opened before the URL was renamed.
    path("review/<uuid:candidate_id>/defer/", decision_views.decide, {"button": "snooze"}),
    # For pages that were opened before their button named the decision that it undoes.
    path("undo/", undo_views.undo_newest, name="undo_newest"),
    path("undo/<uuid:action_id>/", undo_views.undo, name="undo"),
]
