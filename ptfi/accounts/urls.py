"""The addresses of the account pages that allauth does not bring."""

from django.urls import path

from . import views

urlpatterns = [
    path("preferences/", views.preferences, name="account_preferences"),
    path("time-zone/", views.time_zone, name="account_time_zone"),
    path("invitation/", views.invitation, name="account_invitation"),
    path("invitation/<str:token>/", views.open_invitation, name="account_open_invitation"),
]
