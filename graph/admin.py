"""What the Django admin finds of the graph; its pages are in graph/staff/."""

from graph.staff import admin as admin
