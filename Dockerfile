# The server in a container:
#   docker build -t tutti .
#   docker run --rm -v tutti:/var/lib/tutti tutti serve keys add alice --keys /var/lib/tutti/keys.json
#   docker run --rm -v tutti:/var/lib/tutti -p 8080:8080 tutti
# The .deb is made in one stage and installed in the other, as on any Debian 12.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make ca-certificates
WORKDIR /tutti
# By themselves, so that they are fetched again only when their list changes.
COPY scripts/packages.sh scripts/
RUN scripts/packages.sh package
COPY . .
RUN make package

FROM debian:12-slim
RUN --mount=type=bind,from=build,source=/tutti/build/packages,target=/packages \
  apt-get update && apt-get install -y --no-install-recommends /packages/tutti_*.deb && rm -rf /var/lib/apt/lists/* && \
  useradd --system --home-dir /var/lib/tutti --create-home tutti
USER tutti
# Keys, and conversations where a store is asked for.
VOLUME /var/lib/tutti
EXPOSE 8080
ENTRYPOINT ["tutti"]
CMD ["serve", "--address", "0.0.0.0", "--keys", "/var/lib/tutti/keys.json"]
