"""SQL for staff: the choices of filters, counting the outcomes of suggestions, and summing the counts."""

from collections.abc import Iterable

from traits.confidence import DECILES
from traits.models import RejectionCode
from traits.models.log import SETTLING
from traits.models.quality import UNKNOWN_BAND

WEEK_OF = "date_trunc('week', {} AT TIME ZONE 'UTC')::date"
# Every week that contains a decision about a suggestion with a recent entry, including entries that undo another.
CHANGED = f"""
WITH met AS (
    SELECT coalesce(undone.original_candidate_id, l.original_candidate_id) AS candidate_id
    FROM traits_userrefinedtrait AS l
        LEFT JOIN traits_userrefinedtrait AS undone ON undone.refinement_action_id = l.undoes
    WHERE l.created_at >= %(since)s)
SELECT DISTINCT {WEEK_OF.format("l.created_at")}
FROM (SELECT DISTINCT candidate_id FROM met WHERE candidate_id IS NOT NULL) AS m
    JOIN traits_userrefinedtrait AS l ON l.original_candidate_id = m.candidate_id
WHERE l.user_decision = ANY(%(deciding)s)"""  # noqa: S608 (names of ours)
# The columns of Quality after the first four, in order.
COUNTS = f"""
    {", ".join(f"count(*) FILTER (WHERE decision = '{each}')" for each in SETTLING)},
    {", ".join(f"count(*) FILTER (WHERE code = '{each}')" for each in RejectionCode.values)},
    coalesce(sum(said), 0),
    count(*) FILTER (WHERE took < interval '1 hour'),
    count(*) FILTER (WHERE took >= interval '1 hour' AND took < interval '1 day'),
    count(*) FILTER (WHERE took >= interval '1 day' AND took < interval '7 days'),
    count(*) FILTER (WHERE took >= interval '7 days' AND took < interval '28 days'),
    count(*) FILTER (WHERE took >= interval '28 days')"""
STANDS = """l.user_decision = ANY(%(turning)s)
        AND NOT EXISTS (SELECT FROM traits_userrefinedtrait AS u WHERE u.undoes = l.refinement_action_id)"""
# The current outcome of every suggestion: reads and sorts the log once.
ALL = f"""
standing AS (
    SELECT DISTINCT ON (l.original_candidate_id)
        l.original_candidate_id AS candidate_id, l.user_decision, l.rejection_code, l.created_at
    FROM traits_userrefinedtrait AS l WHERE l.original_candidate_id IS NOT NULL AND {STANDS}
    ORDER BY l.original_candidate_id, l.revision DESC),
stated AS (
    SELECT s.*, c.candidate_id AS known, c.trait_category, c.confidence_score, c.originating_models,
        s.created_at - c.created_at AS took
    FROM standing AS s LEFT JOIN traits_extractedtraitcandidate AS c USING (candidate_id))"""  # noqa: S608 (names of ours)
# The current outcome of the suggestions with entries in these weeks: looked up one by one, since the log is far larger.
SOME = f"""
met AS MATERIALIZED (
    SELECT DISTINCT l.original_candidate_id AS candidate_id
    FROM unnest(%(weeks)s::date[]) AS w (week) JOIN traits_userrefinedtrait AS l
        ON l.created_at >= w.week::timestamp AT TIME ZONE 'UTC'
        AND l.created_at < (w.week + 7)::timestamp AT TIME ZONE 'UTC'
    WHERE l.original_candidate_id IS NOT NULL),
stated AS (
    SELECT s.*, c.candidate_id AS known, c.trait_category, c.confidence_score, c.originating_models,
        s.created_at - c.created_at AS took
    FROM met CROSS JOIN LATERAL (
        SELECT l.original_candidate_id AS candidate_id, l.user_decision, l.rejection_code, l.created_at
        FROM traits_userrefinedtrait AS l WHERE l.original_candidate_id = met.candidate_id AND {STANDS}
        ORDER BY l.revision DESC LIMIT 1) AS s
    LEFT JOIN LATERAL (
        SELECT * FROM traits_extractedtraitcandidate AS c WHERE c.candidate_id = met.candidate_id LIMIT 1) AS c ON true)
"""  # noqa: S608 (names of ours)
COUNT = f"""
WITH {{stated}},
decided AS (
    SELECT {WEEK_OF.format("created_at")} AS week, user_decision AS decision, rejection_code AS code,
        coalesce(trait_category, '') AS category, confidence_score AS said, took, originating_models,
        CASE WHEN known IS NULL THEN {UNKNOWN_BAND}
            ELSE least(floor(confidence_score::numeric * {DECILES}), {DECILES - 1}) END::int AS band
    FROM stated WHERE user_decision <> 'reopened')
INSERT INTO traits_quality (
    week, model, category, band, confirmed, changed, merged, rejected, removed,
    {", ".join(RejectionCode.values)}, said, within_hour, within_day, within_week, within_month, over_month)
SELECT week, model, category, band, {COUNTS}
FROM decided, LATERAL (SELECT '' AS model UNION SELECT unnest(originating_models)) AS named
WHERE %(weeks)s::date[] IS NULL OR week = ANY(%(weeks)s)
GROUP BY week, model, category, band"""  # noqa: S608 (names of ours)
WAITING = """
INSERT INTO traits_qualitywaiting (model, category, waiting, put_off, held, oldest_at)
SELECT model, trait_category, count(*) FILTER (WHERE due AND NOT held), count(*) FILTER (WHERE NOT due AND NOT held),
    count(*) FILTER (WHERE held), min(created_at) FILTER (WHERE due AND NOT held)
FROM (
    SELECT trait_category, originating_models, created_at, held_reason <> '' AS held,
        status = 'candidate' OR coalesce(deferred_until <= now(), false) AS due
    FROM traits_extractedtraitcandidate WHERE status IN ('candidate', 'awaiting_refinement')) AS undecided,
    LATERAL (SELECT '' AS model UNION SELECT unnest(originating_models)) AS named
GROUP BY model, trait_category"""


def totals(sums: str) -> str:
    """Return the statement for the sums of everything and by week, category and band, in one pass over the rows."""
    return f"""
        SELECT grouping(week, category, band), week, category, band, {sums} FROM traits_quality
        WHERE model = %(model)s AND (%(since)s::date IS NULL OR week >= %(since)s)
            AND (%(category)s = '' OR category = %(category)s)
        GROUP BY GROUPING SETS ((), (week), (category), (band))"""  # noqa: S608 (names of ours)


def of_models(sums: str, outcomes: Iterable[str], most: int) -> str:
    """Return the statement for the sums by model, those with the most decisions first, and the number of models."""
    return f"""
        SELECT model, {sums}, count(*) OVER () FROM traits_quality
        WHERE model <> '' AND (%(model)s = '' OR model = %(model)s) AND (%(since)s::date IS NULL OR week >= %(since)s)
            AND (%(category)s = '' OR category = %(category)s)
        GROUP BY model
        ORDER BY sum({" + ".join(outcomes)}) DESC, model LIMIT {most}"""  # noqa: S608 (names of ours)


NAMES = """
    SELECT DISTINCT 'model', unnest(originating_models) FROM (
        SELECT originating_models FROM traits_extractedtraitcandidate
        ORDER BY created_at DESC, candidate_id LIMIT %(rows)s
    ) AS newest
    UNION ALL SELECT DISTINCT 'language', language::text FROM (
        SELECT language FROM traits_extractedtraitcandidate WHERE language <> ''
        ORDER BY created_at DESC, candidate_id LIMIT %(rows)s
    ) AS newest
"""
