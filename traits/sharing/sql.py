"""The SQL of grants and of receipts of reads."""

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
