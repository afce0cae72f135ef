# Both stages start from one base, so that the venv built in the first finds the same interpreter in the last.
FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS build
WORKDIR /src
COPY requirements-build.txt requirements.txt ./
RUN python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --require-hashes --only-binary :all: -r requirements-build.txt
RUN python -m venv --without-pip /opt/firebreak \
 && /opt/build/bin/python -m pip --python /opt/firebreak/bin/python install \
    --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml setup.py README.md LICENSE ./
COPY bot ./bot
COPY playbooks ./playbooks
RUN /opt/build/bin/python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /dist . \
 && /opt/build/bin/python -m pip --python /opt/firebreak/bin/python install \
    --no-index --no-deps --find-links /dist firebreak

FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
# Nobody installs anything into a running incident tool.
RUN ["python", "-m", "pip", "uninstall", "--yes", "--root-user-action", "ignore", "pip"]
# The only place that is written to, besides /tmp: run with a read-only root and a volume here.
RUN ["install", "-d", "-m", "0700", "-o", "65532", "-g", "65532", "/var/lib/firebreak"]
COPY --from=build /opt/firebreak /opt/firebreak
ENV PATH="/opt/firebreak/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# Numeric, because Kubernetes' runAsNonRoot can't judge a name.
USER 65532:65532
WORKDIR /var/lib/firebreak
VOLUME /var/lib/firebreak
EXPOSE 8080
# http.client and not urllib: it never asks a proxy from the environment for our own loopback address.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["/opt/firebreak/bin/python", "-I", "-c", "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 8080, timeout=3); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["/opt/firebreak/bin/firebreak"]
CMD ["serve"]
