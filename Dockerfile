# syntax=docker/dockerfile:1
# Latchkey with a Chromium of Debian's. One image, three roles: `start` (all), `server`, `worker`; any other command of
# `latchkey` works too: `docker run --rm -it latchkey doctor`.

# Node is the major version the tests run on (package.json, devDependencies).
FROM node:26-bookworm-slim

# tini: Chromium's helper processes are re-parented to PID 1 when their parent dies, and Node there would reap none.
# Fonts: without one, text is missing from screenshots; the second draws emoji. Xvfb: a screen for sessions that ask for
# a window.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends chromium fonts-liberation fonts-noto-color-emoji tini xvfb \
 && rm -rf /var/lib/apt/lists/*

# Neither root, whom Chromium and Postgres refuse to run as, nor a user of the host. The folder is made here so that a
# new volume mounted on it belongs to this user.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin latchkey \
 && install --directory --owner=latchkey --group=latchkey --mode=0711 /var/lib/latchkey

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --no-update-notifier
COPY LICENSE ./
COPY bin ./bin
COPY src ./src
COPY flows ./flows
RUN ln -s /app/bin/latchkey.js /usr/local/bin/latchkey

# Without a UTF-8 locale Chromium loses the names of downloads that are not plain ASCII.
ENV LANG=C.UTF-8 \
    NODE_ENV=production \
    CHROMIUM_PATH=/usr/bin/chromium \
    LATCHKEY_DATA_DIR=/var/lib/latchkey \
    LATCHKEY_FLOWS_DIR=/app/flows \
    LATCHKEY_HOST=0.0.0.0

USER latchkey
VOLUME /var/lib/latchkey
EXPOSE 4190
STOPSIGNAL SIGTERM

# For the roles that listen. A worker alone does not: switch the check off for it, as compose.yaml does.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.LATCHKEY_PORT || 4190}/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["tini", "--", "latchkey"]
CMD ["start"]
