# Every process of the demo from one image; docker-compose.yml says which runs what.
FROM debian:12-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/kakanai
COPY . .

# The same set-up as on a bare machine: fonts and libraries from scripts/debian-packages.toml and requirements/*.lock.
RUN PIP_NO_CACHE_DIR=1 python3 scripts/setup.py run \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/kakanai kakanai \
    && install --directory --owner kakanai --group kakanai --mode 0700 /var/lib/kakanai/state

ENV PATH=/srv/kakanai/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    KAKANAI_STATE_DIR=/var/lib/kakanai/state
USER kakanai
CMD ["kakanai", "--help"]
