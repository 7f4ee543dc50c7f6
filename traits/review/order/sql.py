"""The statement that ranks the best supported of a person's waiting suggestions."""

# shortlist is a statement of the ORM, which finds the suggestions with the list's filters.
# n: pieces of evidence; more pieces of one source count less than pieces of several (the geometric mean of both).
# share: the confidence, drawn towards one half if there is little evidence. likely: its log-odds, and the effects of
# the suggestion's category and models. rank: less a penalty for the place in the category.
RANKED = """
WITH shortlist AS ({shortlist}),
supported AS (
    SELECT shortlist.*, sources, sqrt(evidence_count * greatest(sources, 1)) AS n FROM shortlist,
        LATERAL (SELECT count(DISTINCT piece ->> 'source_package_id') AS sources
                 FROM jsonb_array_elements(supporting_evidence) piece) counted),
weighed AS (
    SELECT supported.*, ln((confidence_score * n + 0.5) / ((1 - confidence_score) * n + 0.5))
        + coalesce((%(category)s::jsonb ->> trait_category)::float8, 0)
        + coalesce((%(pieces)s::jsonb ->> least(evidence_count, %(most_pieces)s)::text)::float8, 0)
        + %(of_models)s * coalesce((SELECT avg(coalesce((%(model)s::jsonb ->> model)::float8, 0))
                                    FROM unnest(originating_models) AS model), 0) AS likely
    FROM supported),
ranked AS (
    SELECT candidate_id, created_at, sources, support, likely - %(spread)s * ln(
        coalesce((%(since)s::jsonb ->> trait_category)::float8, 0)
        + row_number() OVER (PARTITION BY trait_category ORDER BY likely DESC, created_at DESC, candidate_id)) AS rank,
        min(support) OVER () AS least, count(*) OVER () AS listed
    FROM weighed),
listed AS (
    SELECT ranked.*, {is_behind} AS is_behind FROM ranked
    WHERE {after} AND candidate_id IS DISTINCT FROM %(passed)s::uuid
    ORDER BY rank DESC, created_at DESC, candidate_id LIMIT %(limit)s)
SELECT {columns}, listed.sources, listed.support, listed.rank, listed.least, listed.listed, listed.is_behind
FROM listed JOIN traits_extractedtraitcandidate candidate USING (candidate_id)
ORDER BY listed.rank DESC, listed.created_at DESC, candidate_id
"""
AFTER_KEY = """(-ranked.rank, -extract(epoch FROM ranked.created_at), candidate_id)
    > (-%(rank)s::float8, -extract(epoch FROM %(time)s::timestamptz), %(id)s::uuid)"""
AFTER_PASSED = """(-ranked.rank, -extract(epoch FROM ranked.created_at), candidate_id) > (
    SELECT -one.rank, -extract(epoch FROM one.created_at), one.candidate_id FROM ranked one
    WHERE one.candidate_id = %(passed)s::uuid)"""
"""Conditions for what comes after a place in that order."""
