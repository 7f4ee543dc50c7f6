"""The overview's SQL: traits added and removed over time, and how often each model was right."""

# Days are those of the person's time zone. PostgreSQL may not know its name, so it gets the zone's differences from UTC
# (differences) and the moment from which each of them holds (since).
GROWTH = """
SELECT date_trunc(%(step)s, created_at AT TIME ZONE 'UTC' + (%(differences)s::interval[])[
           greatest(1, width_bucket(created_at, %(since)s::timestamptz[]))])::date,
       sum(CASE WHEN decision = %(removed)s THEN -sign ELSE sign END)
FROM (
    SELECT created_at, user_decision AS decision, 1 AS sign FROM traits_userrefinedtrait
    WHERE user_id = %(user)s AND user_decision = ANY(%(meant)s)
    UNION ALL
    SELECT undoing.created_at, undone.user_decision, -1
    FROM traits_userrefinedtrait undoing
        JOIN traits_userrefinedtrait undone ON undone.refinement_action_id = undoing.undoes
    WHERE undoing.user_id = %(user)s AND undoing.user_decision = 'undone' AND undone.user_decision = ANY(%(meant)s)
) made
GROUP BY 1 ORDER BY 1
"""
# A suggestion's status reflects its newest decision that was not undone.
RIGHT = """
SELECT model, least(floor(confidence_score::numeric * %(bands)s), %(bands)s - 1)::int AS band,
       count(*) FILTER (WHERE status = ANY(%(agreed)s)), count(*), sum(confidence_score)
FROM traits_extractedtraitcandidate, LATERAL (SELECT DISTINCT unnest(originating_models) AS model) named
WHERE user_id = %(user)s AND status = ANY(%(decided)s)
GROUP BY 1, 2 ORDER BY 1, 2 DESC
"""
