# One image for the API, the worker and the `twinloop` command: docs/operations.md, "Containers".
# Debian, because Temporal's SDK has no build for musl. No install scripts: nothing here needs any.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY examples/chat-client/package.json examples/chat-client/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

FROM node:20.20.2-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY examples/chat-client/package.json examples/chat-client/
RUN npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund
# The SDK's core comes for five systems, 27 MB each, and the image is one of them.
RUN find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY drizzle drizzle
RUN ln -s /app/bin/twinloop.mjs /usr/local/bin/twinloop
USER node
EXPOSE 3000
# Of the API. A worker answers no requests: run it with --no-healthcheck, it ends when it cannot go on.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Or: node dist/worker.js, twinloop migrate, twinloop doctor.
CMD ["node", "dist/server.js"]
