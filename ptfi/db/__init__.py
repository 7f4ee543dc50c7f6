"""The database: our backend, prepared statements, grants, snapshots."""
