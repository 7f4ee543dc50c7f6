"""The SQL of erasures: how much goes, and rewriting the log's entries."""

PIECES = """
    SELECT count(DISTINCT piece->>'evidence_id') FROM (
        SELECT supporting_evidence AS pieces, trait_category AS category FROM traits_extractedtraitcandidate
        WHERE user_id = %(user)s
        UNION ALL SELECT evidence, category FROM traits_personatrait WHERE user_id = %(user)s
    ) AS rows, jsonb_array_elements(pieces) AS piece
    WHERE CASE WHEN %(category)s <> '' THEN category = %(category)s ELSE piece @> %(target)s::jsonb END
"""
REDACT = "SELECT redact_log(%s, %s, %s::jsonb[])"
