# One image for every role of AgentOS. scripts/image-steps.sh does the building, so that it can be run and tested without Docker.
ARG PYTHON=3.13-slim

FROM python:${PYTHON} AS build
# Faust has no wheel for ARM and is compiled there.
RUN [ "$(uname -m)" = x86_64 ] || { apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev; }
COPY . /source
RUN /source/scripts/image-steps.sh /opt/agentos

FROM python:${PYTHON}
RUN groupadd --gid 10001 agentos \
 && useradd --uid 10001 --gid agentos --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin agentos
COPY --from=build /opt/agentos /opt/agentos
ENV PATH=/opt/agentos/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8400
# A role is given long to start: a new owner of partitions recovers them first, and is alive while it does.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8400/health/live', timeout=2)"]
ENTRYPOINT ["agentos"]
CMD ["--help"]
