"""The SQL of My data: the sources of a person's evidence, and what each of them contributed."""

from traits.erasure.sql import HELD, HELD_PIECES

SOURCES = f"""
    WITH counted AS (
        SELECT name, coalesce(min(nullif(detail, '')), '') AS first, coalesce(max(nullif(detail, '')), '') AS last,
               count(DISTINCT id) AS pieces, count(DISTINCT candidate_id) AS suggestions, count(DISTINCT trait_id)
        FROM ({HELD}) AS held GROUP BY name
    )
    SELECT * FROM counted WHERE %(after)s = '' OR (-pieces, name COLLATE "C")
        > (SELECT -pieces, name COLLATE "C" FROM counted WHERE name = %(after)s)
    ORDER BY pieces DESC, name COLLATE "C" LIMIT %(limit)s
"""  # noqa: S608 (HELD is ours)
PLACES = f"""
    SELECT coalesce(min(nullif(detail, '')), ''), coalesce(max(nullif(detail, '')), '')
    FROM ({HELD}) AS held WHERE name = %(name)s
"""  # noqa: S608 (HELD is ours)
PIECES = f"""
    SELECT detail, content, count(*) OVER () FROM (
        SELECT DISTINCT piece->>'source_detail' AS detail, piece->>'content' AS content
        FROM ({HELD_PIECES}) AS held WHERE normalize(piece->>'source_package_id') = %(name)s
    ) AS pieces ORDER BY detail NULLS LAST, content LIMIT %(limit)s
"""  # noqa: S608 (HELD_PIECES is ours)
NUMBER_OF_SOURCES = f"SELECT count(DISTINCT name) FROM ({HELD}) AS held"  # noqa: S608 (HELD is ours)
