"""The addresses of the pages that read the graph."""

from django.urls import path

from graph import views

urlpatterns = [
    path("traits/", views.traits, name="traits"),
    path("traits/graph-state/", views.graph_state, name="graph_state"),
]
