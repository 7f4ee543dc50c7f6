"""The API's SQL: looking up a token, which every request with one does, and claiming an Idempotency-Key."""

SWEPT = """
    DELETE FROM api_idempotencykey
    WHERE created_at < now() - interval '24 hours' AND (owner = %s AND key = %s OR id IN (
        SELECT id FROM api_idempotencykey WHERE created_at < now() - interval '24 hours'
        ORDER BY created_at LIMIT 100 FOR UPDATE SKIP LOCKED))
"""
CLAIM = """
    INSERT INTO api_idempotencykey (owner, key, fingerprint, status, body, created_at)
    VALUES (%s, %s, %s, 0, '', now()) ON CONFLICT DO NOTHING RETURNING id
"""

USER_COLUMNS = ["id", "email", "display_name", "is_active", "is_staff", "language", "time_zone"]
TOKEN = f"""
    SELECT t.client_id, t.scopes, {", ".join(f"u.{column}" for column in USER_COLUMNS)}
    FROM allauth_idp_oidc_token t LEFT JOIN accounts_user u ON u.id = t.user_id
    WHERE t.type = 'at' AND t.hash = %s AND (t.expires_at IS NULL OR t.expires_at > now())
      AND (t.user_id IS NULL OR u.is_active)
"""  # noqa: S608 (columns of ours)
