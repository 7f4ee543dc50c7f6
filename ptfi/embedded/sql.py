"""What the embedded PostgreSQL is asked before Django can ask it anything."""

ROLES = "SELECT rolname FROM pg_roles"
DATABASE = "SELECT 1 FROM pg_database WHERE datname = 'ptfi'"
