"""The projection's SQL: claiming work with a lease, reading the log in windows, recording how far the graph is.

Claims skip what another process has locked, and windows are read for many people together, which the ORM cannot
express.
"""

# A time further in the future than is ever set comes from before the clock was set back, and delays nobody.
CLAIM_PEOPLE = """
WITH next AS (
    SELECT user_id FROM traits_persona
    WHERE projected_revision < revision AND held_at IS NULL AND went_back_at IS NULL
      AND (claimed_until BETWEEN clock_timestamp() AND clock_timestamp() + make_interval(secs => 2 * %(lease)s))
          IS NOT TRUE
      AND (next_attempt_at BETWEEN clock_timestamp() AND clock_timestamp() + make_interval(secs => %(most)s))
          IS NOT TRUE
      AND (%(only)s::uuid IS NULL OR user_id = %(only)s)
      AND NOT EXISTS (
        SELECT FROM traits_erasure
        WHERE subject_id = traits_persona.user_id AND state = 'erased' AND kind IN ('persona', 'account'))
    ORDER BY last_entry_at LIMIT %(people)s FOR NO KEY UPDATE SKIP LOCKED)
UPDATE traits_persona AS p SET claimed_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM next JOIN accounts_user AS u ON u.id = next.user_id WHERE p.user_id = next.user_id
RETURNING p.user_id, p.generation, p.projected_revision, p.revision, p.claimed_until, u.date_joined"""
WINDOW_ENDS = """
WITH w AS (
    SELECT * FROM unnest(%(users)s::uuid[], %(since)s::bigint[], %(upto)s::bigint[]) AS w (user_id, since, upto)),
entries AS (
    SELECT l.user_id, l.revision, w.since,
           sum(pg_column_size(l.content)) OVER (PARTITION BY l.user_id ORDER BY l.revision) AS size
    FROM w
    JOIN traits_userrefinedtrait AS l ON l.user_id = w.user_id AND l.revision > w.since AND l.revision <= w.upto),
ends AS (
    SELECT user_id, max(revision) AS upto FROM entries WHERE size <= %(size)s OR revision = since + 1 GROUP BY user_id)
SELECT w.user_id, coalesce(ends.upto, w.upto), coalesce(encode(s.hash, 'hex'), ''), coalesce(encode(e.hash, 'hex'), '')
FROM w LEFT JOIN ends ON ends.user_id = w.user_id
LEFT JOIN traits_userrefinedtrait AS s ON s.user_id = w.user_id AND s.revision = w.since
LEFT JOIN traits_userrefinedtrait AS e ON e.user_id = w.user_id AND e.revision = ends.upto"""
HASHES = """
SELECT w.user_id, coalesce(encode(l.hash, 'hex'), '') FROM unnest(%s::uuid[], %s::bigint[]) AS w (user_id, revision)
LEFT JOIN traits_userrefinedtrait AS l ON l.user_id = w.user_id AND l.revision = w.revision"""
# Every version of the snapshots has the candidate's status; states of traits and styles are lifted.
CHANGES = """
SELECT DISTINCT ON (l.user_id, l.trait_id_in_pkg, l.style_element)
       l.user_id, l.revision, l.trait_id_in_pkg, l.style_element, l.content->'after'->'trait',
       l.content->'after'->'style', l.content->'after'->'candidate'->>'status', coalesce((l.content->'v')::integer, 0)
FROM unnest(%(users)s::uuid[], %(since)s::bigint[], %(upto)s::bigint[]) AS w (user_id, since, upto)
JOIN traits_userrefinedtrait AS l ON l.user_id = w.user_id AND l.revision > w.since AND l.revision <= w.upto
WHERE l.trait_id_in_pkg IS NOT NULL OR l.style_element IS NOT NULL
ORDER BY l.user_id, l.trait_id_in_pkg, l.style_element, l.revision DESC"""
PEOPLE_DONE = """
WITH done AS (
    UPDATE traits_persona AS p SET projected_revision = greatest(p.projected_revision, d.upto),
        projected_at = clock_timestamp(), attempts = 0, next_attempt_at = NULL, last_error = '',
        claimed_until = CASE WHEN p.claimed_until = d.claim THEN NULL ELSE p.claimed_until END
    FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])
        AS d (user_id, generation, upto, hash, claim)
    LEFT JOIN traits_userrefinedtrait AS l ON l.user_id = d.user_id AND l.revision = d.upto
    WHERE p.user_id = d.user_id AND p.generation = d.generation AND p.revision >= d.upto
      AND coalesce(encode(l.hash, 'hex'), '') = d.hash RETURNING p.user_id)
SELECT pg_notify('ptfi_projected', string_agg(user_id::text, ',')) FROM done HAVING count(*) > 0"""
RELEASE_PEOPLE = """
UPDATE traits_persona AS p SET claimed_until = NULL FROM unnest(%s::uuid[], %s::timestamptz[]) AS d (user_id, claim)
WHERE p.user_id = d.user_id AND p.claimed_until = d.claim"""
PERSON_FAILED = """
UPDATE traits_persona SET attempts = attempts + 1, claimed_until = NULL, last_error = %(error)s,
    next_attempt_at = clock_timestamp() + make_interval(secs => least(%(most)s, 2 ^ least(attempts, 16)))
WHERE user_id = %(user)s AND generation = %(generation)s"""
REPLAY_PEOPLE = """
UPDATE traits_persona AS p SET generation = greatest(p.generation, d.floor, %s) + 1, projected_revision = 0,
    claimed_until = NULL, attempts = 0, next_attempt_at = NULL, last_error = ''
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS d (user_id, generation, floor)
WHERE p.user_id = d.user_id AND p.generation = d.generation"""
# A part is ready once the log is projected up to it; whole personas are at revision 0.
READY = """state = 'erased' AND NOT EXISTS (
    SELECT FROM traits_persona AS p WHERE p.user_id = e.subject_id AND p.projected_revision < e.revision)"""
CLAIM_ERASURE = f"""
WITH next AS (
    SELECT subject_id FROM traits_erasure AS e
    WHERE {READY}
      AND (next_attempt_at BETWEEN clock_timestamp() AND clock_timestamp() + make_interval(secs => %(most)s))
          IS NOT TRUE
      AND (%(only)s::uuid IS NULL OR subject_id = %(only)s)
    ORDER BY erased_at LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE traits_erasure AS e SET next_attempt_at = clock_timestamp() + make_interval(secs => %(lease)s)
FROM next WHERE e.subject_id = next.subject_id AND {READY} RETURNING e.subject_id"""  # noqa: S608 (READY is ours)
ERASURE_FAILED = """
UPDATE traits_erasure SET attempts = attempts + 1, last_error = %(error)s,
    next_attempt_at = clock_timestamp() + make_interval(secs => least(%(most)s, 2 ^ least(attempts, 16)))
WHERE subject_id = %(user)s AND state IN ('erasing', 'erased')"""
THINGS_HELD = """
SELECT t.trait_id::text FROM traits_personatrait AS t
WHERE t.user_id = %(user)s AND t.trait_id::text = ANY(%(things)s)
UNION SELECT piece->>'evidence_id' FROM traits_personatrait AS t, jsonb_array_elements(t.evidence) AS piece
WHERE t.user_id = %(user)s AND piece->>'evidence_id' = ANY(%(things)s)"""
CLAIM_VOCABULARY = """
UPDATE graph_vocabulary SET claimed_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE projected_revision < revision
  AND (claimed_until BETWEEN clock_timestamp() AND clock_timestamp() + make_interval(secs => 2 * %(lease)s)) IS NOT TRUE
RETURNING projected_revision, revision"""
