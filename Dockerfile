# The workers' images, for those who prefer a container engine to `cpb image build`:
#   docker build --target native -t cpb .
#   docker build --target cellprofiler -t cpb-cellprofiler .
FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /cpb
COPY . .
RUN RUSTFLAGS="-C target-feature=+crt-static" \
    cargo build --release --locked --package cpb --features cpb/aws --target x86_64-unknown-linux-gnu \
    && mkdir -p /root-of-image/tmp && chmod 1777 /root-of-image/tmp \
    && cp target/x86_64-unknown-linux-gnu/release/cpb /root-of-image/cpb

FROM scratch AS native
COPY --from=build /root-of-image /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV HOME=/tmp TMPDIR=/tmp SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["/cpb"]

FROM docker.io/cellprofiler/cellprofiler:4.2.8 AS cellprofiler
COPY --from=build /root-of-image/cpb /cpb
ENV HOME=/tmp TMPDIR=/tmp
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["/cpb"]
