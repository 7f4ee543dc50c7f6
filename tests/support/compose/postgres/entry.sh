#!/bin/bash
# As the official image starts: an empty data folder is filled, and the scripts of /docker-entrypoint-initdb.d are run.
set -euo pipefail
export POSTGRES_USER=${POSTGRES_USER:-postgres}

if [ "$(id -u)" = 0 ]; then
    install --directory --owner postgres --group postgres --mode 700 "$PGDATA"
    chown --recursive postgres:postgres /var/lib/postgresql /var/run/postgresql
    exec setpriv --reuid postgres --regid postgres --clear-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" --encoding UTF8 --locale C.UTF-8 \
        --auth-local trust --auth-host scram-sha-256 >/dev/null
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    printf "%s\n" "listen_addresses = '*'" "unix_socket_directories = '$PGHOST'" >> "$PGDATA/postgresql.conf"
    pg_ctl --wait --options "${*:2} -c listen_addresses=''" start >/dev/null
    for script in /docker-entrypoint-initdb.d/*; do
        # shellcheck source=/dev/null
        if [ -x "$script" ]; then "$script"; else . "$script"; fi
    done
    pg_ctl --wait --mode fast stop >/dev/null
fi
exec "$@"
