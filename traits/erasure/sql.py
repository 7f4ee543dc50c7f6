"""SQL of erasures: a person's sources, how much is deleted, and rewriting the log's entries."""

PIECES = """
    SELECT count(DISTINCT piece->>'evidence_id') FROM (
        SELECT supporting_evidence AS pieces, trait_category AS category FROM traits_extractedtraitcandidate
        WHERE user_id = %(user)s
        UNION ALL SELECT evidence, category FROM traits_personatrait WHERE user_id = %(user)s
    ) AS rows, jsonb_array_elements(pieces) AS piece
    WHERE CASE WHEN %(category)s <> '' THEN category = %(category)s ELSE piece @> ANY (%(targets)s::jsonb[]) END
"""
REDACT = "SELECT redact_log(%s, %s, %s::jsonb[])"

HELD_PIECES = """
    SELECT piece, candidate_id, trait_id
    FROM (
        SELECT candidate_id, NULL::uuid AS trait_id, supporting_evidence AS pieces
        FROM traits_extractedtraitcandidate WHERE user_id = %(user)s
        UNION ALL SELECT NULL, trait_id, evidence FROM traits_personatrait WHERE user_id = %(user)s
    ) AS held, jsonb_array_elements(pieces) AS piece
    WHERE piece->>'source_package_id' IS NOT NULL
"""
HELD = f"""
    SELECT normalize(piece->>'source_package_id') AS name, piece->>'evidence_id' AS id,
           piece->>'source_detail' AS detail, candidate_id, trait_id
    FROM ({HELD_PIECES}) AS pieces
"""  # noqa: S608 (HELD_PIECES is ours)
"""The pieces of a person's evidence that name a source (in NFC), each with the candidate or trait that has it."""
SOURCE_NAMES = f"""
    SELECT DISTINCT name FROM (SELECT piece->>'source_package_id' AS name FROM ({HELD_PIECES}) AS pieces) AS held
    ORDER BY name
"""  # noqa: S608 (HELD_PIECES is ours)
"""The names of a person's sources, as they are stored."""

WITHOUT = """
    SELECT count(*) FROM traits_extractedtraitcandidate WHERE user_id = %(user)s
    AND jsonb_array_length(supporting_evidence) > 0
    AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(supporting_evidence) AS p WHERE NOT p @> ANY (%(targets)s::jsonb[])
    )
"""
