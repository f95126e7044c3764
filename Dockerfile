# docker build -t tracemend .
# docker run --rm -v "$PWD":/traces:ro tracemend gaps trace.dat
#
# A quick image without networks and `evaluate`: docker build --build-arg OPTIONS=--no-default-features -t tracemend .

FROM rust:1.95-slim-bookworm AS build
ARG OPTIONS=""
WORKDIR /build
COPY . .
# The word list of options is meant to fall apart.
RUN cargo build --release --locked -p tracemend $OPTIONS

FROM debian:bookworm-slim
COPY --from=build /build/target/release/tracemend /usr/local/bin/tracemend
COPY --from=build /build/LICENSE-MIT /build/LICENSE-APACHE /usr/share/doc/tracemend/
# A trace comes from strangers; who reads it needs no rights.
USER 65532:65532
WORKDIR /traces
ENTRYPOINT ["tracemend"]
CMD ["--help"]
