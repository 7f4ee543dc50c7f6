"""Registers the graph's admin pages, which are in graph/staff/."""

from graph.staff import admin as admin
