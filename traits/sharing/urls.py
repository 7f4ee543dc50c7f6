"""URLs of the connected apps: the list, what one of them may see, what they read and are told."""

from django.urls import path

from traits.sharing import views

urlpatterns = [
    path("connections/", views.connected_apps, name="connected_apps"),
    path("connections/<str:client_id>/", views.connected_app, name="connected_app"),
    path("reads/", views.what_apps_read, name="what_apps_read"),
    path("notices/", views.what_apps_are_told, name="what_apps_are_told"),
]
