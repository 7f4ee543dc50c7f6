"""The SQL of grants, of receipts of reads, and of notices to those who read."""

SPELLINGS = """
    SELECT DISTINCT jsonb_array_elements_text(expression_contexts) FROM traits_personatrait WHERE user_id = %s
"""
REVISION = "SELECT revision FROM traits_grant WHERE id = %s"
COLUMNS = ("id", "revision", "categories", "contexts", "evidence", "styles", "write", "suggest")
JOIN = "LEFT JOIN traits_grant g ON g.user_id = t.user_id AND g.client_id = t.client_id"
"""A grant is read together with the token of a request, which saves a statement."""
INSERT = """
    INSERT INTO traits_readreceipt
        (user_id, client_id, operation, categories, trait_ids, evidence, number, created_at)
    SELECT user_id, client_id, operation, categories, trait_ids, evidence, number, created_at
    FROM json_to_recordset(%s::json) AS read(user_id uuid, client_id text, operation text, categories text[],
        trait_ids uuid[], evidence boolean, number integer, created_at timestamptz)
    WHERE EXISTS (SELECT FROM accounts_user u WHERE u.id = read.user_id)
    RETURNING 1
"""
"""What an account that was deleted meanwhile would have read is not kept."""
PAGE_WITH_RECEIPT = """
    WITH page AS MATERIALIZED ({page}),
    shown AS (SELECT * FROM page ORDER BY {order} LIMIT %s),
    receipt AS (
        INSERT INTO traits_readreceipt
            (user_id, client_id, operation, categories, trait_ids, evidence, number, created_at)
        SELECT %s, %s, %s, coalesce(array_agg(DISTINCT category ORDER BY category), '{{}}'),
            coalesce(array_agg(id ORDER BY {order}), '{{}}'),
            coalesce(bool_or(position('"evidenceID"' IN item) > 0), false), count(*), %s
        FROM shown HAVING EXISTS (SELECT FROM accounts_user u WHERE u.id = %s))
    SELECT item, category, total, place, id FROM page ORDER BY {order}
"""
"""A page of a list that stores the receipt of its own reading: a statement of its own would cost a quarter of the rate.

page selects item (as JSON text), category, total, place and id; order sorts it by these.
"""
PRUNE = """
    DELETE FROM traits_readreceipt WHERE id IN (
        SELECT id FROM traits_readreceipt WHERE created_at < %s ORDER BY created_at LIMIT 5000 FOR UPDATE SKIP LOCKED)
"""

REMEMBER = """
    WITH read AS (
        SELECT DISTINCT user_id, client_id, unnest(trait_ids) AS trait_id
        FROM json_to_recordset(%(reads)s::json) AS read(user_id uuid, client_id text, trait_ids uuid[])
    ), known AS (
        SELECT r.*, EXISTS (SELECT FROM traits_personatrait t WHERE t.trait_id = r.trait_id AND t.user_id = r.user_id)
            OR EXISTS (
                SELECT FROM traits_extractedtraitcandidate t
                WHERE t.candidate_id = r.trait_id AND t.user_id = r.user_id)
            OR coalesce((
                SELECT l.user_decision FROM traits_userrefinedtrait l
                WHERE l.user_id = r.user_id AND l.trait_id_in_pkg = r.trait_id ORDER BY l.revision DESC LIMIT 1
            ), 'evidence_erased') <> 'evidence_erased' AS is_there
        FROM read r JOIN allauth_idp_oidc_client c ON c.id = r.client_id AND c.type = 'confidential'
        WHERE NOT EXISTS (
            SELECT FROM traits_traitrecipient k
            WHERE k.subject_id = r.user_id AND k.trait_id = r.trait_id AND k.client_id = r.client_id)
    ), kept AS (
        INSERT INTO traits_traitrecipient (client_id, subject_id, trait_id)
        SELECT client_id, user_id, trait_id FROM known WHERE is_there ORDER BY user_id, trait_id, client_id
        ON CONFLICT DO NOTHING RETURNING subject_id
    ), placed AS (
        INSERT INTO traits_noticeposition (subject_id, revision)
        SELECT person.subject_id, coalesce((
            SELECT l.revision FROM traits_userrefinedtrait l
            WHERE l.user_id = person.subject_id AND l.created_at < now() - make_interval(secs => %(delay)s)
            ORDER BY l.revision DESC LIMIT 1), 0)
        FROM (SELECT DISTINCT subject_id FROM kept ORDER BY 1) AS person ON CONFLICT DO NOTHING
    )
    INSERT INTO traits_notice
        (notice_id, client_id, subject_id, trait_id, event, created_at, attempts, next_attempt_at, status)
    SELECT md5(concat_ws(' ', client_id, 'trait.erased', trait_id))::uuid, client_id, user_id, trait_id, 'trait.erased',
        now(), 0, now(), 0
    FROM known WHERE NOT is_there ORDER BY user_id, trait_id, client_id ON CONFLICT DO NOTHING
"""
"""Notes which confidential clients read what, after the receipts of these reads.

Whoever read what was erased meanwhile is told so at once. The caller holds a lock that erasures wait for.
"""
EVENT = """
    CASE
        WHEN l.user_decision = 'evidence_erased' OR l.trait_id_in_pkg IS NULL THEN NULL
        WHEN l.content->'before'->>'trait' IS NULL
            THEN CASE WHEN l.undoes IS NOT NULL AND l.content->'after'->>'trait' IS NOT NULL THEN 'trait.corrected' END
        WHEN l.content->'after'->>'trait' IS NULL THEN 'trait.removed'
        WHEN l.content->'before'->'trait' <> l.content->'after'->'trait' THEN 'trait.corrected'
    END
"""
"""What a log entry means for those who read its trait; erasures tell them by themselves."""
COLLECT = f"""
    WITH place AS (
        SELECT n.subject_id, n.revision FROM traits_noticeposition n
        JOIN traits_userrefinedtrait l ON l.user_id = n.subject_id AND l.revision = n.revision + 1
            AND l.created_at <= now() - make_interval(secs => %(delay)s)
        ORDER BY n.subject_id LIMIT 100 FOR UPDATE OF n SKIP LOCKED
    ), entry AS (
        SELECT l.user_id, l.revision, l.refinement_action_id, l.trait_id_in_pkg AS trait_id, {EVENT} AS event
        FROM place JOIN traits_userrefinedtrait l ON l.user_id = place.subject_id
            AND l.revision BETWEEN place.revision + 1 AND place.revision + 200
            AND l.created_at <= now() - make_interval(secs => %(delay)s)
    ), made AS (
        INSERT INTO traits_notice
            (notice_id, client_id, subject_id, trait_id, event, created_at, attempts, next_attempt_at, status)
        SELECT md5(concat_ws(' ', r.client_id, e.event, e.trait_id, e.refinement_action_id))::uuid, r.client_id,
            e.user_id, e.trait_id, e.event, now(), 0, now(), 0
        FROM entry e JOIN traits_traitrecipient r ON r.subject_id = e.user_id AND r.trait_id = e.trait_id
        WHERE e.event IS NOT NULL ORDER BY e.user_id, e.revision, r.client_id ON CONFLICT DO NOTHING
    ), moved AS (
        UPDATE traits_noticeposition n SET revision = newest.revision
        FROM (SELECT user_id, max(revision) AS revision FROM entry GROUP BY user_id) AS newest
        WHERE n.subject_id = newest.user_id RETURNING 1
    )
    SELECT count(*) FROM moved
"""  # noqa: S608 (EVENT is ours)
"""Makes notices of what the log says since each person's position, for at most a hundred people."""
HOLD = "SELECT FROM traits_noticeposition WHERE subject_id = %s FOR UPDATE"
"""Waits for whoever makes notices for the person, and keeps others from it."""
STILL_THERE = """
    (EXISTS (SELECT FROM traits_personatrait t WHERE t.trait_id = r.trait_id)
    OR EXISTS (SELECT FROM traits_extractedtraitcandidate c WHERE c.candidate_id = r.trait_id))
"""
ERASED = f"""
    WITH gone AS (
        DELETE FROM traits_traitrecipient r
        WHERE r.subject_id = %(person)s AND (%(whole)s OR r.trait_id = ANY(%(ids)s::uuid[]) AND NOT {STILL_THERE})
        RETURNING r.client_id, r.trait_id
    ), dropped AS (
        DELETE FROM traits_notice WHERE id IN (
            SELECT n.id FROM traits_notice n JOIN gone g ON n.client_id = g.client_id AND n.trait_id = g.trait_id
            WHERE n.subject_id = %(person)s AND (n.claimed_until IS NULL OR n.claimed_until < now())
            FOR UPDATE OF n SKIP LOCKED)
    ), message AS (
        SELECT client_id, trait_id, 'trait.erased' AS event, %(erasure)s::text AS cause FROM gone
        UNION ALL
        SELECT r.client_id, r.trait_id, 'trait.corrected', %(erasure)s::text FROM traits_traitrecipient r
        WHERE NOT %(whole)s AND r.subject_id = %(person)s AND r.trait_id = ANY(%(ids)s::uuid[]) AND {STILL_THERE}
    ), made AS (
        INSERT INTO traits_notice (notice_id, client_id, subject_id, trait_id, event, erasure_id, created_at, attempts,
            next_attempt_at, status)
        SELECT md5(concat_ws(' ', client_id, event, trait_id, nullif(cause, '')))::uuid, client_id, %(person)s,
            trait_id, event, %(erasure)s, now(), 0, now(), 0
        FROM message ORDER BY trait_id, client_id ON CONFLICT DO NOTHING RETURNING client_id
    )
    INSERT INTO traits_erasurerecipient AS known
        (erasure_id, client_id, notifiable, traits, acknowledged, given_up)
    SELECT %(erasure)s, client_id, true, count(*), 0, 0 FROM made GROUP BY client_id
    ON CONFLICT (erasure_id, client_id) DO UPDATE SET traits = known.traits + excluded.traits
"""  # noqa: S608 (STILL_THERE is ours)
"""Makes notices of an erasure for those who read what it deleted (trait.erased) or thinned out (trait.corrected)."""
CANNOT_BE_TOLD = """
    INSERT INTO traits_erasurerecipient (erasure_id, client_id, notifiable, traits, acknowledged, given_up)
    SELECT DISTINCT %(erasure)s::uuid, r.client_id, false, 0, 0, 0 FROM traits_readreceipt r
    WHERE r.user_id = %(person)s AND (%(whole)s AND r.trait_ids <> '{}' OR r.trait_ids && %(ids)s::uuid[])
        AND NOT EXISTS (SELECT FROM allauth_idp_oidc_client c WHERE c.id = r.client_id AND c.type = 'confidential')
    ON CONFLICT DO NOTHING
"""
"""Notes the other clients whose receipts say that they read any of it."""
FORGET_NOTICES = """
    DELETE FROM traits_notice WHERE id IN (
        SELECT id FROM traits_notice
        WHERE subject_id = %s AND (claimed_until IS NULL OR claimed_until < now())
            AND (trait_id IS NOT NULL AND event <> 'trait.erased' OR acknowledged_at IS NOT NULL
                OR given_up_at IS NOT NULL)
        FOR UPDATE SKIP LOCKED)
"""
"""Deletes what an erasure of the whole persona overtakes, and what is settled."""
GRANT_CHANGED = """
    INSERT INTO traits_notice (notice_id, client_id, subject_id, event, created_at, attempts, next_attempt_at, status)
    SELECT gen_random_uuid(), c.id, %(person)s, %(event)s, now(), 0, now(), 0 FROM allauth_idp_oidc_client c
    WHERE c.id = ANY(%(clients)s::text[]) AND c.type = 'confidential' ORDER BY c.id
"""
WAITS = "n.acknowledged_at IS NULL AND n.given_up_at IS NULL"
FIRST = """
    NOT EXISTS (
        SELECT FROM traits_notice o WHERE o.subject_id = n.subject_id AND o.client_id = n.client_id AND o.id < n.id
            AND o.trait_id = n.trait_id AND o.acknowledged_at IS NULL AND o.given_up_at IS NULL)
    AND (n.trait_id IS NOT NULL OR NOT EXISTS (
        SELECT FROM traits_notice o WHERE o.subject_id = n.subject_id AND o.client_id = n.client_id AND o.id < n.id
            AND o.trait_id IS NULL AND o.acknowledged_at IS NULL AND o.given_up_at IS NULL))
"""
"""That no earlier message about the same trait, or about the same grant, is still to be sent."""
CLAIM = f"""
    WITH due AS (
        SELECT n.id FROM clients_webhook h JOIN traits_notice n ON n.client_id = h.client_id
        WHERE {WAITS} AND n.next_attempt_at <= now() AND (n.claimed_until IS NULL OR n.claimed_until <= now())
            AND n.created_at > now() - make_interval(hours => %(hours)s)
            AND (h.paused_until IS NULL OR h.paused_until <= now())
            AND {FIRST}
            AND %(most)s > (
                SELECT count(*) FROM traits_notice o WHERE o.client_id = n.client_id AND o.claimed_until > now()
                    AND o.acknowledged_at IS NULL AND o.given_up_at IS NULL)
        ORDER BY n.next_attempt_at, n.id LIMIT 1 FOR UPDATE OF n SKIP LOCKED
    )
    UPDATE traits_notice n
    SET claimed_until = clock_timestamp() + make_interval(secs => %(lease)s), attempts = n.attempts + 1
    FROM due WHERE n.id = due.id
    RETURNING n.id, n.notice_id, n.client_id, n.subject_id, n.trait_id, n.event, n.created_at, n.attempts
"""  # noqa: S608 (conditions of ours)
"""Takes the next message to send: none before an earlier one about the same trait is settled."""
OBSOLETE = """
    n.trait_id IS NOT NULL AND n.event <> 'trait.erased' AND NOT EXISTS (
        SELECT FROM traits_traitrecipient r
        WHERE r.subject_id = n.subject_id AND r.trait_id = n.trait_id AND r.client_id = n.client_id)
"""
"""That the trait was erased while the message was on its way."""
SETTLE = f"""
    WITH done AS (
        SELECT n.id, n.erasure_id, n.client_id, n.event = 'trait.erased' OR {OBSOLETE}
            OR NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = n.subject_id) AS goes
        FROM traits_notice n
        WHERE n.id = ANY(%(ids)s::bigint[]) AND {WAITS} ORDER BY n.id FOR UPDATE
    ), gone AS (
        DELETE FROM traits_notice n USING done WHERE n.id = done.id AND done.goes
    ), kept AS (
        UPDATE traits_notice n SET claimed_until = NULL, status = coalesce(%(status)s, n.status),
            acknowledged_at = CASE WHEN %(acknowledged)s THEN now() END,
            given_up_at = CASE WHEN NOT %(acknowledged)s THEN now() END
        FROM done WHERE n.id = done.id AND NOT done.goes
    )
    UPDATE traits_erasurerecipient e
    SET acknowledged = e.acknowledged + CASE WHEN %(acknowledged)s THEN found.number ELSE 0 END,
        given_up = e.given_up + CASE WHEN %(acknowledged)s THEN 0 ELSE found.number END,
        acknowledged_at = CASE WHEN %(acknowledged)s THEN now() ELSE e.acknowledged_at END
    FROM (SELECT erasure_id, client_id, count(*) AS number FROM done GROUP BY 1, 2) AS found
    WHERE e.erasure_id = found.erasure_id AND e.client_id = found.client_id
"""  # noqa: S608 (conditions of ours)
"""Ends messages: acknowledged, or given up. What names an erased trait or account is not kept."""
TRY_AGAIN = f"""
    WITH late AS (DELETE FROM traits_notice n WHERE n.id = %(id)s AND {OBSOLETE})
    UPDATE traits_notice n SET claimed_until = NULL, status = %(status)s,
        next_attempt_at = now() + make_interval(secs => %(wait)s)
    WHERE n.id = %(id)s AND {WAITS} AND NOT ({OBSOLETE})
"""  # noqa: S608 (conditions of ours)
TOO_OLD = f"""
    SELECT n.id FROM traits_notice n
    WHERE {WAITS} AND n.created_at <= now() - make_interval(hours => %(hours)s)
        AND (n.claimed_until IS NULL OR n.claimed_until <= now())
    ORDER BY n.id LIMIT 1000
"""  # noqa: S608 (conditions of ours)
PAUSE = """
    UPDATE clients_webhook SET failures = failures + 1,
        paused_until = now() + make_interval(secs => least(power(2, least(failures, 20)), %(most)s))
    WHERE client_id = %(client)s
"""
ANSWERS_AGAIN = f"""
    WITH back AS (
        UPDATE clients_webhook h SET failures = 0, paused_until = NULL
        FROM (SELECT client_id, failures FROM clients_webhook WHERE client_id = %(client)s AND failures > 0) AS was
        WHERE h.client_id = was.client_id RETURNING was.client_id, was.failures
    )
    UPDATE traits_notice n SET next_attempt_at = now() FROM back
    WHERE n.client_id = back.client_id AND back.failures >= 3 AND {WAITS} AND n.next_attempt_at > now()
"""  # noqa: S608 (conditions of ours)
"""What waits for a receiver that was away is sent as soon as it answers."""
PRUNE_NOTICES = """
    DELETE FROM traits_notice WHERE id IN (
        SELECT id FROM traits_notice WHERE created_at < %s AND (acknowledged_at IS NOT NULL OR given_up_at IS NOT NULL)
        ORDER BY created_at LIMIT 5000 FOR UPDATE SKIP LOCKED)
"""
FIGURES = f"""
    SELECT count(*), coalesce(extract(epoch FROM now() - min(n.created_at)), 0)::float8, greatest(0, (
            SELECT extract(epoch FROM now() - min(greatest(n.next_attempt_at, n.claimed_until, h.paused_until)))
            FROM traits_notice n JOIN clients_webhook h ON h.client_id = n.client_id WHERE {WAITS} AND {FIRST}
        ), (
            SELECT extract(epoch FROM now() - min(l.created_at)) - %(delay)s FROM traits_noticeposition p
            JOIN traits_userrefinedtrait l ON l.user_id = p.subject_id AND l.revision = p.revision + 1
        ))::float8
    FROM traits_notice n JOIN clients_webhook h ON h.client_id = n.client_id
    WHERE {WAITS}
"""  # noqa: S608 (conditions of ours)
"""How many messages wait for a receiver, the age of the oldest, and for how long the sender is overdue."""
