"""The history's SQL: the revision of a person's log at a point in time, and the persona at a revision."""

# Revisions have no gaps and times never go back, so a binary search finds the place without an index on times.
REVISION_AT = """
WITH RECURSIVE halves(low, high) AS (
    SELECT 0::bigint, revision FROM traits_persona WHERE user_id = %(user)s
    UNION ALL
    SELECT CASE WHEN entry.created_at <= %(at)s THEN entry.revision ELSE low END,
           CASE WHEN entry.created_at <= %(at)s THEN high ELSE entry.revision - 1 END
    FROM halves JOIN traits_userrefinedtrait entry
        ON entry.user_id = %(user)s AND entry.revision = (low + high + 1) / 2
    WHERE low < high
)
SELECT coalesce(max(low), 0) FROM halves
"""
# Revisions come first, from the index alone; then each newest entry is read once. Contents of rejections and removals,
# a large part of a long log, are not read. Every version of the snapshots has the fields of a trait's state that are
# read here: name, last_refined_at and evidence.
HELD_AT = """
WITH newest AS MATERIALIZED (
    SELECT trait_id_in_pkg AS trait_id, max(revision) AS revision FROM traits_userrefinedtrait
    WHERE user_id = %(user)s AND trait_id_in_pkg IS NOT NULL AND revision <= %(revision)s
    GROUP BY trait_id_in_pkg
)
SELECT trait_id, entry_id, state ->> 'name', (state ->> 'last_refined_at')::timestamptz, now.last_refined_at
FROM newest CROSS JOIN LATERAL (
    SELECT refinement_action_id AS entry_id,
           CASE WHEN user_decision NOT IN ('rejected', 'removed') THEN content #> '{after,trait}' END AS state
    FROM traits_userrefinedtrait entry WHERE user_id = %(user)s AND entry.revision = newest.revision OFFSET 0
) entry LEFT JOIN (SELECT trait_id, last_refined_at FROM traits_personatrait WHERE user_id = %(user)s) now
    USING (trait_id)
WHERE state <> 'null'
"""
STATES = """
SELECT refinement_action_id, (content #> '{after,trait}') - 'evidence', coalesce((content -> 'v')::integer, 0),
       jsonb_array_length(content #> '{after,trait,evidence}')
FROM traits_userrefinedtrait WHERE user_id = %(user)s AND refinement_action_id = ANY(%(entries)s)
"""
SLIM = """(SELECT (state - 'evidence') || jsonb_build_object('evidence', (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'evidence_id', piece -> 'evidence_id', 'verdict', piece -> 'verdict')), '[]')
    FROM jsonb_array_elements(
        CASE jsonb_typeof(state -> 'evidence') WHEN 'array' THEN state -> 'evidence' ELSE '[]' END) piece))
    FROM (SELECT %(expressions)s AS state) given WHERE jsonb_typeof(state) = 'object')"""
"""The template of a Func: a state with only the ids and verdicts of its evidence."""
