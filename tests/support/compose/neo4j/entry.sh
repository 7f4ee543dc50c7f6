#!/bin/bash
# As the official image starts: its password comes from a file, its memory from variables.
set -euo pipefail
exec java "-Xmx${NEO4J_server_memory_heap_max__size:-512m}" -XX:+UseSerialGC -cp '/opt/neo4j/jars/*' \
    /opt/neo4j/Server.java /data "${NEO4J_server_memory_pagecache_size:-64m}" "$NEO4J_AUTH_FILE"
