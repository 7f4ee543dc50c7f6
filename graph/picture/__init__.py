"""The picture of a persona's graph: query, layout, drawing, pages."""
