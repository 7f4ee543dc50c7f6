#!/bin/bash
# As the official image starts: its password comes from a file, its settings from variables, and it is no root.
set -euo pipefail
chown --recursive 7474:7474 /data
exec setpriv --reuid 7474 --regid 7474 --clear-groups java "-Xmx${NEO4J_server_memory_heap_max__size:-512m}" \
    -XX:+UseSerialGC -cp '/opt/neo4j/jars/*' /opt/neo4j/Server.java /data "$NEO4J_AUTH_FILE"
