# syntax=docker/dockerfile:1
# Every stage is Debian 12, so that the steps can be tried in a bare root as well (tests/install/bare_debian.sh).

FROM debian:bookworm-slim AS base
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 tzdata \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app

FROM base AS packages
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/*
COPY requirements/runtime.txt requirements/
RUN python3 -m venv .venv \
 && .venv/bin/python -m pip install -q --no-cache-dir --only-binary :all: --require-hashes -r requirements/runtime.txt \
 && .venv/bin/python -m compileall -q -j 0 .venv/lib

# What the build of the pages brings along (Node, node_modules) stays in this stage.
FROM packages AS pages
COPY . .
RUN if [ -f frontend/build.py ]; then .venv/bin/python frontend/build.py; fi \
 && rm -rf frontend/node_modules frontend/*/node_modules frontend/*/src .venv requirements .state

FROM base
RUN useradd --uid 10001 --home-dir /var/lib/frontdesk --create-home --shell /usr/sbin/nologin frontdesk
COPY --from=packages /app/.venv .venv
COPY --from=pages /app .
ENV HOST=0.0.0.0 \
    PORT=8080 \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    STATE_DIR=/var/lib/frontdesk
USER frontdesk
VOLUME /var/lib/frontdesk
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD [".venv/bin/python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["/app/.venv/bin/python", "-P", "-m", "gateway"]
CMD ["serve"]
