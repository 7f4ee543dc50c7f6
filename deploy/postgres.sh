#!/bin/sh
# Run once by PostgreSQL's image, for an empty data folder: the application's role is no superuser.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set password="$(cat /run/secrets/postgres_password)" <<'SQL'
CREATE ROLE ptfi LOGIN PASSWORD :'password';
CREATE DATABASE ptfi OWNER ptfi;
SQL
