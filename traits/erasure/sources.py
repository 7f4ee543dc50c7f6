"""The sources that a person's evidence names, and the one that a key stands for in an address."""

from ptfi.accounts.models import User
from ptfi.db import sql
from traits.ingest.blocklist import source_bar

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
    SELECT piece->>'source_package_id' AS name, piece->>'evidence_id' AS id, piece->>'source_detail' AS detail,
           candidate_id, trait_id
    FROM ({HELD_PIECES}) AS pieces
"""  # noqa: S608 (HELD_PIECES is ours)
"""The pieces of a person's evidence that name a source, each with what has it."""


def source_name(user: User, key: str) -> str | None:
    """The name of the person's source with this key; None where there is none."""
    names = sql.rows(f"SELECT DISTINCT name FROM ({HELD}) AS held", {"user": user.pk})  # noqa: S608 (HELD is ours)
    return next((name for (name,) in names if source_bar(user.pk, name) == key), None)
