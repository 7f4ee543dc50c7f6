"""The API's SQL: looking up a token, which every request with one does."""

USER_COLUMNS = ["id", "email", "display_name", "is_active", "is_staff", "language", "time_zone"]
TOKEN = f"""
    SELECT t.client_id, t.scopes, {", ".join(f"u.{column}" for column in USER_COLUMNS)}
    FROM allauth_idp_oidc_token t LEFT JOIN accounts_user u ON u.id = t.user_id
    WHERE t.type = 'at' AND t.hash = %s AND (t.expires_at IS NULL OR t.expires_at > now())
      AND (t.user_id IS NULL OR u.is_active)
"""  # noqa: S608 (columns of ours)
