"""Counting what became of the suggestions: by week, and only the weeks in which something may have changed."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from traits.confidence import DECILES
from traits.models import Decision, Erasure, QualityRefresh, RejectionCode
from traits.models.quality import UNKNOWN_BAND

LOCK = 0x7175616C
"""The advisory lock of the one who counts."""
MARGIN = dt.timedelta(hours=1)
"""What was decided so long before the last count is looked at again: its transaction may have ended after it."""
WORK_MEMORY = "64MB"
DECIDING = (Decision.CONFIRMED_ASIS, Decision.CONFIRMED_MODIFIED, Decision.MERGED, Decision.REJECTED, Decision.REMOVED)
TURNING = (*DECIDING, Decision.REOPENED)
"""The decisions that say where a suggestion stands; who reopens it takes the one before back."""
WEEK_OF = "date_trunc('week', {} AT TIME ZONE 'UTC')::date"
# Every week with a decision on a suggestion on which something was decided lately, also where that undid another.
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
# The columns of Quality after the first four, in their order.
COUNTS = f"""
    {", ".join(f"count(*) FILTER (WHERE decision = '{each}')" for each in DECIDING)},
    {", ".join(f"count(*) FILTER (WHERE code = '{each}')" for each in RejectionCode.values)},
    coalesce(sum(said), 0),
    count(*) FILTER (WHERE took < interval '1 hour'),
    count(*) FILTER (WHERE took >= interval '1 hour' AND took < interval '1 day'),
    count(*) FILTER (WHERE took >= interval '1 day' AND took < interval '7 days'),
    count(*) FILTER (WHERE took >= interval '7 days' AND took < interval '28 days'),
    count(*) FILTER (WHERE took >= interval '28 days')"""
STANDS = """l.user_decision = ANY(%(turning)s)
        AND NOT EXISTS (SELECT FROM traits_userrefinedtrait AS u WHERE u.undoes = l.refinement_action_id)"""
# Where every suggestion stands: the log is read once, and sorted.
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
# Where those stand that were met in these weeks: each is looked up, since the log is a hundred times as long.
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


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """What a count did; weeks is None where all of them were counted."""

    weeks: int | None
    seconds: float


def refresh(*, whole: bool = False) -> Refreshed | None:
    """Count the weeks in which something may have changed since the last time; None when somebody else is counting.

    All of them where nothing was counted yet, where something was erased since, and with whole. It reads what stood
    when it began and locks nothing but its own tables, so that decisions go on.
    """
    began = time.monotonic()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s), clock_timestamp()", [LOCK])
        mine, now = cursor.fetchone()
        if not mine:
            return None
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        weeks = None if whole else _changed()
        _count(weeks)
        cursor.execute("DELETE FROM traits_qualitywaiting")
        cursor.execute(WAITING)
        seconds, number = time.monotonic() - began, _weeks() if weeks is None else len(weeks)
        QualityRefresh.objects.update_or_create(
            pk=1, defaults={"refreshed_at": now, "seconds": seconds, "weeks": number}
        )
    return Refreshed(weeks=None if weeks is None else len(weeks), seconds=seconds)


def _changed() -> list[dt.date] | None:
    last = QualityRefresh.objects.first()
    if last is None:
        return None
    since = last.refreshed_at - MARGIN
    # Nothing says in which weeks it had been decided on what is gone.
    if Erasure.objects.filter(erased_at__gte=since).exists():
        return None
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"since": since, "deciding": list(DECIDING)})
        return sorted(week for (week,) in cursor.fetchall())


def _count(weeks: list[dt.date] | None) -> None:
    values: dict[str, Any] = {"turning": list(TURNING), "weeks": weeks}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM traits_quality WHERE %(weeks)s::date[] IS NULL OR week = ANY(%(weeks)s)", values)
        if weeks != []:
            cursor.execute(COUNT.format(stated=ALL if weeks is None else SOME), values)


def _weeks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT week) FROM traits_quality")
        number: int = cursor.fetchone()[0]
    return number
