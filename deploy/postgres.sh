#!/bin/sh
# Run once by PostgreSQL's image, for an empty data folder: one role owns the tables, the application only uses them.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner="$(cat /run/secrets/postgres_password)" \
    --set application="$(cat /run/secrets/postgres_application_password)" <<'SQL'
CREATE ROLE ptfi LOGIN PASSWORD :'owner';
CREATE ROLE ptfi_application LOGIN PASSWORD :'application';
CREATE DATABASE ptfi OWNER ptfi;
SQL
