# One image builds, another runs: the second has neither compiler nor sources. The first has cargo, gcc
# and the C library's headers, which is all that the build needs.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
# the program contains the widget for amoCRM
COPY templates templates
# the manifest names files in these folders
COPY benches benches
COPY tests tests
RUN cargo build --release --locked --bin leadgate

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/leadgate --create-home leadgate
COPY --from=build /build/target/release/leadgate /usr/local/bin/leadgate
COPY mappings /etc/leadgate/mappings
COPY templates /etc/leadgate/templates
# glibc keeps freed memory for each thread; two pools are plenty
ENV MALLOC_ARENA_MAX=2 \
    LEADGATE_SERVER__LISTEN=0.0.0.0:8080 \
    LEADGATE_DATA__DIR=/var/lib/leadgate \
    LEADGATE_MAPPINGS__DIR=/etc/leadgate/mappings \
    LEADGATE_MAPPINGS__TEMPLATES=/etc/leadgate/templates \
    LEADGATE_LOG__FORMAT=json
# the user leadgate, by number, so that an orchestrator sees that it is not root
USER 10001
VOLUME /var/lib/leadgate
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["leadgate", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["leadgate"]
CMD ["serve"]
