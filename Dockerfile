# The image of rerun-dispatcher. `npm run check:image` builds and starts it without an engine.
#
# The base is a tag: its digest was not known where this file was written, which had no access to an
# image registry. Pin it where you build:
#   docker buildx imagetools inspect node:24-bookworm-slim
#   docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:… .
# A base without a shell works too for the last stage (RUNTIME_IMAGE), if `node` is on its PATH.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=${NODE_IMAGE}

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM ${NODE_IMAGE} AS production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev
# Tencent's SDK carries the clients of two hundred products; one is used.
COPY dev/image ./dev/image
RUN node dev/image/main.ts node_modules

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="rerun-dispatcher" \
      org.opencontainers.image.description="Turns rerun-request events from Kafka into calls of cloud data-platform rerun APIs, within each provider's rate limit." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
WORKDIR /app
COPY LICENSE package.json ./
COPY schemas ./schemas
COPY --from=production /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production
# A number, so that a cluster can see that it is not root. It owns nothing and writes nothing.
USER 10001:10001
EXPOSE 9464
# No shell between: signals reach the process itself. V8 would give what is new up to 48 MB, which makes
# nothing faster here (docs/decisions/0006).
ENTRYPOINT ["node", "--max-semi-space-size=2", "dist/main.js"]
CMD ["run", "--config", "/etc/rerun-dispatcher/config/rerun-dispatcher.yaml"]
