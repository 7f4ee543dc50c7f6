"""What the embedded PostgreSQL is asked before Django can connect to it."""

ROLES = "SELECT rolname FROM pg_roles"
DATABASE = "SELECT 1 FROM pg_database WHERE datname = 'ptfi'"
