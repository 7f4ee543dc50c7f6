"""The URLs of the history and of the persona on a past date."""

from django.urls import path, re_path

from traits.history import views as history_views

urlpatterns = [
    path("history/", history_views.history, name="history"),
    path("history/staff/", history_views.staff_actions_page, name="staff_actions"),
    path("history/changes/", history_views.changes_page, name="suggestion_changes"),
    path("history/check/", history_views.log_checked, name="log_checked"),
    re_path(r"^history/log\.(?P<kind>json|csv)$", history_views.log_file, name="log_file"),
    path("history/<uuid:action_id>/", history_views.entry, name="history_entry"),
    path("past/", history_views.persona_past, name="persona_past"),
]
