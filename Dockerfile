# The GitHub App's server: `docker build --tag mainstay .`; docs/operations.md says how to run it.
#
# BASE may name the same image elsewhere. Packages come from where pip's own configuration says:
#   docker build --secret id=pip,src=/etc/pip.conf --tag mainstay .

ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /source
COPY pyproject.toml requirements-dev.txt README.md LICENSE ./
COPY bot bot
COPY rules rules
COPY prompts prompts
# The versions that the tests run with, as wheels alone: there is no compiler here. What is compiled stays valid whatever time a copy gives it.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python -m venv --without-pip /opt/mainstay \
 && python -m pip install --no-cache-dir --constraint requirements-dev.txt hatchling \
 && python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && python -m pip --python /opt/mainstay/bin/python install --no-cache-dir --no-compile --only-binary :all: \
      --constraint requirements-dev.txt "$(echo /wheels/*.whl)[server]" \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/mainstay/lib

FROM ${BASE}
# git fetches changes that GitHub's interface gives in part. Python's own library comes without its compiled form.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash -x site-packages \
      "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
 && groupadd --gid 10001 mainstay \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin mainstay \
 && install --directory --mode 700 --owner mainstay --group mainstay /data
COPY --from=build /opt/mainstay /opt/mainstay
# Nothing is written outside /data and /tmp, so that the file system may be read-only.
ENV PATH=/opt/mainstay/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MAINSTAY_CACHE=/data/cache \
    MAINSTAY_DATA=/data \
    MAINSTAY_HOST=0.0.0.0
USER 10001:10001
VOLUME /data
EXPOSE 8080
# It stops in good order within 40 seconds: docker run --stop-timeout 40.
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s CMD ["mainstay", "serve", "--check"]
ENTRYPOINT ["mainstay"]
CMD ["serve"]
