# cachetted in two stages: built on Debian 12 with the same scripts as `make run`, run without root.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make
WORKDIR /src
COPY scripts scripts
RUN scripts/setup run
COPY . .
RUN make install DESTDIR=/out PREFIX=/usr && strip /out/usr/bin/cachetted /out/usr/lib/cachetted/cachetted-tables.so

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libuv1 libabsl20220623 libyaml-cpp0.7 libspdlog1.10 libfmt9 \
      libprometheus-cpp-core1.0 libcivetweb1 libssl3 libsystemd0 \
      libsimdjson14 libmemcached11 libbson-1.0-0 libmongoc-1.0-0 libcurl4 libzstd1 liblz4-1 libsasl2-2 libsasl2-modules \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 7379 --no-create-home --shell /usr/sbin/nologin cachetted
COPY --from=build /out/usr/bin/cachetted /usr/bin/cachetted
COPY --from=build /out/usr/lib/cachetted /usr/lib/cachetted
COPY conf/docker.yaml /etc/cachetted/cachetted.yaml
ENV MONGOC_DISABLE_SHM=1
USER cachetted
# RESP, memcached, admin HTTP
EXPOSE 7379 12211 9379
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=2s --start-period=2s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9379 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r -t 1 _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["/usr/bin/cachetted"]
CMD ["--config", "/etc/cachetted/cachetted.yaml"]
